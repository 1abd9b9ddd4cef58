"""An outbound tour: composed of prepared orders, taken by a courier, out to recipients (SM-10)."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import ClassVar, assert_never

from contracts.depot_tours.tour_v1 import (
    DeliveryFailed,
    ExitUndone,
    HandoverBegun,
    HandoverCodeRefused,
    OrderGivenBack,
    OrderHandedOver,
    OrderOnTour,
    ParcelLoaded,
    TourCanceled,
    TourCheckedOut,
    TourComposed,
    TourEvent,
    TourReassigned,
)
from services.depot_tours import order, returned, terms
from services.depot_tours.order.preparation import Prepared
from services.depot_tours.tour import deliveries, departure
from services.depot_tours.tour.deliveries import FailDelivery, GiveBack, HandOver, Out, UndoExit
from services.depot_tours.tour.departure import (
    BeginHandover,
    CheckOut,
    LoadParcel,
    Ready,
    RefuseCode,
    TourIsCanceled,
    TourIsOut,
)

# --- Commands ---------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class ComposeTour:
    tour_id: str
    organisation_id: str
    courier_id: str
    orders: tuple[OrderOnTour, ...]
    by: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ReassignTour:
    organisation_id: str
    courier_id: str
    by: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelTour:
    organisation_id: str
    courier_id: str
    at: datetime


OfCourier = CancelTour | BeginHandover | HandOver | FailDelivery | GiveBack
OfDepot = ReassignTour | LoadParcel | RefuseCode | CheckOut | UndoExit
Command = ComposeTour | OfCourier | OfDepot

# --- Rejections -------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class NoSuchTour:
    pass


@dataclass(frozen=True, slots=True)
class TourIdTaken:
    tour_id: str


@dataclass(frozen=True, slots=True)
class TourWithoutParcels:
    field: ClassVar[str] = "order_ids"


@dataclass(frozen=True, slots=True)
class OrderIsNotPrepared:
    tracking_number: str


@dataclass(frozen=True, slots=True)
class ReturnIsNotApproved:
    """It came back, and none of its parcels is stored."""

    tracking_number: str


@dataclass(frozen=True, slots=True)
class TourIsGiven:
    courier_id: str


Rejection = (
    NoSuchTour
    | TourIdTaken
    | TourWithoutParcels
    | terms.OrderNamedTwice
    | OrderIsNotPrepared
    | ReturnIsNotApproved
    | terms.OrderIsOnAnotherTour
    | TourIsGiven
    | departure.Rejection
    | deliveries.Rejection
)

# --- State ------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Uncomposed:
    pass


@dataclass(frozen=True, slots=True)
class Canceled:
    composed: TourComposed
    courier_id: str


Composed = Ready | Out | Canceled
"""While its courier is at the depot, a tour is `HandingOver`, which is `Ready` as well."""
Tour = Uncomposed | Composed

initial: Tour = Uncomposed()


def evolve(tour: Tour, event: TourEvent) -> Tour:
    """Take history as recorded: a rule added today must not break yesterday's events."""
    if isinstance(event, TourComposed):
        return Ready(event, event.courier_id, event.composed_by)
    if isinstance(tour, Uncomposed):
        return tour
    match event:
        case TourReassigned():
            return Ready(tour.composed, event.courier_id, event.reassigned_by)
        case TourCanceled():
            return Canceled(tour.composed, event.courier_id)
        case ParcelLoaded() | HandoverBegun() | HandoverCodeRefused():
            return departure.evolve(tour, event) if isinstance(tour, Ready) else tour
        case TourCheckedOut():
            return deliveries.left(tour.composed, event)
        case ExitUndone():
            return Ready(tour.composed, event.courier_id, event.undone_by, undone=True)
        case OrderHandedOver() | DeliveryFailed() | OrderGivenBack():
            return deliveries.evolve(tour, event) if isinstance(tour, Out) else tour
        case unhandled:
            assert_never(unhandled)


def order_on_tour(
    state: order.Order, back: returned.Returned, organisation_id: str
) -> OrderOnTour | Rejection | None:
    """A prepared order of the organisation with the parcels that are there, as a tour takes it;
    None when there is no such order."""
    if isinstance(state, order.Unregistered):
        return None
    known = state.registration
    if known.organisation_id != organisation_id:
        return None
    if not isinstance(state.task, Prepared):
        return OrderIsNotPrepared(known.tracking_number)
    there = parcels_there(known.parcel_codes, state.task, back)
    if there is None:
        return ReturnIsNotApproved(known.tracking_number)
    return OrderOnTour(
        order_id=known.order_id,
        tracking_number=known.tracking_number,
        city=known.city,
        parcel_codes=there,
        cash_on_delivery=known.cash_on_delivery,
    )


