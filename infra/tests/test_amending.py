"""An operator puts the past right: everybody who folds the stream sees what holds."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
import pytest_asyncio

from contracts import amendments
from contracts.common_v1 import AmendmentKind, EventAmended, Money
from contracts.missions import driver_v1
from contracts.missions.driver_v1 import DriverEvent, PhoneChanged
from contracts.missions.trip_v1 import QuoteSubmitted, QuoteWithdrawn, TripEvent
from contracts.runtime import DecodeError
from infra.amending import Amending, Correct, Redact, Skip, Unamendable, Wish
from infra.commands import Aggregate, Commands
from infra.database import Connection
from infra.store import Append, NewEvent, Verdict
from infra.store.postgres import PostgresStore
from infra.testing.esdb import EsdbDouble
from infra.tests.make import NOON, commands_elsewhere, commands_of, context
from infra.tests.trips import EXPIRY, TRIP, Quote, Trip, Withdraw, decide

WHY = "the clerk took another trip"
LATER = NOON + timedelta(days=1)
FAR = datetime(2100, 1, 1, tzinfo=NOON.tzinfo)


def quoted(driver: str, comment: str | None = None, at: datetime = NOON) -> QuoteSubmitted:
    [event] = decide(Quote(driver, at, comment), Trip())  # type: ignore[misc]
    assert isinstance(event, QuoteSubmitted)
    return event


@dataclass
class Desk:
    """An operator at trip 1."""

    commands: Commands
    amending: Amending[TripEvent]

    async def say(self, version: int, wish: Wish[TripEvent], reason: str = WHY) -> int | None:
        plan = await self.amending.plan(version, wish, reason)
        return await self.amending.carry_out(plan, "operator:lea", LATER)

    async def drivers(self, **at: Any) -> set[str]:
        return set((await self.commands.load(TRIP, "1", **at)).state.drivers)

    async def put(self, value: bytes, type: str = "relais.missions.trip.v1.quote_submitted") -> int:
        """Record an event with this value behind the last one; answers its version."""
        version = len(await self.commands.store.read("trip-1"))
        new = NewEvent(uuid4(), type, value, {"organisation": "org"}, NOON)
        await self.commands.store.append(Append("trip-1", version, [new]))
        return version + 1

    async def length(self) -> int:
        return len(await self.commands.store.read("trip-1"))


@pytest_asyncio.fixture
async def desk(database: str) -> AsyncIterator[Desk]:
    """A trip with the quotes of ada and bob."""
    async with commands_of(database) as commands:
        for driver in ("ada", "bob"):
            await commands.handle(TRIP, "1", Quote(driver), context())
        yield Desk(commands, Amending(commands, commands._keyring, TRIP, "1"))


async def test_a_store_that_replaces_nothing_corrects_and_says_so_of_redacting(
    database: str,
) -> None:
    async with EsdbDouble() as server, commands_elsewhere(server.url, database) as commands:
        await commands.handle(TRIP, "1", Quote("ada"), context())
        desk = Desk(commands, Amending(commands, commands._keyring, TRIP, "1"))
        with pytest.raises(Unamendable, match="keeps every value for ever: correct"):
            await desk.say(1, Redact(quoted("eve")))
        assert await desk.length() == 1
        assert await desk.say(1, Correct(quoted("eve"))) == 2
        assert await desk.drivers() == {"eve"}
        assert await desk.drivers(at_version=1) == {"ada"}
        [said] = await commands.store.amendments("trip-1")
        assert said.version == 2


class TestCorrecting:
    async def test_what_is_right_holds_for_the_next_decision(self, desk: Desk) -> None:
        assert await desk.say(1, Correct(quoted("eve"))) == 3
        assert await desk.drivers() == {"eve", "bob"}
        done = await desk.commands.handle(TRIP, "1", Withdraw("eve"), context())
        assert (done.version, done.recorded) == (4, 1)  # type: ignore[union-attr]

    async def test_a_plan_changes_nothing(self, desk: Desk) -> None:
        plan = await desk.amending.plan(1, Correct(quoted("eve")), WHY)
        assert (plan.holds, plan.amendment and plan.amendment.kind) == (
            quoted("eve"),
            AmendmentKind.CORRECTED,
        )
        assert (await desk.drivers(), await desk.length()) == ({"ada", "bob"}, 2)

    async def test_the_past_is_told_as_it_was_known(self, desk: Desk) -> None:
        before = (await desk.commands.store.read("trip-1"))[-1].recorded_at
        await desk.say(1, Correct(quoted("eve")))
        assert await desk.drivers(at_version=2) == {"ada", "bob"}
        assert await desk.drivers(at_time=before) == {"ada", "bob"}
        assert await desk.drivers(at_version=3) == {"eve", "bob"}

    async def test_the_history_has_both_and_who_and_why(self, desk: Desk) -> None:
        await desk.say(1, Correct(quoted("eve")))
        wrong, other, said = await desk.commands.history(TRIP, "1")
        assert (wrong.event, wrong.instead, wrong.holds) == (
            quoted("ada"),
            quoted("eve"),
            quoted("eve"),
        )
        assert wrong.amendment is not None
        assert (wrong.amendment.version, wrong.amendment.said.reason) == (3, WHY)
        assert (other.amendment, other.instead) == (None, None)
        assert (said.type, said.actor, said.occurred_at) == (
            amendments.TYPE,
            "operator:lea",
            LATER,
        )

    async def test_a_part_of_the_history_knows_what_was_said_behind_it(self, desk: Desk) -> None:
        await desk.say(1, Correct(quoted("eve")))
        [wrong] = await desk.commands.history(TRIP, "1", most=1)
        assert wrong.instead == quoted("eve")

    async def test_it_names_the_event_and_is_led_to_by_it(self, desk: Desk) -> None:
        await desk.say(1, Correct(quoted("eve")))
        first, _, said = await desk.commands.store.read("trip-1")
        found = amendments.decode(said.data)
        assert (found.version, found.event_id) == (1, str(first.event_id))
        assert (said.meta["causation"], said.meta["organisation"]) == (str(first.event_id), "org")

    async def test_twice_the_same_is_once(self, desk: Desk) -> None:
        assert await desk.say(1, Correct(quoted("eve"))) == 3
        assert await desk.say(1, Correct(quoted("eve"))) is None
        assert await desk.length() == 3

    async def test_what_is_right_already_is_not_said(self, desk: Desk) -> None:
        assert await desk.say(1, Correct(quoted("ada"))) is None

    async def test_at_once_it_is_once_too(self, desk: Desk) -> None:
        plans = [await desk.amending.plan(1, Correct(quoted("eve")), WHY) for _ in range(4)]
        said = [desk.amending.carry_out(plan, "operator:lea", LATER) for plan in plans]
        found = await asyncio.gather(*said)
        assert set(found) <= {3, None}
        assert await desk.length() == 3

    async def test_two_that_differ_are_both_said_and_the_last_counts(self, desk: Desk) -> None:
        plans = [await desk.amending.plan(1, Correct(quoted(name)), WHY) for name in ("eve", "kim")]
        for plan in plans:
            await desk.amending.carry_out(plan, "operator:lea", LATER)
        assert (await desk.drivers(), await desk.length()) == ({"kim", "bob"}, 4)

    async def test_a_correction_may_be_taken_back(self, desk: Desk) -> None:
        await desk.say(1, Correct(quoted("eve")))
        await desk.say(1, Correct(quoted("ada")))
        assert await desk.drivers() == {"ada", "bob"}

    async def test_who_writes_meanwhile_is_not_lost(self, desk: Desk) -> None:
        plan = await desk.amending.plan(1, Correct(quoted("eve")), WHY)
        await desk.commands.handle(TRIP, "1", Quote("kim"), context())
        assert await desk.amending.carry_out(plan, "operator:lea", LATER) == 4
        assert await desk.drivers() == {"eve", "bob", "kim"}

    async def test_a_repeated_command_is_answered_as_before(self, desk: Desk) -> None:
        request = context()
        await desk.commands.handle(TRIP, "1", Quote("kim"), request)
        await desk.say(1, Correct(quoted("eve")))
        again = await desk.commands.handle(TRIP, "1", Quote("kim"), request)
        assert (again.version, again.state.drivers) == (3, {"ada", "bob", "kim"})  # type: ignore[union-attr]

    async def test_timers_follow_what_holds(self, desk: Desk) -> None:
        await desk.say(2, Correct(quoted("bob", at=FAR)))
        async with desk.commands.store.pool.connection() as connection:
            cursor = await connection.execute("select name, due_at from es.timer")
            assert await cursor.fetchall() == [(EXPIRY, FAR + timedelta(hours=1))]

    async def test_an_event_that_nobody_could_read_is_mended(self, desk: Desk) -> None:
        version = await desk.put(b"\xff")
        with pytest.raises(DecodeError):
            await desk.drivers()
        await desk.say(version, Correct(quoted("kim")))
        assert await desk.drivers() == {"ada", "bob", "kim"}
        assert await desk.drivers(at_version=version) == {"ada", "bob", "kim"}
        [*_, mended, _] = await desk.commands.history(TRIP, "1")
        assert (mended.event, mended.instead) == (quoted("kim"), None)


class TestSkipping:
    async def test_what_nobody_can_read_is_passed_over(self, desk: Desk) -> None:
        version = await desk.put(b"\xff")
        assert await desk.say(version, Skip()) == version + 1
        assert await desk.drivers() == await desk.drivers(at_version=version) == {"ada", "bob"}
        [*_, skipped, said] = await desk.commands.history(TRIP, "1")
        assert isinstance(skipped.event, EventAmended)
        assert (skipped.event, skipped.version) == (said.event, version)

    async def test_one_of_an_unknown_type_too(self, desk: Desk) -> None:
        await desk.say(await desk.put(b"?", "relais.missions.trip.v1.of_tomorrow"), Skip())
        assert await desk.drivers() == {"ada", "bob"}

    async def test_several_are_passed_over_one_by_one(self, desk: Desk) -> None:
        for version in [await desk.put(b"\xff"), await desk.put(b"\xfe")]:
            await desk.say(version, Skip())
        assert await desk.drivers() == {"ada", "bob"}

    async def test_what_can_be_read_is_for_named_readers_alone(self, desk: Desk) -> None:
        with pytest.raises(Unamendable, match="can be read: correct it"):
            await desk.say(1, Skip())
        assert await desk.say(1, Skip(("views.partner",))) == 3
        assert await desk.drivers() == {"ada", "bob"}

    async def test_twice_the_same_is_once(self, desk: Desk) -> None:
        assert await desk.say(1, Skip(("views.partner", "missions.bookings"))) == 3
        assert await desk.say(1, Skip(("views.partner",))) is None
        version = await desk.put(b"\xff")
        assert await desk.say(version, Skip()) == version + 1
        assert await desk.say(version, Skip()) is None

    async def test_a_correction_ends_it(self, desk: Desk) -> None:
        version = await desk.put(b"\xff")
        await desk.say(version, Skip())
        await desk.say(version, Correct(quoted("kim")))
        assert await desk.drivers() == {"ada", "bob", "kim"}


class Crash(Exception):
    """The process ends here."""


class Dying(PostgresStore):
    """Ends when the amendment is written, and the value is still there."""

    async def append_in(self, connection: Connection, group: Sequence[Append]) -> list[Verdict]:
        await super().append_in(connection, group)
        raise Crash


class TestRedacting:
    async def test_the_value_is_gone_and_what_is_left_holds(self, desk: Desk) -> None:
        assert await desk.say(1, Redact(quoted("eve"))) == 3
        first, _, said = await desk.commands.store.read("trip-1")
        assert b"ada" not in first.data
        assert first.meta["redacted"] == str(said.event_id)
        assert await desk.drivers() == await desk.drivers(at_version=1) | {"bob"} == {"eve", "bob"}

    async def test_nothing_may_be_left(self, desk: Desk) -> None:
        await desk.say(1, Redact())
        first, *_ = await desk.commands.store.read("trip-1")
        assert first.data == b""
        assert await desk.drivers() == {"bob"}
        assert await desk.drivers(at_version=1) == set()
        told, *_ = await desk.commands.history(TRIP, "1")
        assert isinstance(told.event, EventAmended)
        assert (told.event.kind, told.actor) == (AmendmentKind.REDACTED, "ada")

    async def test_what_corrections_said_is_gone_too(self, desk: Desk) -> None:
        await desk.say(1, Correct(quoted("secret")))
        await desk.say(1, Redact(quoted("eve")))
        stored = [event.data for event in await desk.commands.store.read("trip-1")]
        assert not any(b"secret" in data for data in stored)
        assert await desk.drivers() == {"eve", "bob"}
        assert [one.version for one in await desk.commands.history(TRIP, "1")] == [1, 2, 3, 4]

    async def test_the_proof_knows_what_stood_there(self, desk: Desk) -> None:
        first, *_ = await desk.commands.store.read("trip-1")
        await desk.say(1, Redact())
        assert await desk.amending.proves(1, first.data)
        assert not await desk.amending.proves(1, first.data + b"x")

    async def test_without_a_redaction_there_is_no_proof(self, desk: Desk) -> None:
        with pytest.raises(Unamendable, match="no proof"):
            await desk.amending.proves(1, b"")

    @pytest.mark.parametrize("left", [None, quoted("eve")])
    async def test_twice_the_same_is_once(self, desk: Desk, left: QuoteSubmitted | None) -> None:
        assert await desk.say(1, Redact(left)) == 3
        assert await desk.say(1, Redact(left)) is None

    async def test_a_crash_before_the_end_leaves_all_as_it_was(self, desk: Desk) -> None:
        before = await desk.commands.store.read("trip-1")
        dying = Commands("missions", Dying(desk.commands.store.pool), desk.commands._keyring)
        amending = Amending(dying, desk.commands._keyring, TRIP, "1")
        with pytest.raises(Crash):
            await amending.carry_out(await amending.plan(1, Redact(), WHY), "lea", LATER)
        assert await desk.commands.store.read("trip-1") == before
        assert await desk.say(1, Redact()) == 3

    async def test_who_writes_meanwhile_is_not_lost(self, desk: Desk) -> None:
        plan = await desk.amending.plan(1, Redact(), WHY)
        await desk.commands.handle(TRIP, "1", Quote("kim"), context())
        assert await desk.amending.carry_out(plan, "operator:lea", LATER) == 4
        assert await desk.drivers() == {"bob", "kim"}

    async def test_what_was_redacted_may_be_corrected(self, desk: Desk) -> None:
        await desk.say(1, Redact())
        await desk.say(1, Correct(quoted("eve")))
        assert await desk.drivers() == {"eve", "bob"}


class TestRefusals:
    @pytest.mark.parametrize("reason", ["", "  "])
    async def test_there_is_a_reason(self, desk: Desk, reason: str) -> None:
        with pytest.raises(Unamendable, match="say why"):
            await desk.say(1, Correct(quoted("eve")), reason)

    @pytest.mark.parametrize("version", [0, 3])
    async def test_the_event_exists(self, desk: Desk, version: int) -> None:
        with pytest.raises(Unamendable, match=f"no version {version}, only 1 to 2"):
            await desk.say(version, Redact())

    async def test_so_does_the_stream(self, desk: Desk) -> None:
        other = Amending(desk.commands, desk.commands._keyring, TRIP, "none")
        with pytest.raises(Unamendable, match="trip-none has no events"):
            await other.plan(1, Redact(), WHY)

    async def test_an_amendment_is_not_amended(self, desk: Desk) -> None:
        await desk.say(1, Correct(quoted("eve")))
        with pytest.raises(Unamendable, match="version 3 amends version 1: amend that one again"):
            await desk.say(3, Redact())

    async def test_an_event_of_another_stream_does_not_hold(self, desk: Desk) -> None:
        with pytest.raises(Unamendable, match="trip_id must stay 1"):
            await desk.say(1, Correct(replace(quoted("eve"), trip_id="2")))

    async def test_nor_does_one_of_another_type(self, desk: Desk) -> None:
        other = QuoteWithdrawn(trip_id="1", driver_id="ada", withdrawn_at=NOON)
        with pytest.raises(Unamendable, match="is a QuoteSubmitted, not a QuoteWithdrawn"):
            await desk.say(1, Correct(other))

    async def test_a_type_that_nobody_knows_is_not_corrected(self, desk: Desk) -> None:
        version = await desk.put(b"?", "relais.missions.trip.v1.of_tomorrow")
        with pytest.raises(Unamendable, match="cannot be corrected, only redacted or skipped"):
            await desk.say(version, Correct(quoted("eve")))

    async def test_a_number_that_no_event_can_have_is_refused(self, desk: Desk) -> None:
        much = replace(quoted("eve"), price=Money(2**63, "EUR"))
        with pytest.raises(Unamendable, match="QuoteSubmitted: "):
            await desk.say(1, Correct(much))

    async def test_a_stream_that_could_not_be_folded_any_more_is_refused(self, desk: Desk) -> None:
        def strict(trip: Trip, event: TripEvent) -> Trip:
            if isinstance(event, QuoteSubmitted) and event.driver_id == "eve":
                raise LookupError("eve")
            return trip

        amending = Amending(
            desk.commands, desk.commands._keyring, replace(TRIP, evolve=strict), "1"
        )
        with pytest.raises(Unamendable, match="could not be folded any more: LookupError"):
            await amending.plan(1, Correct(quoted("eve")), WHY)
        assert await desk.length() == 2


Phones = tuple[str, ...]


def rung(phones: Phones, event: DriverEvent) -> Phones:
    return (*phones, event.phone) if isinstance(event, PhoneChanged) else phones


def dial(phone: str, _: Phones) -> list[DriverEvent] | None:
    return [PhoneChanged(driver_id="ada", phone=phone, changed_at=NOON)]


DRIVER: Aggregate[str, Phones, DriverEvent, None] = Aggregate(driver_v1.contract, dial, rung, ())


class TestPersonalData:
    async def test_what_holds_instead_is_sealed_and_forgotten_too(self, database: str) -> None:
        async with commands_of(database) as commands:
            await commands.handle(DRIVER, "ada", "+33600000000", context())
            right = PhoneChanged(driver_id="ada", phone="+33611111111", changed_at=NOON)
            amending = Amending(commands, commands._keyring, DRIVER, "ada")
            await amending.carry_out(await amending.plan(1, Correct(right), WHY), "x", LATER)
            stored = await commands.store.read("driver-ada")
            assert not any(b"+336111" in event.data for event in stored)
            assert (await commands.load(DRIVER, "ada")).state == ("+33611111111",)
            await commands._keyring.forget("ada", "ada")
            assert (await commands.load(DRIVER, "ada")).state == ("XXXX",)
            with pytest.raises(Unamendable, match="forgotten: ada"):
                await amending.plan(1, Correct(replace(right, phone="+33622222222")), WHY)

    async def test_a_kept_fold_of_another_process_is_folded_anew(self, database: str) -> None:
        async with commands_of(database) as commands, commands_of(database) as others:
            for n in range(70):
                await commands.handle(DRIVER, "ada", f"+336{n:08}", context())
            assert len((await others.load(DRIVER, "ada")).state) == 70
            right = PhoneChanged(driver_id="ada", phone="+33711111111", changed_at=NOON)
            amending = Amending(commands, commands._keyring, DRIVER, "ada")
            await amending.carry_out(await amending.plan(1, Correct(right), WHY), "x", LATER)
            for process in (commands, others):
                assert (await process.load(DRIVER, "ada")).state[0] == "+33711111111"
