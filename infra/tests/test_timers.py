"""Timers: a due one fires once, a moved or cancelled one does not, and none is lost."""

import asyncio
from collections.abc import AsyncIterator, Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import psycopg
import pytest

from infra.commands import Commands
from infra.store import Append, Appended, Cancel, Conflict, EventIdTaken, Fire, Schedule, TimerGone
from infra.store.postgres import PostgresStore
from infra.store.protocol import BEGINNING
from infra.tests.make import FAR_FUTURE, NOON, append, commands_of, context, event
from infra.tests.trips import EXPIRY, TRIP, Quote, Withdraw
from infra.timers import LONGEST_REST_SECONDS, Timers

HOUR = timedelta(hours=1)


@pytest.fixture
async def commands(database: str, way: type[PostgresStore]) -> AsyncIterator[Commands]:
    async with commands_of(database, way) as commands:
        yield commands


@pytest.fixture
def timers(commands: Commands) -> Timers:
    return Timers("missions", commands, [TRIP])


@dataclass
class Together:
    """Fires only once as many others are at it; the store is away for some of them."""

    store: Any
    commands: Commands
    barrier: asyncio.Barrier
    fails_for: Collection[str] = ()
    error: Exception = field(default_factory=lambda: psycopg.OperationalError("away"))

    async def fire(self, aggregate: Any, id: str, *rest: Any) -> Any:
        await self.barrier.wait()
        if id in self.fails_for:
            raise self.error
        return await self.commands.fire(aggregate, id, *rest)


async def quoted(
    commands: Commands, id: str = "1", *, at: datetime = NOON, driver: str = "ada"
) -> None:
    """A quote; the trip expires one hour after it, so long ago unless told when."""
    await commands.handle(TRIP, id, Quote(driver, at), context())


async def told(commands: Commands, id: str = "1") -> list[str]:
    return [type(entry.event).__name__ for entry in await commands.history(TRIP, id)]


async def waiting(commands: Commands) -> dict[str, tuple[datetime, int]]:
    """Stream to due date and generation of the timers there are."""
    async with commands.store.pool.connection() as connection:
        cursor = await connection.execute("select stream, due_at, generation from es.timer")
        return {stream: (due, number) for stream, due, number in await cursor.fetchall()}


def in_3000(database: str) -> str:
    """A way to a database whose clock ran ahead by a thousand years."""
    with psycopg.connect(database) as connection:
        connection.execute("create schema if not exists late")
        connection.execute(
            "create or replace function late.clock_timestamp() returns timestamptz"
            " language sql as $$ select timestamptz '3000-01-01' $$"
        )
    return f"{database}&options=-csearch_path%3Dlate,pg_catalog"


async def record(commands: Commands, one: Append) -> object:
    return await commands.store.append(one)


