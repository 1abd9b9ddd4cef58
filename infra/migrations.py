"""The tables that a part of the platform keeps in a database, brought forward step by step."""

import asyncio
import re
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, nullcontext
from dataclasses import dataclass
from hashlib import sha256
from importlib.resources import files
from itertools import groupby
from operator import attrgetter

from infra.database import Connection, Pool
from infra.locks import Lock
from infra.supervisor import Halt

# Releases before the steps keep their marks in `relais.part`. It is left as it is: a process of
# theirs that starts again finds its own mark there, and leaves the tables alone.
LOOK_SECONDS = 0.05
_INDEX = re.compile(r"create index concurrently (?P<name>\w+) on (?P<schema>\w+)\.")
_RELEASED = re.compile(r"^-- Released as (?P<digest>[0-9a-f]{64})$", re.MULTILINE)
_STEPS = """
create schema if not exists relais;
create table if not exists relais.step (
  part       text        not null,
  number     int         not null,
  digest     text        not null,
  breaking   boolean     not null,
  applied_at timestamptz not null default clock_timestamp(),
  primary key (part, number)
);
"""


@dataclass(frozen=True, slots=True)
class Step:
    """One change of a part's tables. Once released it stays as it is; another one follows it."""

    ddl: str
    breaking: bool = False
    """Code that does not know this step must not work with the tables any more."""
    index: str = ""
    """The index that the step builds `concurrently`, and nothing else: its table is written on."""
    released: str = ""
    """The digest by which releases know it that did the same in another way."""

    @property
    def digest(self) -> str:
        """Tells whether a step is still the one that was applied."""
        return self.released or sha256(self.ddl.encode()).hexdigest()


def steps_in(package: str) -> list[Step]:
    """The steps that a package keeps as files: `schema/01.sql`, then `schema/02.breaking.sql`.

    `schema/03.index.sql` is one statement that builds an index `concurrently`. A line `-- Released
    as DIGEST` is for a step that came to the same by what locked a table: who has taken that one,
    or knows only it, takes this for the same.
    """
    found = files(package).joinpath("schema").iterdir()
    return [step_in(file.name, file.read_text()) for file in sorted(found, key=attrgetter("name"))]


def step_in(file: str, ddl: str) -> Step:
    """The step that a file of this name and text is. Raises ValueError."""
    _, *words = file.split(".")
    found = _RELEASED.search(ddl)
    released = found["digest"] if found is not None else ""
    if "index" not in words:
        return Step(ddl, breaking="breaking" in words, released=released)
    named = _INDEX.search(ddl)
    if named is None:
        raise ValueError(f"no index is built concurrently by {ddl!r}")
    return Step(ddl, index=f"{named['schema']}.{named['name']}", released=released)


class NewerTables(Halt):
    """A newer release changed the tables in a way that this one cannot work with."""


class OtherStep(Halt):
    """A step of this code is not the step of that number which was applied."""


async def apply_migrations(pool: Pool, part: str, steps: Sequence[Step | str]) -> None:
    """Take the steps of a part that were not taken yet, in order; text alone is a step.

    Safe to repeat, and from several processes. Only forward: a process that knows fewer steps than
    were taken changes nothing. Raises `NewerTables` when one of those it does not know is breaking,
    and `OtherStep` when one of its own was edited.
    """
    wanted = [step if isinstance(step, Step) else Step(step) for step in steps]
    async with pool.connection() as connection, _alone(connection):
        # What is up to date is left alone: even `create table if not exists` takes locks.
        if await _missing(connection):
            await connection.execute(_STEPS)
        taken = await _taken(connection, part)
        _refuse(part, wanted, taken)
        left = [*enumerate(wanted, 1)][len(taken) :]
        for builds, group in groupby(left, lambda numbered: numbered[1].index != ""):
            # What builds an index must be in no transaction; all else is one.
            async with nullcontext() if builds else connection.transaction():
                for number, step in group:
                    await _take(connection, part, number, step)


@asynccontextmanager
async def _alone(connection: Connection) -> AsyncIterator[None]:
    """No other process takes steps within the block.

    Nobody waits for it in a statement: what builds an index waits for all statements that run.
    """
    key = (Lock.MIGRATION, 1)
    while not await _one(connection, "select pg_try_advisory_lock(%s, %s)", key):
        await asyncio.sleep(LOOK_SECONDS)
    try:
        yield
    finally:
        # One that broke has let go of it.
        if not connection.closed:
            await connection.execute("select pg_advisory_unlock(%s, %s)", key)


async def _take(connection: Connection, part: str, number: int, step: Step) -> None:
    if step.index:
        # An earlier attempt that was interrupted has left one that is invalid.
        await connection.execute(f"drop index concurrently if exists {step.index}".encode())
    await connection.execute(step.ddl.encode())
    await connection.execute(
        "insert into relais.step (part, number, digest, breaking) values (%s, %s, %s, %s)",
        (part, number, step.digest, step.breaking),
    )


async def _one(connection: Connection, query: str, asked: Sequence[object] = ()) -> bool:
    return await (await connection.execute(query.encode(), asked)).fetchone() == (True,)


async def _missing(connection: Connection) -> bool:
    return await _one(connection, "select to_regclass('relais.step') is null")


async def _taken(connection: Connection, part: str) -> list[tuple[str, bool]]:
    """(digest, breaking) of each step that was taken, in order."""
    cursor = await connection.execute(
        "select digest, breaking from relais.step where part = %s order by number", (part,)
    )
    return await cursor.fetchall()


def _refuse(part: str, wanted: Sequence[Step], taken: Sequence[tuple[str, bool]]) -> None:
    for number, (step, (digest, _)) in enumerate(zip(wanted, taken, strict=False), 1):
        if step.digest != digest:
            raise OtherStep(
                f"step {number} of the tables {part!r} is not the one that was applied here:"
                " a step is never edited, another one follows it"
            )
    for number, (_, breaking) in enumerate(taken[len(wanted) :], len(wanted) + 1):
        if breaking:
            raise NewerTables(
                f"the tables {part!r} are at step {number} of a newer release, and this one knows"
                f" only {len(wanted)}: start the newer release"
            )
