"""A very small trip over the real contract: drivers quote, and it expires an hour after a quote."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from contracts.common_v1 import Money
from contracts.missions import trip_v1
from contracts.missions.trip_v1 import QuoteSubmitted, QuoteWithdrawn, TripEvent, TripExpired
from contracts.timers import CancelTimer, SetTimer
from infra.commands import Aggregate
from infra.tests.make import NOON

EXPIRY = "expiry"


@dataclass(frozen=True, slots=True)
class Quote:
    """Each driver quotes once. Due is when the trip may expire."""

    driver: str = "d-1"
    at: datetime = NOON
    comment: str | None = None


@dataclass(frozen=True, slots=True)
class Withdraw:
    """Also keeps the trip from expiring."""

    driver: str = "d-1"


@dataclass(frozen=True, slots=True)
class Expire:
    at: datetime


@dataclass(frozen=True, slots=True)
class TripIsOver:
    pass


@dataclass(frozen=True, slots=True)
class StubbornDriver:
    """Somebody whose quote no expiry ends."""

    driver: str


Command = Quote | Withdraw | Expire
Rejection = TripIsOver | StubbornDriver


@dataclass(frozen=True, slots=True)
class Trip:
    drivers: frozenset[str] = frozenset()
    over: bool = False


def evolve(trip: Trip, event: TripEvent) -> Trip:
    match event:
        case QuoteSubmitted():
            return Trip(trip.drivers | {event.driver_id})
        case QuoteWithdrawn():
            return Trip(trip.drivers - {event.driver_id})
        case TripExpired():
            return Trip(trip.drivers, over=True)
        case _:
            return trip


def decide(command: Command, trip: Trip) -> list[TripEvent] | Rejection:
    match command:
        case Quote() if trip.over:
            return TripIsOver()
        case Quote() if command.driver not in trip.drivers:
            return [
                QuoteSubmitted(
                    trip_id="1",
                    driver_id=command.driver,
                    price=Money(10_000, "EUR"),
                    comment=command.comment,
                    pickup_on=None,
                    delivery_on=None,
                    submitted_at=command.at,
                    expenses=(),
                    valid_until=None,
                )
            ]
        case Withdraw() if command.driver in trip.drivers:
            return [QuoteWithdrawn(trip_id="1", driver_id=command.driver, withdrawn_at=NOON)]
        case Expire() if "stubborn" in trip.drivers:
            return StubbornDriver("stubborn")
        case Expire() if not trip.over:
            return [TripExpired(trip_id="1", expired_at=command.at)]
        case _:
            return []


def timers(event: TripEvent) -> Sequence[SetTimer | CancelTimer]:
    match event:
        case QuoteSubmitted():
            return [SetTimer(EXPIRY, event.submitted_at + timedelta(hours=1))]
        case QuoteWithdrawn():
            return [CancelTimer(EXPIRY)]
        case _:
            return []


def on_timer(name: str, id: str, due: datetime) -> Command:
    if id == "cursed":
        raise LookupError(id)
    return Expire(due)


TRIP: Aggregate[Command, Trip, TripEvent, Rejection] = Aggregate(
    trip_v1.contract, decide, evolve, Trip(), timers, on_timer
)