class TestFiring:
    async def test_a_due_timer_records_its_event_and_is_gone(
        self, commands: Commands, timers: Timers
    ) -> None:
        await quoted(commands)
        assert await timers.fire_due() == 1
        assert await told(commands) == ["QuoteSubmitted", "TripExpired"]
        assert await waiting(commands) == {}

    async def test_the_event_tells_which_timer_and_when_it_was_due(
        self, commands: Commands, timers: Timers
    ) -> None:
        await quoted(commands)
        await timers.fire_due()
        [_, fired] = await commands.history(TRIP, "1")
        assert fired.actor == "timer:missions.expiry"
        assert fired.causation_id.startswith("timer:trip-1:expiry:")
        assert fired.occurred_at == NOON + HOUR

    async def test_the_event_is_of_the_organisation_of_its_stream(
        self, commands: Commands, timers: Timers
    ) -> None:
        await quoted(commands)
        await timers.fire_due()
        recorded = await commands.store.read("trip-1")
        assert [event.meta["organisation"] for event in recorded] == ["org", "org"]

    async def test_a_timer_not_yet_due_waits(self, commands: Commands, timers: Timers) -> None:
        await quoted(commands, at=FAR_FUTURE)
        assert await timers.fire_due() == 0
        assert await told(commands) == ["QuoteSubmitted"]

    async def test_a_rehearsal_takes_another_time_for_now(
        self, commands: Commands, timers: Timers
    ) -> None:
        await quoted(commands, at=FAR_FUTURE)
        assert await timers.fire_due(FAR_FUTURE + HOUR) == 1
        assert await told(commands) == ["QuoteSubmitted", "TripExpired"]

    async def test_each_fires_once_though_two_processes_fire_at_the_same_time(
        self, commands: Commands, timers: Timers, database: str
    ) -> None:
        for n in range(20):
            await quoted(commands, str(n))
        async with commands_of(database) as other:
            others = Timers("missions", other, [TRIP])
            await asyncio.gather(timers.fire_due(), others.fire_due(), timers.fire_due())
        for n in range(20):
            assert await told(commands, str(n)) == ["QuoteSubmitted", "TripExpired"]

    async def test_streams_do_not_wait_for_each_other(self, commands: Commands) -> None:
        many = 20
        for n in range(many):
            await quoted(commands, str(n))
        together: Any = Together(commands.store, commands, asyncio.Barrier(many))
        async with asyncio.timeout(30):
            assert await Timers("missions", together, [TRIP]).fire_due() == many
        assert await waiting(commands) == {}

    async def test_a_store_that_is_away_ends_the_turn_when_nothing_is_at_work_any_more(
        self, commands: Commands
    ) -> None:
        for n in range(2):
            await quoted(commands, str(n))
        away: Any = Together(commands.store, commands, asyncio.Barrier(1), fails_for={"0"})
        with pytest.raises(psycopg.OperationalError):
            await Timers("missions", away, [TRIP]).fire_due()
        assert set(await waiting(commands)) == {"trip-0"}

    async def test_one_with_what_the_database_never_takes_holds_up_no_other(
        self, commands: Commands
    ) -> None:
        for n in range(2):
            await quoted(commands, str(n))
        error = psycopg.errors.ProgramLimitExceeded("too large")
        some: Any = Together(commands.store, commands, asyncio.Barrier(1), {"0"}, error)
        await Timers("missions", some, [TRIP]).fire_due()
        assert await told(commands, "1") == ["QuoteSubmitted", "TripExpired"]

    async def test_it_rests_until_the_next_one_is_due_and_not_for_long(
        self, commands: Commands, timers: Timers
    ) -> None:
        assert not await timers.turn()
        assert timers.idle_seconds == LONGEST_REST_SECONDS
        await quoted(commands, "1", at=FAR_FUTURE)
        assert not await timers.turn()
        assert timers.idle_seconds == LONGEST_REST_SECONDS
        async with commands.store.pool.connection() as connection:
            await connection.execute(
                "update es.timer set due_at = clock_timestamp() + interval '3 s'"
            )
        assert not await timers.turn()
        assert timers.idle_seconds <= 3.0 - timers.rest_seconds

    async def test_the_clock_of_the_database_decides(
        self, commands: Commands, database: str
    ) -> None:
        await quoted(commands, at=FAR_FUTURE)
        async with commands_of(in_3000(database)) as early:
            assert await Timers("missions", early, [TRIP]).fire_due() == 1
        assert await told(commands) == ["QuoteSubmitted", "TripExpired"]

    async def test_after_a_clock_ran_ahead_and_was_put_back_nothing_is_lost_or_out_of_order(
        self, commands: Commands, timers: Timers, database: str
    ) -> None:
        await quoted(commands, "1", at=FAR_FUTURE)
        async with commands_of(in_3000(database)) as early:
            assert await Timers("missions", early, [TRIP]).fire_due() == 1
        await quoted(commands, "2", at=FAR_FUTURE)
        assert await timers.fire_due() == 0
        assert [*await waiting(commands)] == ["trip-2"]
        order = [one.stream for one in await commands.store.read_all(BEGINNING, 10)]
        assert order == ["trip-1", "trip-1", "trip-2"]

    async def test_it_fires_by_itself_until_stopped(
        self, commands: Commands, timers: Timers
    ) -> None:
        running = asyncio.create_task(timers.run())
        await quoted(commands)
        async with asyncio.timeout(30):
            while await waiting(commands):
                await asyncio.sleep(0.01)
            timers.stop()
            await running
        assert await told(commands) == ["QuoteSubmitted", "TripExpired"]