def parcels_there(
    parcel_codes: tuple[str, ...], task: Prepared, back: returned.Returned
) -> tuple[str, ...] | None:
    """Those that are in the depot; None of an order that came back and was not approved."""
    match back:
        case returned.Unknown():
            missing = {one.parcel_code for one in task.prepared.missing}
            return tuple(code for code in parcel_codes if code not in missing)
        case returned.Approved(returned=came_back, approved=approved):
            here = {*approved.parcel_codes, *came_back.stayed}
            return tuple(code for code in parcel_codes if code in here)
        case (
            returned.InDepot()
            | returned.Disputed()
            | returned.OutOfDepot()
            | returned.BackToSender()
        ):
            return None
        case unhandled:
            assert_never(unhandled)


# --- Decisions --------------------------------------------------------------

Decision = list[TourEvent] | Rejection


def decide(command: Command, tour: Tour) -> Decision:
    """New facts, an empty list when they are already recorded, or the rule that says no."""
    match command:
        case ComposeTour():
            return compose(command, tour)
        case ReassignTour() | LoadParcel() | RefuseCode() | CheckOut() | UndoExit():
            return decide_of_depot(command, tour)
        case CancelTour() | BeginHandover() | HandOver() | FailDelivery() | GiveBack():
            return decide_of_courier(command, tour)
        case unhandled:
            assert_never(unhandled)


def compose(command: ComposeTour, tour: Tour) -> Decision:
    ids = [one.order_id for one in command.orders]
    for one in command.orders:
        if ids.count(one.order_id) > 1:
            return terms.OrderNamedTwice(one.tracking_number)
    if not any(one.parcel_codes for one in command.orders):
        return TourWithoutParcels()
    composed = TourComposed(
        tour_id=command.tour_id,
        organisation_id=command.organisation_id,
        courier_id=command.courier_id,
        orders=command.orders,
        composed_by=command.by,
        composed_at=command.at,
    )
    if isinstance(tour, Uncomposed):
        return [composed]
    same = replace(tour.composed, composed_by=command.by, composed_at=command.at)
    return [] if same == composed else TourIdTaken(command.tour_id)


def decide_of_depot(command: OfDepot, tour: Tour) -> Decision:
    if isinstance(tour, Uncomposed) or tour.composed.organisation_id != command.organisation_id:
        return NoSuchTour()
    match command:
        case ReassignTour():
            return reassign(command, tour)
        case UndoExit():
            return undo_exit(command, tour)
        case LoadParcel() | RefuseCode() | CheckOut():
            match tour:
                case Ready():
                    return departure.decide(command, tour)
                case Canceled():
                    return TourIsCanceled()
                case Out():
                    return departure.decide_again(command, tour.checked_out)
                case unhandled:
                    assert_never(unhandled)
        case unhandled_command:
            assert_never(unhandled_command)


def decide_of_courier(command: OfCourier, tour: Tour) -> Decision:
    """Another courier is told of no tour."""
    if isinstance(tour, Uncomposed) or tour.composed.organisation_id != command.organisation_id:
        return NoSuchTour()
    if tour.courier_id != command.courier_id:
        return NoSuchTour()
    match command:
        case CancelTour():
            return cancel(command, tour)
        case BeginHandover():
            match tour:
                case Ready():
                    return departure.begin(command, tour)
                case Canceled():
                    return TourIsCanceled()
                case Out():
                    return TourIsOut()
                case unhandled:
                    assert_never(unhandled)
        case HandOver() | FailDelivery() | GiveBack():
            if not isinstance(tour, Out):
                return deliveries.TourIsNotOut()
            return deliveries.decide(command, tour)
        case unhandled_command:
            assert_never(unhandled_command)


def undo_exit(command: UndoExit, tour: Composed) -> Decision:
    match tour:
        case Out():
            return deliveries.undo_exit(command, tour)
        case Ready(undone=undone):
            return [] if undone else deliveries.TourIsNotOut()
        case Canceled():
            return TourIsCanceled()
        case unhandled:
            assert_never(unhandled)


def reassign(command: ReassignTour, tour: Composed) -> Decision:
    """A canceled tour may be given to another courier (G-23), or to the same one again."""
    match tour:
        case Canceled(composed=composed):
            return [
                TourReassigned(
                    tour_id=composed.tour_id,
                    organisation_id=composed.organisation_id,
                    courier_id=command.courier_id,
                    reassigned_by=command.by,
                    reassigned_at=command.at,
                )
            ]
        case Out():
            return TourIsOut()
        case Ready(courier_id=courier_id):
            return [] if courier_id == command.courier_id else TourIsGiven(courier_id)
        case unhandled:
            assert_never(unhandled)


def cancel(command: CancelTour, tour: Composed) -> Decision:
    match tour:
        case Ready(composed=composed, given_by=given_by):
            return [
                TourCanceled(
                    tour_id=composed.tour_id,
                    organisation_id=composed.organisation_id,
                    courier_id=command.courier_id,
                    given_by=given_by,
                    canceled_at=command.at,
                )
            ]
        case Canceled():
            return []
        case Out():
            return TourIsOut()
        case unhandled:
            assert_never(unhandled)
