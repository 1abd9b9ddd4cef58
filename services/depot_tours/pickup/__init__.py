"""An inbound tour: orders that a courier picks up and the depot verifies (SM-09)."""

from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import assert_never

from contracts.depot_tours.pickup_v1 import (
    NotBrought,
    OrderToPickUp,
    PickupAssigned,
    PickupCanceled,
    PickupEvent,
    PickupPlanned,
    PickupVerified,
)
from services.depot_tours import order, terms
from services.depot_tours.order.preparation import OrderIsPrepared, Prepared

# --- Commands ---------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanPickup:
    pickup_id: str
    organisation_id: str
    orders: tuple[OrderToPickUp, ...]
    day: date
    by: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AssignPickup:
    organisation_id: str
    courier_id: str
    by: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelPickup:
    organisation_id: str
    courier_id: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifyPickup:
    """Each parcel was scanned, or was not brought for a reason (D1)."""

    organisation_id: str
    scanned: tuple[str, ...]
    not_brought: tuple[NotBrought, ...]
    by: str
    at: datetime


OfPlanned = AssignPickup | CancelPickup | VerifyPickup
Command = PlanPickup | OfPlanned

# --- Rejections -------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class NoSuchPickup:
    pass


@dataclass(frozen=True, slots=True)
class PickupIdTaken:
    pickup_id: str


@dataclass(frozen=True, slots=True)
class PickupIsGiven:
    courier_id: str


@dataclass(frozen=True, slots=True)
class PickupIsNotGiven:
    """Nobody is to do it: it is pending, or its courier canceled."""


@dataclass(frozen=True, slots=True)
class PickupIsVerified:
    pass


Rejection = (
    NoSuchPickup
    | PickupIdTaken
    | PickupIsGiven
    | PickupIsNotGiven
    | PickupIsVerified
    | OrderIsPrepared
    | terms.OrderNamedTwice
    | terms.OrderIsOnAnotherTour
    | terms.BadRest
)

# --- State ------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Unplanned:
    pass


@dataclass(frozen=True, slots=True)
class Pending:
    planned: PickupPlanned


@dataclass(frozen=True, slots=True)
class Assigned:
    planned: PickupPlanned
    assigned: PickupAssigned


@dataclass(frozen=True, slots=True)
class Canceled:
    planned: PickupPlanned
    canceled: PickupCanceled


@dataclass(frozen=True, slots=True)
class Verified:
    planned: PickupPlanned
    verified: PickupVerified


Planned = Pending | Assigned | Canceled | Verified
Pickup = Unplanned | Planned

initial: Pickup = Unplanned()


def evolve(pickup: Pickup, event: PickupEvent) -> Pickup:
    """Take history as recorded: a rule added today must not break yesterday's events."""
    if isinstance(event, PickupPlanned):
        return Pending(event)
    if isinstance(pickup, Unplanned):
        return pickup
    match event:
        case PickupAssigned():
            return Assigned(pickup.planned, event)
        case PickupCanceled():
            return Canceled(pickup.planned, event)
        case PickupVerified():
            return Verified(pickup.planned, event)
        case unhandled:
            assert_never(unhandled)


def courier_of(pickup: Planned) -> str | None:
    """The courier who is to do it, did it, or canceled last; None when nobody was asked yet."""
    match pickup:
        case Pending():
            return None
        case Assigned(assigned=event) | Canceled(canceled=event) | Verified(verified=event):
            return event.courier_id
        case unhandled:
            assert_never(unhandled)


def order_to_pick_up(
    state: order.Order, organisation_id: str
) -> OrderToPickUp | OrderIsPrepared | None:
    """An order of the organisation that is not prepared; None when there is no such order."""
    if isinstance(state, order.Unregistered):
        return None
    known = state.registration
    if known.organisation_id != organisation_id:
        return None
    if isinstance(state.task, Prepared):
        return OrderIsPrepared()
    return OrderToPickUp(
        order_id=known.order_id,
        tracking_number=known.tracking_number,
        city=known.city,
        parcel_codes=known.parcel_codes,
    )


# --- Decisions --------------------------------------------------------------

Decision = list[PickupEvent] | Rejection


