"""An order that came back: checked, kept in the depot, out again or back to its sender (SM-11)."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import assert_never

from contracts.common_v1 import Money
from contracts.depot_tours.returned_v1 import (
    CheckUndone,
    DiscrepancyFound,
    OrderReturned,
    ParcelShelved,
    ReturnApproved,
    ReturnedEvent,
    ReturnLeft,
    ReturnReason,
    ReturnWarned,
    SentBack,
)
from contracts.timers import CancelTimer, SetTimer
from services.depot_tours import terms
from services.depot_tours.order.preparation import Worker
from services.depot_tours.returned import clock, counting
from services.depot_tours.returned.counting import Count

# --- Commands ---------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiveOrder:
    """Comes from the tour: its courier brought the order back after so many attempts on it."""

    order_id: str
    organisation_id: str
    tour_id: str
    courier_id: str
    tracking_number: str
    city: str
    parcel_codes: tuple[str, ...]
    stayed: tuple[str, ...]
    cash_on_delivery: Money | None
    reason: ReturnReason
    attempts: int
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckReturn:
    """`note` is about what differs, and is passed over where nothing does."""

    organisation_id: str
    claim_id: str
    count: Count
    note: str | None
    by: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class UndoCheck:
    organisation_id: str
    worker: Worker
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ShelveParcel:
    """A parcel that is on another shelf is moved (D9)."""

    organisation_id: str
    parcel_code: str
    shelf: str
    by: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Leave:
    """Comes from the tour: it left the depot with the order."""

    order_id: str
    tour_id: str
    courier_id: str
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Warn:
    """Comes from the timer."""

    days: int
    at: datetime


@dataclass(frozen=True, slots=True)
class SendBack:
    """Comes from the timer."""

    at: datetime


OfDepot = CheckReturn | UndoCheck | ShelveParcel
Command = ReceiveOrder | OfDepot | Leave | Warn | SendBack

# --- Rejections -------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class NoSuchReturn:
    pass


@dataclass(frozen=True, slots=True)
class ReturnIsChecked:
    pass


@dataclass(frozen=True, slots=True)
class ReturnIsNotChecked:
    pass


@dataclass(frozen=True, slots=True)
class ReturnIsDisputed:
    """None of its parcels is stored."""


@dataclass(frozen=True, slots=True)
class ReturnIsGone:
    """It left again, or goes back to its sender."""


Rejection = (
    NoSuchReturn
    | ReturnIsChecked
    | ReturnIsNotChecked
    | ReturnIsDisputed
    | ReturnIsGone
    | terms.TooLateToUndo
    | counting.Rejection
    | terms.ParcelUnknown
)

# --- State ------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Unknown:
    pass


@dataclass(frozen=True, slots=True)
class InDepot:
    """It came back, and waits to be checked; maybe again, because a check was undone."""

    returned: OrderReturned
    undone: bool = False


@dataclass(frozen=True, slots=True)
class Disputed:
    """It was checked, and no parcel of it is stored."""

    returned: OrderReturned
    discrepancy: DiscrepancyFound


@dataclass(frozen=True, slots=True)
class Approved:
    """It was checked, and its parcels are stored; what was found wrong is disputed beside."""

    returned: OrderReturned
    approved: ReturnApproved
    discrepancy: DiscrepancyFound | None
    shelves: Mapping[str, str] = field(default_factory=dict)
    """By the code of the parcel."""
    warned: int | None = None
    """The last warning, in days before it goes back to its sender."""


@dataclass(frozen=True, slots=True)
class OutOfDepot:
    returned: OrderReturned
    left: ReturnLeft


@dataclass(frozen=True, slots=True)
class BackToSender:
    returned: OrderReturned
    approved: ReturnApproved


Back = InDepot | Disputed | Approved | OutOfDepot | BackToSender
Returned = Unknown | Back

initial: Returned = Unknown()


def evolve(state: Returned, event: ReturnedEvent) -> Returned:
    """Take history as recorded: a rule added today must not break yesterday's events."""
    if isinstance(event, OrderReturned):
        return InDepot(event)
    if isinstance(state, Unknown):
        return state
    match event:
        case DiscrepancyFound():
            return Disputed(state.returned, event)
        case ReturnApproved():
            found = state.discrepancy if isinstance(state, Disputed) else None
            return Approved(state.returned, event, found)
        case CheckUndone():
            return InDepot(state.returned, undone=True)
        case ReturnLeft():
            return OutOfDepot(state.returned, event)
        case ParcelShelved() | ReturnWarned() | SentBack():
            return stored(state, event) if isinstance(state, Approved) else state
        case unhandled:
            assert_never(unhandled)


