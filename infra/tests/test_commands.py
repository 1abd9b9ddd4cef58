"""Commands: decided on the present state, recorded once, and answered alike when repeated."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from contracts.missions.trip_v1 import QuoteSubmitted
from infra.commands import (
    Commands,
    Done,
    IdempotencyKeyReused,
    Loaded,
    Refused,
    TooMuchContention,
    VersionMismatch,
)
from infra.database import Connection
from infra.folds import Fold
from infra.store import InTransaction
from infra.testing.esdb import EsdbDouble
from infra.tests.make import NOON, commands_elsewhere, commands_of, context
from infra.tests.trips import TRIP, Command, Expire, Quote, Rejection, Trip, TripIsOver, Withdraw

Answer = Done[Trip] | Refused[Rejection]


Another = Callable[[], AbstractAsyncContextManager[Commands]]
"""The commands of one more process."""


@pytest.fixture(params=["on PostgreSQL", "elsewhere"])
async def another(request: pytest.FixtureRequest, database: str) -> AsyncIterator[Another]:
    if request.param == "on PostgreSQL":
        yield lambda: commands_of(database)
        return
    async with EsdbDouble() as server:
        yield lambda: commands_elsewhere(server.url, database)


@pytest.fixture
async def commands(another: Another) -> AsyncIterator[Commands]:
    async with another() as commands:
        yield commands


async def ask(commands: Commands, command: Command, expected_version: int | None = None) -> Answer:
    """A new request about trip 1."""
    return await commands.handle(TRIP, "1", command, context(), expected_version)


async def recorded(commands: Commands, id: str = "1") -> int:
    return (await commands.load(TRIP, id)).version


class TestDeciding:
    async def test_a_command_records_and_answers_the_new_state(self, commands: Commands) -> None:
        assert await ask(commands, Quote("ada")) == Done(
            stream="trip-1",
            version=1,
            state=Trip(frozenset({"ada"})),
            recorded=1,
            repeated=False,
            position="missions.trip/1@1",
        )

    async def test_what_is_so_already_records_nothing(self, commands: Commands) -> None:
        await ask(commands, Quote("ada"))
        answer = await ask(commands, Quote("ada"))
        assert isinstance(answer, Done)
        assert (answer.version, answer.recorded, answer.repeated) == (1, 0, False)

    async def test_a_refused_command_records_nothing(self, commands: Commands) -> None:
        await ask(commands, Expire(NOON))
        assert await ask(commands, Quote("ada")) == Refused(TripIsOver())
        assert await recorded(commands) == 1

    async def test_a_command_may_be_made_from_the_state_it_is_decided_on(
        self, commands: Commands
    ) -> None:
        async def the_only_one(trip: Trip) -> Command:
            return Withdraw(*trip.drivers)

        await ask(commands, Quote("ada"))
        answer = await commands.handle(TRIP, "1", the_only_one, context())
        assert isinstance(answer, Done)
        assert answer.state == Trip()


class Counting(Commands):
    """Counts how often a stream is folded."""

    folds = 0

    async def _folded(self, *arguments: Any) -> Fold:
        self.folds += 1
        return await super()._folded(*arguments)


class TestWithinARequest:
    """A command on what the request has found."""

    @pytest.fixture
    def counting(self, commands: Commands) -> Counting:
        return Counting("missions", commands.store, commands._keyring)

    async def test_it_is_not_read_again(self, counting: Counting) -> None:
        await ask(counting, Quote("ada"))
        counting.folds = 0
        found = await counting.load(TRIP, "1")
        done = await counting.handle(TRIP, "1", Quote("bob"), context(), loaded=found)
        assert isinstance(done, Done)
        assert (done.version, done.state) == (2, Trip(frozenset({"ada", "bob"})))
        assert counting.folds == 1

    async def test_what_was_recorded_meanwhile_counts(self, counting: Counting) -> None:
        found = await counting.load(TRIP, "1")
        await ask(counting, Quote("ada"))
        done = await counting.handle(TRIP, "1", Quote("bob"), context(), loaded=found)
        assert isinstance(done, Done)
        assert (done.version, done.state) == (2, Trip(frozenset({"ada", "bob"})))

    async def test_a_rule_that_holds_since_then_refuses_it(self, counting: Counting) -> None:
        found = await counting.load(TRIP, "1")
        await ask(counting, Expire(NOON))
        refused = await counting.handle(TRIP, "1", Quote("ada"), context(), loaded=found)
        assert (refused, await recorded(counting)) == (Refused(TripIsOver()), 1)

    async def test_a_version_that_came_since_then_is_met(self, counting: Counting) -> None:
        found = await counting.load(TRIP, "1")
        await ask(counting, Quote("ada"))
        done = await counting.handle(TRIP, "1", Quote("bob"), context(), 1, loaded=found)
        assert isinstance(done, Done)
        assert done.version == 2

    async def test_a_repetition_is_answered_alike(self, counting: Counting) -> None:
        request = context()
        first = await counting.handle(TRIP, "1", Quote("ada"), request)
        found = await counting.load(TRIP, "1")
        again = await counting.handle(TRIP, "1", Quote("ada"), request, loaded=found)
        assert isinstance(first, Done)
        assert again == replace(first, recorded=0, repeated=True)

    async def test_what_makes_the_command_sees_what_was_recorded_meanwhile(
        self, counting: Counting
    ) -> None:
        found = await counting.load(TRIP, "1")
        await ask(counting, Quote("ada"))
        seen: list[Trip] = []

        async def quote(state: Trip) -> Quote:
            seen.append(state)
            return Quote("bob")

        await counting.handle(TRIP, "1", quote, context(), loaded=found)
        assert seen == [Trip(frozenset({"ada"}))]

    async def test_those_who_come_at_once_see_each_other(self, counting: Counting) -> None:
        found = await counting.load(TRIP, "1")
        names = [f"driver-{n}" for n in range(8)]
        await asyncio.gather(
            *(counting.handle(TRIP, "1", Quote(one), context(), loaded=found) for one in names)
        )
        assert (await counting.load(TRIP, "1")).state == Trip(frozenset(names))


class TestBeside:
    """The rows written in the transaction of the events."""

    async def test_it_is_done_once_with_the_events(self, commands: Commands) -> None:
        note = await noting(commands)
        request = context()
        for _ in range(2):
            await commands.handle(TRIP, "1", Quote("ada"), request, in_transaction=note)
        assert (await noted(commands), await recorded(commands)) == (1, 1)

    async def test_it_is_not_done_when_nothing_happened(self, commands: Commands) -> None:
        note = await noting(commands)
        await ask(commands, Expire(NOON))
        for command in (Expire(NOON), Quote("ada")):
            await commands.handle(TRIP, "1", command, context(), in_transaction=note)
        assert await noted(commands) == 0

    async def test_when_it_fails_nothing_is_recorded_and_nothing_done(
        self, commands: Commands
    ) -> None:
        note = await noting(commands)

        async def failing(connection: Connection) -> None:
            await note(connection)
            raise LookupError("no such secret")

        with pytest.raises(LookupError):
            await commands.handle(TRIP, "1", Quote("ada"), context(), in_transaction=failing)
        assert (await noted(commands), await recorded(commands)) == (0, 0)

    async def test_after_a_conflict_it_is_done_once(self, commands: Commands) -> None:
        note = await noting(commands)
        others = Commands("missions", commands.store, commands._keyring)

        async def overtaken(_: Trip) -> Command:
            if not await recorded(commands):
                await ask(others, Quote("bob"))
            return Quote("ada")

        await commands.handle(TRIP, "1", overtaken, context(), in_transaction=note)
        assert (await noted(commands), await recorded(commands)) == (1, 2)

    async def test_twice_at_once_it_is_done_once(
        self, commands: Commands, another: Another
    ) -> None:
        """Also where the rows of one are in the way of the other's."""
        note = await noting(commands, unique=True)
        request = (TRIP, "1", Quote("ada"), context())
        async with another() as other:
            answers = await asyncio.gather(
                *(one.handle(*request, in_transaction=note) for one in (commands, other, other))
            )
        assert sorted(a.recorded for a in answers if isinstance(a, Done)) == [0, 0, 1]
        assert (await noted(commands), await recorded(commands)) == (1, 1)

    async def test_the_key_of_another_stream_is_refused(self, commands: Commands) -> None:
        note = await noting(commands)
        request = context()
        await commands.handle(TRIP, "1", Quote("ada"), request)
        with pytest.raises(IdempotencyKeyReused):
            await commands.handle(TRIP, "2", Quote("ada"), request, in_transaction=note)
        assert await noted(commands) == 0


