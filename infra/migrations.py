"""The tables that a part of the platform keeps in a database, brought forward step by step."""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from importlib.resources import files
from operator import attrgetter

from infra.database import Connection, Pool
from infra.locks import Lock
from infra.supervisor import Halt

# Releases before the steps keep their marks in `relais.part`. It is left as it is: a process of
# theirs that starts again finds its own mark there, and leaves the tables alone.
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

    @property
    def digest(self) -> str:
        """Tells whether a step is still the one that was applied."""
        return sha256(self.ddl.encode()).hexdigest()


def steps_in(package: str) -> list[Step]:
    """The steps that a package keeps as files: `schema/01.sql`, then `schema/02.breaking.sql`."""
    found = files(package).joinpath("schema").iterdir()
    return [
        Step(file.read_text(), breaking=file.name.endswith(".breaking.sql"))
        for file in sorted(found, key=attrgetter("name"))
    ]


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
    async with pool.connection() as connection, connection.transaction():
        await connection.execute("select pg_advisory_xact_lock(%s, 1)", (Lock.MIGRATION,))
        # What is up to date is left alone: even `create table if not exists` takes locks.
        if await _missing(connection):
            await connection.execute(_STEPS)
        taken = await _taken(connection, part)
        _refuse(part, wanted, taken)
        for number, step in enumerate(wanted[len(taken) :], len(taken) + 1):
            await connection.execute(step.ddl.encode())
            await connection.execute(
                "insert into relais.step (part, number, digest, breaking) values (%s, %s, %s, %s)",
                (part, number, step.digest, step.breaking),
            )


async def _missing(connection: Connection) -> bool:
    cursor = await connection.execute("select to_regclass('relais.step') is null")
    return await cursor.fetchone() == (True,)


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
