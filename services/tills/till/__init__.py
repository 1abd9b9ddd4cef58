"""The till of a depot on one day: the cash of its couriers is counted, closed, and handed on.

Who counts does not see what is expected, and who closes the day names what was seen of each
courier. That a recipient paid is a fact: it is recorded of a closed day as well.
"""

from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import assert_never
from zoneinfo import ZoneInfo

from contracts.cash import BadCash, bad_cash, dirhams
from contracts.common_v1 import Money
from contracts.obligations import Obligations
from contracts.tills.till_v1 import (
    CashCollected,
    CashCounted,
    CashDeposited,
    GapRecorded,
    SendersPaid,
    TillClosed,
    TillEvent,
)
from services.tills.till import closing, custody
from services.tills.till.cash import MOST_COUNTED_MINOR, NOTHING, Couriers
from services.tills.till.closing import CloseDay
from services.tills.till.custody import Closed, DepositCash, PaySenders

WHERE = "Africa/Casablanca"
"""The depots' clock tells the day of a till."""

# --- Commands ---------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectCash:
    """Follows from the handover of an order; `day` is that of the depots' clock."""

    till_id: str
    organisation_id: str
    day: date
    courier_id: str
    tour_id: str
    order_id: str
    amount: Money
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CountCash:
    """`manages`: whether the counter sees what is expected."""

    till_id: str
    organisation_id: str
    day: date
    courier_id: str
    counted: Money
    by: str
    manages: bool
    at: datetime


Command = CollectCash | CountCash | CloseDay | custody.Command


def day_of(at: datetime) -> date:
    """The day of an instant by the depots' clock."""
    return at.astimezone(ZoneInfo(WHERE)).date()


def till_id(organisation_id: str, day: date) -> str:
    """The id of the till of a depot on a day."""
    return f"{organisation_id}:{day.isoformat()}"


# --- Rejections -------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class NoSuchTill:
    """No cash of the day is known, and it is not today."""


@dataclass(frozen=True, slots=True)
class OwnCash:
    """Nobody counts what they brought."""


@dataclass(frozen=True, slots=True)
class CountIsNotBlind:
    """The manager of a depot sees what is expected, and so does not count (ADR 65)."""


@dataclass(frozen=True, slots=True)
class DayIsClosed:
    pass


@dataclass(frozen=True, slots=True)
class DayIsNotClosed:
    pass


Rejection = (
    NoSuchTill
    | OwnCash
    | CountIsNotBlind
    | DayIsClosed
    | DayIsNotClosed
    | BadCash
    | closing.Rejection
    | custody.Rejection
)

# --- State ------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Untouched:
    pass


@dataclass(frozen=True, slots=True)
class Open:
    couriers: Couriers = field(default_factory=dict)


Touched = Open | Closed
Till = Untouched | Touched

initial: Till = Untouched()


def evolve(till: Till, event: TillEvent) -> Till:
    """Take history as recorded: a rule added today must not break yesterday's events."""
    known = Open() if isinstance(till, Untouched) else till
    match event:
        case CashCollected():
            takings = known.couriers.get(event.courier_id, NOTHING)
            collected = {**takings.collected, event.order_id: event.amount}
            takings = replace(takings, collected=collected, expected=event.expected)
            return replace(known, couriers={**known.couriers, event.courier_id: takings})
        case CashCounted():
            takings = known.couriers.get(event.courier_id, NOTHING)
            takings = replace(takings, counted=event.counted)
            return replace(known, couriers={**known.couriers, event.courier_id: takings})
        case TillClosed():
            return Closed(event, known.couriers)
        case GapRecorded() | CashDeposited() | SendersPaid():
            return custody.evolve(known, event) if isinstance(known, Closed) else known
        case unhandled:
            assert_never(unhandled)


def couriers_of(till: Till) -> Couriers:
    """The couriers who were paid on the day, or whose cash was counted."""
    match till:
        case Untouched():
            return {}
        case Open(couriers=couriers) | Closed(couriers=couriers):
            return couriers
        case unhandled:
            assert_never(unhandled)


def obligations(till: Till, person: str) -> Obligations:
    """A courier is not forgotten before the cash of the day was counted and the day closed."""
    if isinstance(till, Open) and person in till.couriers:
        return Obligations("the till with the courier's cash is not closed")
    return Obligations()


# --- Decisions --------------------------------------------------------------

Decision = list[TillEvent] | Rejection


def decide(command: Command, till: Till) -> Decision:
    """New facts, an empty list when they are already recorded, or the rule that says no."""
    match command:
        case CollectCash():
            return collect(command, till)
        case CountCash():
            return count(command, till)
        case CloseDay():
            return close(command, till)
        case DepositCash() | PaySenders():
            return hand_on(command, till)
        case unhandled:
            assert_never(unhandled)


def collect(command: CollectCash, till: Till) -> Decision:
    """Once for each order: it is handed over once."""
    takings = couriers_of(till).get(command.courier_id, NOTHING)
    if command.order_id in takings.collected:
        return []
    expected = takings.expected.amount_minor + command.amount.amount_minor
    return [
        CashCollected(
            till_id=command.till_id,
            organisation_id=command.organisation_id,
            day=command.day,
            courier_id=command.courier_id,
            tour_id=command.tour_id,
            order_id=command.order_id,
            amount=command.amount,
            expected=dirhams(expected),
            after_close=isinstance(till, Closed),
            collected_at=command.at,
        )
    ]


def count(command: CountCash, till: Till) -> Decision:
    """Somebody may count again until the day is closed; the last count holds."""
    if isinstance(till, Untouched) and command.day != day_of(command.at):
        return NoSuchTill()
    if bad := bad_cash("counted", command.counted, 0, MOST_COUNTED_MINOR):
        return bad
    if command.by == command.courier_id:
        return OwnCash()
    if command.manages:
        return CountIsNotBlind()
    if couriers_of(till).get(command.courier_id, NOTHING).counted == command.counted:
        return []
    if isinstance(till, Closed):
        return DayIsClosed()
    return [
        CashCounted(
            till_id=command.till_id,
            organisation_id=command.organisation_id,
            day=command.day,
            courier_id=command.courier_id,
            counted=command.counted,
            counted_by=command.by,
            counted_at=command.at,
        )
    ]


def close(command: CloseDay, till: Till) -> Decision:
    match till:
        case Untouched():
            return NoSuchTill()
        case Open():
            return closing.close(command, till.couriers)
        case Closed():
            return [] if closing.is_closed_so(command, till.closed, till.gaps) else DayIsClosed()
        case unhandled:
            assert_never(unhandled)


def hand_on(command: custody.Command, till: Till) -> Decision:
    match till:
        case Untouched():
            return NoSuchTill()
        case Open():
            return DayIsNotClosed()
        case Closed():
            return custody.decide(command, till)
        case unhandled:
            assert_never(unhandled)