async def noting(commands: Commands, *, unique: bool = False) -> InTransaction:
    """Writes a row each time; the same one, when they must be unique."""
    async with commands.store.pool.connection() as connection:
        await connection.execute("drop table if exists public.noted")
        await connection.execute("create table public.noted (n int)")
        if unique:
            await connection.execute("create unique index on public.noted (n)")

    async def note(connection: Connection) -> None:
        await connection.execute("insert into public.noted values (1)")

    return note


async def noted(commands: Commands) -> int:
    async with commands.store.pool.connection() as connection:
        cursor = await connection.execute("select count(*)::int from public.noted")
        [(count,)] = await cursor.fetchall()
    return int(count)


class TestContention:
    @pytest.mark.requirement("G-07")
    async def test_twenty_at_once_are_decided_one_after_the_other(self, commands: Commands) -> None:
        answers = await asyncio.gather(*(ask(commands, Quote(f"d-{n}")) for n in range(20)))
        assert sorted(a.version for a in answers if isinstance(a, Done)) == list(range(1, 21))
        assert len((await commands.load(TRIP, "1")).state.drivers) == 20

    async def test_another_process_at_the_same_stream_loses_nothing(
        self, commands: Commands, another: Another
    ) -> None:
        async with another() as other:
            mine = [ask(commands, Quote(f"mine-{n}")) for n in range(20)]
            theirs = [ask(other, Quote(f"theirs-{n}")) for n in range(20)]
            await asyncio.gather(*mine, *theirs)
        loaded = await commands.load(TRIP, "1")
        assert (loaded.version, len(loaded.state.drivers)) == (40, 40)

    async def test_one_who_always_loses_gives_up(self, commands: Commands) -> None:
        async def overtaken(trip: Trip) -> Command:
            version = len(trip.drivers)
            decision = TRIP.decide(Quote(str(version)), trip)
            assert isinstance(decision, list)
            quick = await commands.prepare(TRIP, "trip-1", version, decision, context())
            await commands.store.append(quick)
            return Quote("slow")

        with pytest.raises(TooMuchContention):
            await commands.handle(TRIP, "1", overtaken, context())
        assert "slow" not in (await commands.load(TRIP, "1")).state.drivers


