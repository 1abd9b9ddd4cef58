"""Old stored events: commands, histories, consumers and rebuilds read them in the present shape."""

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest_asyncio

from contracts.common_v1 import Money
from contracts.missions import trip_v1
from contracts.missions.trip_v1 import QuoteSubmitted, QuoteWithdrawn, TripEvent
from contracts.runtime import Contract, recorded_no_more, upcasting
from infra.amending import Amending, Correct, Redact
from infra.commands import Aggregate, Commands
from infra.consumers.subscriptions import subscription
from infra.store import Append, NewEvent
from infra.tests.make import NOON, commands_of
from infra.tests.trips import TRIP, Command, Rejection, Trip

FORMER = "relais.missions.trip.v1.interest_shown"


def interest_shown(event: QuoteWithdrawn) -> QuoteSubmitted:
    """Earlier releases recorded who was interested, and asked for the price later."""
    return QuoteSubmitted(
        trip_id=event.trip_id,
        driver_id=event.driver_id,
        price=Money(0, "EUR"),
        comment=None,
        pickup_on=None,
        delivery_on=None,
        submitted_at=event.withdrawn_at,
        expenses=(),
        valid_until=None,
    )


WITHDRAWN = trip_v1.contract.by_class(QuoteWithdrawn)
CONTRACT: Contract[TripEvent] = replace(
    trip_v1.contract,
    former=(
        replace(
            WITHDRAWN,
            type=FORMER,
            cls=QuoteSubmitted,
            time="submitted_at",
            encode=recorded_no_more,
            convert=upcasting(WITHDRAWN.convert, QuoteSubmitted, __name__, "interest_shown"),
        ),
    ),
)
OLD_TRIP: Aggregate[Command, Trip, TripEvent, Rejection] = replace(TRIP, contract=CONTRACT)
SHOWN = QuoteWithdrawn(trip_id="1", driver_id="ada", withdrawn_at=NOON)
PRESENT = interest_shown(SHOWN)


@pytest_asyncio.fixture
async def commands(database: str) -> AsyncIterator[Commands]:
    """Over a trip that an earlier release recorded."""
    async with commands_of(database) as commands:
        value = WITHDRAWN.encode(SHOWN, lambda _subject, _field, plain: plain)
        event = NewEvent(uuid4(), FORMER, value, {"actor": "ada"}, NOON)
        await commands.store.append(Append("trip-1", 0, [event]))
        yield commands


async def put_right(commands: Commands, wish: Any) -> None:
    amending = Amending(commands, commands._keyring, OLD_TRIP, "1")
    plan = await amending.plan(1, wish, "a slip of the pen")
    await amending.carry_out(plan, "operator:lea", NOON)


async def test_a_decider_folds_the_present_shape(commands: Commands) -> None:
    assert (await commands.load(OLD_TRIP, "1")).state == Trip(frozenset({"ada"}))


async def test_a_history_tells_the_present_type(commands: Commands) -> None:
    [entry] = await commands.history(OLD_TRIP, "1")
    assert (entry.type, entry.event) == (CONTRACT.by_class(QuoteSubmitted).type, PRESENT)


async def test_who_reads_the_present_type_reads_the_former_one_too() -> None:
    types = subscription(CONTRACT, QuoteSubmitted).types
    assert types == {FORMER, "relais.missions.trip.v1.quote_submitted"}


async def test_one_that_was_wrong_is_corrected_in_the_present_shape(commands: Commands) -> None:
    right = replace(PRESENT, driver_id="eve", price=Money(500, "EUR"))
    await put_right(commands, Correct(right))
    assert (await commands.load(OLD_TRIP, "1")).state.drivers == {"eve"}
    entry, _ = await commands.history(OLD_TRIP, "1")
    assert (entry.event, entry.instead) == (PRESENT, right)


async def test_one_that_is_redacted_stands_there_in_the_present_shape(commands: Commands) -> None:
    await put_right(commands, Redact(replace(PRESENT, driver_id="eve")))
    stored, _ = await commands.store.read("trip-1")
    assert (stored.type, b"ada" in stored.data) == (CONTRACT.by_class(QuoteSubmitted).type, False)
    assert (await commands.load(OLD_TRIP, "1")).state.drivers == {"eve"}