def decide(command: Command, pickup: Pickup) -> Decision:
    """New facts, an empty list when they are already recorded, or the rule that says no."""
    match command:
        case PlanPickup():
            return plan(command, pickup)
        case AssignPickup() | CancelPickup() | VerifyPickup():
            return decide_of_planned(command, pickup)
        case unhandled:
            assert_never(unhandled)


def plan(command: PlanPickup, pickup: Pickup) -> Decision:
    ids = [one.order_id for one in command.orders]
    for one in command.orders:
        if ids.count(one.order_id) > 1:
            return terms.OrderNamedTwice(one.tracking_number)
    planned = PickupPlanned(
        pickup_id=command.pickup_id,
        organisation_id=command.organisation_id,
        orders=command.orders,
        day=command.day,
        planned_by=command.by,
        planned_at=command.at,
    )
    if isinstance(pickup, Unplanned):
        return [planned]
    same = replace(pickup.planned, planned_by=command.by, planned_at=command.at)
    return [] if same == planned else PickupIdTaken(command.pickup_id)


def decide_of_planned(command: OfPlanned, pickup: Pickup) -> Decision:
    if isinstance(pickup, Unplanned) or pickup.planned.organisation_id != command.organisation_id:
        return NoSuchPickup()
    match command:
        case AssignPickup():
            return assign(command, pickup)
        case CancelPickup():
            return cancel(command, pickup)
        case VerifyPickup():
            return verify(command, pickup)
        case unhandled:
            assert_never(unhandled)


def assign(command: AssignPickup, pickup: Planned) -> Decision:
    """A canceled pickup may be given to another courier (G-23), or to the same one again."""
    match pickup:
        case Assigned(assigned=assigned):
            given = assigned.courier_id
            return [] if given == command.courier_id else PickupIsGiven(given)
        case Verified():
            return PickupIsVerified()
        case Pending() | Canceled():
            return [
                PickupAssigned(
                    pickup_id=pickup.planned.pickup_id,
                    organisation_id=pickup.planned.organisation_id,
                    courier_id=command.courier_id,
                    assigned_by=command.by,
                    assigned_at=command.at,
                )
            ]
        case unhandled:
            assert_never(unhandled)


def cancel(command: CancelPickup, pickup: Planned) -> Decision:
    """Another courier is told of no pickup."""
    if courier_of(pickup) != command.courier_id:
        return NoSuchPickup()
    match pickup:
        case Assigned(assigned=assigned):
            return [
                PickupCanceled(
                    pickup_id=pickup.planned.pickup_id,
                    organisation_id=pickup.planned.organisation_id,
                    courier_id=command.courier_id,
                    assigned_by=assigned.assigned_by,
                    canceled_at=command.at,
                )
            ]
        case Canceled():
            return []
        case Verified():
            return PickupIsVerified()
        case Pending():
            return NoSuchPickup()
        case unhandled:
            assert_never(unhandled)


def verify(command: VerifyPickup, pickup: Planned) -> Decision:
    match pickup:
        case Pending() | Canceled():
            return PickupIsNotGiven()
        case Verified(verified=known):
            same = {*known.parcel_codes} == {*command.scanned}
            return [] if same and known.not_brought == command.not_brought else PickupIsVerified()
        case Assigned(assigned=assigned):
            pass
        case unhandled:
            assert_never(unhandled)
    codes = tuple(code for one in pickup.planned.orders for code in one.parcel_codes)
    missing = [one.parcel_code for one in command.not_brought]
    if bad := bad_scans(command.scanned, codes) or terms.bad_rest(missing, codes, command.scanned):
        return bad
    return [
        PickupVerified(
            pickup_id=pickup.planned.pickup_id,
            organisation_id=pickup.planned.organisation_id,
            courier_id=assigned.courier_id,
            parcel_codes=tuple(code for code in codes if code in command.scanned),
            not_brought=command.not_brought,
            verified_by=command.by,
            verified_at=command.at,
        )
    ]


def bad_scans(
    scanned: tuple[str, ...], codes: tuple[str, ...]
) -> terms.ParcelUnknown | terms.ParcelNamedTwice | None:
    """The first parcel that is not of the pickup, or was scanned before."""
    for code in scanned:
        if code not in codes:
            return terms.ParcelUnknown(code)
        if scanned.count(code) > 1:
            return terms.ParcelNamedTwice(code)
    return None