def stored(state: Approved, event: ParcelShelved | ReturnWarned | SentBack) -> Back:
    """An approved order after something happened to it in the depot."""
    match event:
        case ParcelShelved():
            return replace(state, shelves={**state.shelves, event.parcel_code: event.shelf})
        case ReturnWarned():
            return replace(state, warned=event.days)
        case SentBack():
            return BackToSender(state.returned, state.approved)
        case unhandled:
            assert_never(unhandled)


# --- Decisions --------------------------------------------------------------

Decision = list[ReturnedEvent] | Rejection


def decide(command: Command, state: Returned) -> Decision:
    """New facts, an empty list when they are already recorded, or the rule that says no."""
    match command:
        case ReceiveOrder():
            return receive(command, state)
        case CheckReturn() | UndoCheck() | ShelveParcel():
            return decide_of_depot(command, state)
        case Leave():
            return leave(command, state)
        case Warn():
            return warn(command, state)
        case SendBack():
            return send_back(command, state)
        case unhandled:
            assert_never(unhandled)


def decide_of_depot(command: OfDepot, state: Returned) -> Decision:
    if isinstance(state, Unknown) or state.returned.organisation_id != command.organisation_id:
        return NoSuchReturn()
    match command:
        case CheckReturn():
            return check(command, state)
        case UndoCheck():
            return undo(command, state)
        case ShelveParcel():
            return shelve(command, state)
        case unhandled:
            assert_never(unhandled)


def receive(command: ReceiveOrder, state: Returned) -> Decision:
    """An order comes back once from each tour that it left with."""
    match state:
        case Unknown():
            before = 0
        case OutOfDepot(left=left) if left.tour_id == command.tour_id:
            before = state.returned.attempts
        case InDepot() | Disputed() | Approved() | OutOfDepot() | BackToSender():
            return []
        case unhandled:
            assert_never(unhandled)
    return [
        OrderReturned(
            order_id=command.order_id,
            organisation_id=command.organisation_id,
            tour_id=command.tour_id,
            courier_id=command.courier_id,
            tracking_number=command.tracking_number,
            city=command.city,
            parcel_codes=command.parcel_codes,
            stayed=command.stayed,
            cash_on_delivery=command.cash_on_delivery,
            reason=command.reason,
            attempts=before + command.attempts,
            returned_at=command.at,
        )
    ]


def check(command: CheckReturn, state: Back) -> Decision:
    count = command.count
    match state:
        case InDepot(returned=returned):
            # By a slow clock an order would go back to its sender before its time.
            command = replace(command, at=max(command.at, returned.returned_at))
            return counting.bad_count(count, returned) or counted(command, returned)
        case Approved(approved=approved, discrepancy=discrepancy):
            differing = discrepancy.parcels if discrepancy else ()
            known = (approved.parcel_codes, differing, state.returned.cash_on_delivery)
        case Disputed(discrepancy=discrepancy):
            known = (count.received, discrepancy.parcels, cash_found(discrepancy, state.returned))
        case OutOfDepot() | BackToSender():
            return ReturnIsGone()
        case unhandled:
            assert_never(unhandled)
    same = (count.received, count.differing, count.cash) == known
    return [] if same else ReturnIsChecked()


def cash_found(discrepancy: DiscrepancyFound, returned: OrderReturned) -> Money | None:
    """The amount that the courier's papers named."""
    return discrepancy.cash_stated if discrepancy.cash_differs else returned.cash_on_delivery


def counted(command: CheckReturn, returned: OrderReturned) -> list[ReturnedEvent]:
    """A parcel that differs opens a claim, and does not hold up the rest (D4); cash does (G-26)."""
    count = command.count
    cash_differs = count.cash != returned.cash_on_delivery
    events: list[ReturnedEvent] = []
    if count.differing or cash_differs:
        events.append(
            DiscrepancyFound(
                order_id=returned.order_id,
                organisation_id=returned.organisation_id,
                tracking_number=returned.tracking_number,
                claim_id=command.claim_id,
                courier_id=returned.courier_id,
                parcels=count.differing,
                cash_differs=cash_differs,
                cash_stated=count.cash if cash_differs else None,
                note=command.note,
                found_by=command.by,
                found_at=command.at,
            )
        )
    if count.received and not cash_differs:
        events.append(
            ReturnApproved(
                order_id=returned.order_id,
                organisation_id=returned.organisation_id,
                tracking_number=returned.tracking_number,
                parcel_codes=count.received,
                approved_by=command.by,
                approved_at=command.at,
                sent_back_from=clock.sent_back_from(command.at, returned.attempts),
            )
        )
    return events


