"""Tables go forward step by step, and never back."""

import asyncio
import re
from collections.abc import AsyncIterator, Sequence
from importlib.resources import files
from itertools import pairwise

import pytest
import pytest_asyncio
from psycopg.errors import UniqueViolation

from infra.database import Pool, open_pool
from infra.migrations import (
    NewerTables,
    OtherStep,
    Step,
    apply_migrations,
    step_in,
    steps_in,
)

ONE = "create function answer() returns int language sql return 1"
TWO = "create or replace function answer() returns int language sql return 2"


@pytest_asyncio.fixture
async def pool(database: str) -> AsyncIterator[Pool]:
    made = await open_pool(database, 4, "test")
    yield made
    await made.close()


async def answer(pool: Pool) -> int:
    async with pool.connection() as connection:
        row = await (await connection.execute("select answer()")).fetchone()
    assert row is not None
    return int(row[0])


async def test_each_step_is_taken_once_in_order(pool: Pool) -> None:
    made: Sequence[str] = ("create table one ()", "alter table one rename to two")
    for known in (made[:1], made, made):
        await apply_migrations(pool, "part", known)
    async with pool.connection() as connection:
        taken = await connection.execute("select from relais.step, two where part = 'part'")
        assert taken.rowcount == 0
        numbers = await connection.execute("select number from relais.step where part = 'part'")
        assert await numbers.fetchall() == [(1,), (2,)]


async def test_processes_that_start_at_once_take_each_step_once(pool: Pool) -> None:
    starts = [apply_migrations(pool, "part", ["create table one ()"]) for _ in range(4)]
    assert await asyncio.gather(*starts) == [None] * 4


async def test_an_older_release_leaves_what_a_newer_one_made(pool: Pool) -> None:
    await apply_migrations(pool, "part", [ONE, TWO])
    await apply_migrations(pool, "part", [ONE])
    assert await answer(pool) == 2


async def test_an_older_release_halts_before_a_step_that_it_cannot_work_with(pool: Pool) -> None:
    await apply_migrations(pool, "part", [ONE, Step(TWO, breaking=True)])
    with pytest.raises(NewerTables, match=r"step 2 .* knows only 1: start the newer release"):
        await apply_migrations(pool, "part", [ONE])
    assert await answer(pool) == 2


async def test_a_breaking_step_halts_no_release_that_knows_it(pool: Pool) -> None:
    steps: list[Step | str] = [ONE, Step(TWO, breaking=True)]
    await apply_migrations(pool, "part", [*steps, "create table three ()"])
    await apply_migrations(pool, "part", steps)
    assert await answer(pool) == 2


async def test_a_step_that_was_edited_is_refused_and_changes_nothing(pool: Pool) -> None:
    await apply_migrations(pool, "part", [ONE])
    with pytest.raises(OtherStep, match="step 1"):
        await apply_migrations(pool, "part", [ONE.replace("1", "3"), TWO])
    assert await answer(pool) == 1


async def test_a_step_that_fails_leaves_no_trace(pool: Pool) -> None:
    with pytest.raises(Exception, match="nowhere"):
        await apply_migrations(pool, "part", [ONE, "select * from nowhere"])
    await apply_migrations(pool, "part", [ONE])
    assert await answer(pool) == 1


class TestIndex:
    async def test_writers_go_on_while_it_is_built(self, pool: Pool) -> None:
        await apply_migrations(pool, "part", FILLED)
        async with pool.connection() as writer, writer.transaction():
            await writer.execute("insert into public.facts values (1)")
            building = asyncio.create_task(apply_migrations(pool, "part", [*FILLED, BUILT]))
            async with asyncio.timeout(30):
                while not await one(pool, BUILDS):
                    await asyncio.sleep(0.01)
            async with pool.connection() as other:
                await other.execute("insert into public.facts values (2)")
        await building
        assert await one(pool, VALID)

    async def test_one_that_was_interrupted_is_built_again(self, pool: Pool) -> None:
        twice = "insert into public.facts values (1), (1)"
        await apply_migrations(pool, "part", [*FILLED, twice])
        unique = BUILT.ddl.replace("create index", "create unique index")
        async with pool.connection() as connection:
            with pytest.raises(UniqueViolation):
                await connection.execute(unique.encode())
        assert not await one(pool, VALID)
        await apply_migrations(pool, "part", [*FILLED, twice, BUILT, "create table three ()"])
        await apply_migrations(pool, "part", [*FILLED, twice, BUILT])
        assert await one(pool, VALID)

    async def test_processes_that_start_at_once_build_it_once(self, pool: Pool) -> None:
        starts = [apply_migrations(pool, "part", [*FILLED, BUILT]) for _ in range(3)]
        assert await asyncio.gather(*starts) == [None] * 3


FILLED = ["create table public.facts (number int)"]
BUILT = Step(
    "create index concurrently by_number on public.facts (number)", index="public.by_number"
)
BUILDS = "select exists (select from pg_stat_progress_create_index)"
VALID = "select indisvalid from pg_index where indexrelid = 'public.by_number'::regclass"


async def one(pool: Pool, query: str) -> bool:
    async with pool.connection() as connection:
        return await (await connection.execute(query.encode())).fetchone() == (True,)


async def test_the_mark_of_a_release_without_steps_stays_its_own(pool: Pool) -> None:
    async with pool.connection() as connection:
        await connection.execute("create table relais.part (name text primary key, mark text)")
        await connection.execute("insert into relais.part values ('part', 'of an older release')")
        await apply_migrations(pool, "part", [ONE])
        kept = await connection.execute("select mark from relais.part")
        assert await kept.fetchall() == [("of an older release",)]


@pytest.mark.parametrize("package", ["infra.store", "infra.store.esdb", "infra.consumers"])
def test_the_files_of_a_package_are_its_steps_numbered_without_a_hole(package: str) -> None:
    names = sorted(file.name for file in files(package).joinpath("schema").iterdir())
    numbers = [int(name.partition(".")[0]) for name in names]
    assert numbers[0] == 1
    assert all(after == before + 1 for before, after in pairwise(numbers))
    assert len(steps_in(package)) == len(names)


@pytest.mark.parametrize("package", ["infra.store", "infra.store.esdb", "infra.consumers"])
def test_no_step_keeps_writers_waiting_while_it_builds_an_index(package: str) -> None:
    _, *later = steps_in(package)
    locking = [step for step in later if re.search(r"create (unique )?index (?!conc)", step.ddl)]
    assert locking == []


async def test_a_step_that_was_released_in_another_form_is_not_taken_again(pool: Pool) -> None:
    locking = Step("create index by_number on public.facts (number)")
    await apply_migrations(pool, "part", [*FILLED, locking])
    ddl = f"-- Released as {locking.digest}\n{BUILT.ddl}"
    better = step_in("02.index.sql", ddl)
    await apply_migrations(pool, "part", [*FILLED, better])
    assert (better.digest, better.index) == (locking.digest, BUILT.index)
    await apply_migrations(pool, "part", [*FILLED, locking])


def test_a_file_that_is_to_build_an_index_and_does_not_is_refused() -> None:
    assert step_in("03.index.sql", "create index concurrently a on es.event (b)").index == "es.a"
    assert step_in("02.breaking.sql", "drop table es.event").breaking
    with pytest.raises(ValueError, match="no index is built concurrently"):
        step_in("03.index.sql", "create index a on es.event (b)")