class TestChanging:
    async def test_a_cancelled_timer_does_not_fire(
        self, commands: Commands, timers: Timers
    ) -> None:
        await quoted(commands)
        await commands.handle(TRIP, "1", Withdraw("ada"), context())
        assert await timers.fire_due() == 0
        assert await told(commands) == ["QuoteSubmitted", "QuoteWithdrawn"]

    async def test_a_moved_timer_fires_at_its_new_time(
        self, commands: Commands, timers: Timers
    ) -> None:
        await quoted(commands)
        await quoted(commands, at=FAR_FUTURE, driver="bob")
        assert await timers.fire_due() == 0
        assert (await waiting(commands))["trip-1"][0] == FAR_FUTURE + HOUR

    @pytest.mark.parametrize("change", [Cancel(EXPIRY), Schedule(EXPIRY, FAR_FUTURE)])
    async def test_a_change_between_the_look_and_the_firing_wins(
        self, commands: Commands, change: Cancel | Schedule
    ) -> None:
        await record(commands, append("trip-1", timers=[Schedule(EXPIRY, NOON)]))
        _, seen = (await waiting(commands))["trip-1"]
        await record(commands, append("trip-1", 1, timers=[change]))
        fired = append("trip-1", 2, timers=[Fire(EXPIRY, seen)])
        assert await record(commands, fired) == TimerGone()
        assert len(await commands.store.read("trip-1")) == 2

    async def test_a_timer_of_another_stream_with_its_name_stays(
        self, commands: Commands, timers: Timers
    ) -> None:
        await quoted(commands, "1")
        await quoted(commands, "2", at=FAR_FUTURE)
        await timers.fire_due()
        assert set(await waiting(commands)) == {"trip-2"}


class TestOneTransaction:
    async def test_an_append_that_fails_leaves_the_timer(self, commands: Commands) -> None:
        taken = event()
        await record(commands, append("trip-other", 0, taken))
        await record(commands, append("trip-1", timers=[Schedule(EXPIRY, NOON)]))
        before = await waiting(commands)
        fire = [Fire(EXPIRY, before["trip-1"][1])]
        assert await record(commands, append("trip-1", 0, timers=fire)) == Conflict(0, 1)
        assert await record(commands, append("trip-1", 1, taken, timers=fire)) == EventIdTaken()
        assert await waiting(commands) == before

    async def test_an_append_that_fails_sets_and_cancels_nothing(self, commands: Commands) -> None:
        await record(commands, append("trip-1", timers=[Schedule(EXPIRY, NOON)]))
        before = await waiting(commands)
        changes = append("trip-1", 0, timers=[Cancel(EXPIRY), Schedule("other", NOON)])
        assert await record(commands, changes) == Conflict(0, 1)
        assert await waiting(commands) == before

    async def test_verdicts_of_one_group_touch_their_own_timers(self, commands: Commands) -> None:
        await record(commands, append("trip-2"))
        soon = [Schedule(EXPIRY, NOON)]
        verdicts = await asyncio.gather(
            *(record(commands, append(f"trip-{n}", timers=soon)) for n in range(5))
        )
        assert verdicts == [Appended(1), Appended(1), Conflict(0, 1), Appended(1), Appended(1)]
        assert set(await waiting(commands)) == {"trip-0", "trip-1", "trip-3", "trip-4"}


class TestPostponing:
    async def test_a_refused_timer_is_postponed_and_not_lost(
        self, commands: Commands, timers: Timers
    ) -> None:
        await quoted(commands, driver="stubborn")
        await timers.fire_due()
        assert await told(commands) == ["QuoteSubmitted"]
        due, _ = (await waiting(commands))["trip-1"]
        assert due > NOON + HOUR
        assert await timers.fire_due() == 0

    async def test_it_fires_once_nothing_is_in_its_way(
        self, commands: Commands, timers: Timers
    ) -> None:
        await quoted(commands, driver="stubborn")
        await timers.fire_due()
        await record(commands, append("trip-1", 1, timers=[Schedule(EXPIRY, NOON)]))
        assert await timers.fire_due() == 1

    async def test_a_broken_timer_holds_up_no_other(
        self, commands: Commands, timers: Timers
    ) -> None:
        await quoted(commands, "cursed", at=NOON - HOUR)
        await quoted(commands, "1")
        assert await timers.fire_due() == 2
        assert await told(commands, "1") == ["QuoteSubmitted", "TripExpired"]
        assert set(await waiting(commands)) == {"trip-cursed"}

    async def test_a_timer_nobody_answers_holds_up_no_other(
        self, commands: Commands, timers: Timers
    ) -> None:
        nobody = append("ghost-1", timers=[Schedule("boo", NOON - HOUR)])
        await record(commands, nobody)
        await quoted(commands)
        assert await timers.fire_due() == 2
        assert set(await waiting(commands)) == {"ghost-1"}