class TestExpectedVersion:
    @pytest.mark.requirement("G-07")
    async def test_a_version_left_behind_is_refused_with_both_versions(
        self, commands: Commands
    ) -> None:
        await ask(commands, Quote("ada"))
        await ask(commands, Quote("bob"))
        with pytest.raises(VersionMismatch) as mismatch:
            await ask(commands, Quote("eve"), expected_version=1)
        assert (mismatch.value.expected, mismatch.value.actual) == (1, 2)
        assert mismatch.value.rejection is None
        assert await recorded(commands) == 2

    async def test_a_rule_that_refuses_it_anyway_is_told_too(self, commands: Commands) -> None:
        await ask(commands, Quote("ada"))
        await ask(commands, Expire(NOON))
        with pytest.raises(VersionMismatch) as mismatch:
            await ask(commands, Quote("eve"), expected_version=1)
        assert isinstance(mismatch.value.rejection, TripIsOver)

    async def test_the_present_version_is_accepted(self, commands: Commands) -> None:
        await ask(commands, Quote("ada"))
        answer = await ask(commands, Quote("bob"), expected_version=1)
        assert isinstance(answer, Done)
        assert answer.version == 2

    async def test_one_of_two_who_saw_the_same_version_wins(
        self, commands: Commands, another: Another
    ) -> None:
        async with another() as other:
            answers = await asyncio.gather(
                ask(commands, Quote("ada"), expected_version=0),
                ask(other, Quote("bob"), expected_version=0),
                return_exceptions=True,
            )
        assert {type(answer) for answer in answers} == {Done, VersionMismatch}
        assert await recorded(commands) == 1