def undo(command: UndoCheck, state: Back) -> Decision:
    """Also what goes back to its sender is still there, so that a manager may keep it (D5)."""
    match state:
        case Approved(approved=approved) | BackToSender(approved=approved):
            checked_at = approved.approved_at
        case Disputed(discrepancy=discrepancy):
            checked_at = discrepancy.found_at
        case InDepot(undone=undone):
            return [] if undone else ReturnIsNotChecked()
        case OutOfDepot():
            return ReturnIsGone()
        case unhandled:
            assert_never(unhandled)
    if late := terms.too_late(checked_at, command.at, command.worker.manages):
        return late
    return [
        CheckUndone(
            order_id=state.returned.order_id,
            organisation_id=state.returned.organisation_id,
            undone_by=command.worker.user_id,
            undone_at=command.at,
        )
    ]


def shelve(command: ShelveParcel, state: Back) -> Decision:
    match state:
        case InDepot():
            return ReturnIsNotChecked()
        case Disputed():
            return ReturnIsDisputed()
        case OutOfDepot() | BackToSender():
            return ReturnIsGone()
        case Approved(approved=approved, shelves=shelves):
            if command.parcel_code not in approved.parcel_codes:
                return terms.ParcelUnknown(command.parcel_code)
            if shelves.get(command.parcel_code) == command.shelf:
                return []
        case unhandled:
            assert_never(unhandled)
    return [
        ParcelShelved(
            order_id=state.returned.order_id,
            organisation_id=state.returned.organisation_id,
            parcel_code=command.parcel_code,
            shelf=command.shelf,
            shelved_by=command.by,
            shelved_at=command.at,
        )
    ]


def leave(command: Leave, state: Returned) -> Decision:
    """An order that never came back leaves with its first tour, which is no news here.

    One that goes back to its sender may have been on a tour before: what left has left.
    """
    match state:
        case Unknown() | InDepot() | Disputed() | OutOfDepot():
            return []
        case Approved(returned=returned) | BackToSender(returned=returned):
            if returned.tour_id == command.tour_id:
                return []
        case unhandled:
            assert_never(unhandled)
    return [
        ReturnLeft(
            order_id=returned.order_id,
            organisation_id=returned.organisation_id,
            tour_id=command.tour_id,
            courier_id=command.courier_id,
            confirmed_by=command.by,
            left_at=command.at,
        )
    ]


def warn(command: Warn, state: Returned) -> Decision:
    if not isinstance(state, Approved):
        return []
    if command.at < clock.warned_from(state.approved, command.days):
        return []
    if state.warned is not None and state.warned <= command.days:
        return []
    return [
        ReturnWarned(
            order_id=state.returned.order_id,
            organisation_id=state.returned.organisation_id,
            tracking_number=state.returned.tracking_number,
            approved_by=state.approved.approved_by,
            days=command.days,
            warned_at=command.at,
        )
    ]


def send_back(command: SendBack, state: Returned) -> Decision:
    if not isinstance(state, Approved) or command.at < state.approved.sent_back_from:
        return []
    return [
        SentBack(
            order_id=state.returned.order_id,
            organisation_id=state.returned.organisation_id,
            tracking_number=state.returned.tracking_number,
            approved_by=state.approved.approved_by,
            sent_back_at=command.at,
        )
    ]


# --- Timers -----------------------------------------------------------------


def timers(event: ReturnedEvent) -> tuple[SetTimer | CancelTimer, ...]:
    """The clock runs from the check on, until the order leaves or the check is undone."""
    match event:
        case ReturnApproved():
            return clock.started(event)
        case ReturnLeft() | CheckUndone():
            return clock.stopped()
        case OrderReturned() | DiscrepancyFound() | ParcelShelved() | ReturnWarned() | SentBack():
            return ()
        case unhandled:
            assert_never(unhandled)


def on_timer(name: str, _: str, due: datetime) -> Command:
    """The command of a timer that came due. LookupError when no timer has that name."""
    if name == clock.SENDING_BACK:
        return SendBack(due)
    for days in clock.WARNING_DAYS:
        if name == clock.warning(days):
            return Warn(days, due)
    raise LookupError(name)