class TestRepeating:
    @pytest.mark.requirement("G-07")
    async def test_a_repeated_request_is_answered_as_before(self, commands: Commands) -> None:
        request = context()
        first = await commands.handle(TRIP, "1", Quote("ada"), request)
        await ask(commands, Quote("bob"))
        again = await commands.handle(TRIP, "1", Quote("ada"), request)
        assert isinstance(first, Done)
        assert again == replace(first, recorded=0, repeated=True)
        assert await recorded(commands) == 2

    async def test_it_is_recognised_although_its_version_is_left_behind(
        self, commands: Commands
    ) -> None:
        request = context()
        await commands.handle(TRIP, "1", Quote("ada"), request, expected_version=0)
        again = await commands.handle(TRIP, "1", Quote("ada"), request, expected_version=0)
        assert isinstance(again, Done)
        assert (again.version, again.repeated) == (1, True)

    @pytest.mark.requirement("G-07")
    @pytest.mark.parametrize("expected_version", [None, 0])
    async def test_twice_at_once_it_is_recorded_once(
        self, commands: Commands, another: Another, expected_version: int | None
    ) -> None:
        request = (TRIP, "1", Quote("ada"), context(), expected_version)
        async with another() as other:
            answers = await asyncio.gather(
                *(through.handle(*request) for through in [commands, other] * 4)
            )
        assert sorted(a.recorded for a in answers if isinstance(a, Done)) == [0] * 7 + [1]
        assert {a.version for a in answers if isinstance(a, Done)} == {1}
        assert await recorded(commands) == 1

    async def test_its_key_with_another_request_is_refused(self, commands: Commands) -> None:
        request = context(fingerprint="one")
        await commands.handle(TRIP, "1", Quote("ada"), request)
        with pytest.raises(IdempotencyKeyReused):
            await commands.handle(TRIP, "1", Quote("bob"), replace(request, fingerprint="other"))
        assert await recorded(commands) == 1

    async def test_one_that_an_earlier_release_recorded_is_recognised(
        self, commands: Commands
    ) -> None:
        # With all 64 digits of its fingerprint.
        before = context(fingerprint="ab" * 32)
        await commands.handle(TRIP, "1", Quote("ada"), before)
        again = replace(before, fingerprint="ab" * 16)
        assert isinstance(await commands.handle(TRIP, "1", Quote("ada"), again), Done)
        other = replace(before, fingerprint="ac" * 16)
        with pytest.raises(IdempotencyKeyReused):
            await commands.handle(TRIP, "1", Quote("ada"), other)
        assert await recorded(commands) == 1

    async def test_its_key_with_another_entity_is_refused(self, commands: Commands) -> None:
        request = context()
        await commands.handle(TRIP, "1", Quote("ada"), request)
        with pytest.raises(IdempotencyKeyReused):
            await commands.handle(TRIP, "2", Quote("ada"), request)
        assert await recorded(commands, "2") == 0

    async def test_its_key_with_another_request_at_once_is_refused(
        self, commands: Commands, another: Another
    ) -> None:
        one, two = context(key := uuid4(), "one"), context(key, "two")
        async with another() as other:
            answers = await asyncio.gather(
                commands.handle(TRIP, "1", Quote("ada"), one),
                other.handle(TRIP, "1", Quote("bob"), two),
                return_exceptions=True,
            )
        assert {type(answer) for answer in answers} == {Done, IdempotencyKeyReused}
        assert await recorded(commands) == 1


class TestReading:
    async def test_an_unknown_entity_is_as_in_the_beginning(self, commands: Commands) -> None:
        assert await commands.load(TRIP, "unknown") == Loaded(Trip(), 0)
        assert await commands.history(TRIP, "unknown") == []

    @pytest.mark.requirement("G-05")
    async def test_the_history_says_who_did_what_when_and_why(self, commands: Commands) -> None:
        reported = NOON - timedelta(hours=3)
        await commands.handle(TRIP, "1", Quote("ada"), context(at=reported))
        [entry] = await commands.history(TRIP, "1")
        assert (entry.version, entry.type) == (1, "relais.missions.trip.v1.quote_submitted")
        assert isinstance(entry.event, QuoteSubmitted)
        assert (entry.actor, entry.occurred_at) == ("ada", reported)
        assert entry.recorded_at > entry.occurred_at
        assert (entry.correlation_id, entry.causation_id) == ("journey", "request")

    @pytest.mark.requirement("G-05")
    async def test_the_history_is_in_the_order_of_recording(self, commands: Commands) -> None:
        for command in (Quote("ada"), Withdraw("ada"), Quote("ada"), Expire(NOON)):
            await ask(commands, command)
        history = await commands.history(TRIP, "1")
        names = [type(entry.event).__name__ for entry in history]
        assert names == ["QuoteSubmitted", "QuoteWithdrawn", "QuoteSubmitted", "TripExpired"]
        assert [entry.version for entry in history] == [1, 2, 3, 4]

    @pytest.mark.parametrize(("version", "drivers"), [(0, ""), (1, "a"), (2, "ab"), (9, "abc")])
    async def test_an_entity_is_seen_as_it_was_at_a_version(
        self, commands: Commands, version: int, drivers: str
    ) -> None:
        for driver in "abc":
            await ask(commands, Quote(driver))
        loaded = await commands.load(TRIP, "1", at_version=version)
        assert loaded == Loaded(Trip(frozenset(drivers)), len(drivers))

    async def test_an_entity_is_seen_as_it_was_known_at_a_time(self, commands: Commands) -> None:
        await ask(commands, Quote("ada"))
        await ask(commands, Quote("bob"))
        [first, _] = await commands.history(TRIP, "1")
        known = await commands.load(TRIP, "1", at_time=first.recorded_at)
        assert known == Loaded(Trip(frozenset({"ada"})), 1)
        assert await commands.load(TRIP, "1", at_time=NOON) == Loaded(Trip(), 0)

    async def test_a_comment_is_folded_and_told_in_the_clear(self, commands: Commands) -> None:
        await ask(commands, Quote("ada", comment="I live next door"))
        [entry] = await commands.history(TRIP, "1")
        assert isinstance(entry.event, QuoteSubmitted)
        assert entry.event.comment == "I live next door"
