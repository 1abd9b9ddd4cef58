"""The orders of a tour that is out: each handed over, or attempts that failed for a reason (D3)."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import ClassVar, assert_never

from contracts.common_v1 import Money, Point
from contracts.depot_tours.tour_v1 import (
    DeliveryFailed,
    ExitUndone,
    FailureReason,
    OrderGivenBack,
    OrderHandedOver,
    OrderOnTour,
    TourCheckedOut,
    TourComposed,
    TourEvent,
)
from services.depot_tours import terms

# --- Commands ---------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class HandOver:
    organisation_id: str
    courier_id: str
    order_id: str
    cash: Money | None
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class FailDelivery:
    """`attempt` is 1 for the first one on this tour; `called`: the recipient, in vain."""

    organisation_id: str
    courier_id: str
    order_id: str
    attempt: int
    reason: FailureReason
    location: Point | None
    photo_file_id: str | None
    called: bool
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class GiveBack:
    organisation_id: str
    courier_id: str
    order_id: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class UndoExit:
    """`returning` is the tracking number of an order on the tour that came back before, if any."""

    organisation_id: str
    returning: str | None
    by: str
    manages: bool
    at: datetime


Command = HandOver | FailDelivery | GiveBack

# --- Rejections -------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class TourIsNotOut:
    pass


@dataclass(frozen=True, slots=True)
class OrderIsNotOnTour:
    pass


@dataclass(frozen=True, slots=True)
class OrderIsHandedOver:
    pass


@dataclass(frozen=True, slots=True)
class OrderIsGivenBack:
    pass


@dataclass(frozen=True, slots=True)
class TourIsUnderWay:
    """The courier has been at a door."""


@dataclass(frozen=True, slots=True)
class NothingWasTried:
    pass


@dataclass(frozen=True, slots=True)
class NoCashIsDue:
    field: ClassVar[str] = "cash"


@dataclass(frozen=True, slots=True)
class CashIsDue:
    field: ClassVar[str] = "cash"
    due: Money


@dataclass(frozen=True, slots=True)
class AttemptIsRecorded:
    attempt: int


@dataclass(frozen=True, slots=True)
class AttemptIsNotNext:
    attempt: int
    following: int


@dataclass(frozen=True, slots=True)
class AttemptIsUnproven:
    """There is neither a photo nor a call."""

    field: ClassVar[str] = "photo_file_id"


@dataclass(frozen=True, slots=True)
class AttemptWithoutPlace:
    field: ClassVar[str] = "location"


Rejection = (
    TourIsNotOut
    | TourIsUnderWay
    | terms.TooLateToUndo
    | terms.OrderWasOut
    | OrderIsNotOnTour
    | OrderIsHandedOver
    | OrderIsGivenBack
    | NothingWasTried
    | NoCashIsDue
    | CashIsDue
    | AttemptIsRecorded
    | AttemptIsNotNext
    | AttemptIsUnproven
    | AttemptWithoutPlace
)

# --- State ------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Delivery:
    """An order that the courier has, or had: the attempts that failed, and how it ended."""

    order: OrderOnTour
    failures: tuple[DeliveryFailed, ...] = ()
    handed_over: OrderHandedOver | None = None
    given_back: OrderGivenBack | None = None

    @property
    def with_courier(self) -> bool:
        return self.handed_over is None and self.given_back is None


@dataclass(frozen=True, slots=True)
class Out:
    composed: TourComposed
    checked_out: TourCheckedOut
    deliveries: Mapping[str, Delivery]
    """By the id of the order; one of which nothing left is not among them."""

    @property
    def courier_id(self) -> str:
        return self.checked_out.courier_id


Event = OrderHandedOver | DeliveryFailed | OrderGivenBack


def left(composed: TourComposed, checked_out: TourCheckedOut) -> Out:
    """The tour with the orders of which a parcel has left."""
    out = {one.order_id: Delivery(one) for one in composed.orders}
    return Out(composed, checked_out, {id: out[id] for id in checked_out.order_ids})


def evolve(tour: Out, event: Event) -> Out:
    delivery = tour.deliveries.get(event.order_id)
    if delivery is None:
        return tour
    match event:
        case OrderHandedOver():
            delivery = replace(delivery, handed_over=event)
        case DeliveryFailed():
            delivery = replace(delivery, failures=(*delivery.failures, event))
        case OrderGivenBack():
            delivery = replace(delivery, given_back=event)
        case unhandled:
            assert_never(unhandled)
    return replace(tour, deliveries={**tour.deliveries, event.order_id: delivery})


# --- Decisions --------------------------------------------------------------

Decision = list[TourEvent] | Rejection


def decide(command: Command, tour: Out) -> Decision:
    """As in every aggregate, while the tour is out."""
    delivery = tour.deliveries.get(command.order_id)
    if delivery is None:
        return OrderIsNotOnTour()
    # A slow clock is no reason to record a fact before its time: cash is of the day it tells.
    command = replace(command, at=max(command.at, tour.checked_out.checked_out_at))
    match command:
        case HandOver():
            return hand_over(command, tour, delivery)
        case FailDelivery():
            return fail(command, tour, delivery)
        case GiveBack():
            return give_back(command, tour, delivery)
        case unhandled:
            assert_never(unhandled)


def hand_over(command: HandOver, tour: Out, delivery: Delivery) -> Decision:
    if delivery.handed_over is not None:
        return [] if delivery.handed_over.cash == command.cash else OrderIsHandedOver()
    if delivery.given_back is not None:
        return OrderIsGivenBack()
    due = delivery.order.cash_on_delivery
    if due != command.cash:
        return NoCashIsDue() if due is None else CashIsDue(due)
    return [
        OrderHandedOver(
            tour_id=tour.composed.tour_id,
            organisation_id=tour.composed.organisation_id,
            order_id=command.order_id,
            courier_id=command.courier_id,
            cash=command.cash,
            handed_over_at=command.at,
        )
    ]


def fail(command: FailDelivery, tour: Out, delivery: Delivery) -> Decision:
    following = len(delivery.failures) + 1
    if 1 <= command.attempt < following:
        known = delivery.failures[command.attempt - 1]
        return [] if known.reason == command.reason else AttemptIsRecorded(command.attempt)
    if delivery.handed_over is not None:
        return OrderIsHandedOver()
    if delivery.given_back is not None:
        return OrderIsGivenBack()
    if command.attempt != following:
        return AttemptIsNotNext(command.attempt, following)
    if command.photo_file_id is None and not command.called:
        return AttemptIsUnproven()
    if command.location is None:
        return AttemptWithoutPlace()
    return [
        DeliveryFailed(
            tour_id=tour.composed.tour_id,
            organisation_id=tour.composed.organisation_id,
            order_id=command.order_id,
            courier_id=command.courier_id,
            reason=command.reason,
            attempt=command.attempt,
            location=command.location,
            photo_file_id=command.photo_file_id,
            called=command.called,
            failed_at=command.at,
        )
    ]


def give_back(command: GiveBack, tour: Out, delivery: Delivery) -> Decision:
    """An order comes back for the reason of its last attempt."""
    if delivery.given_back is not None:
        return []
    if delivery.handed_over is not None:
        return OrderIsHandedOver()
    if not delivery.failures:
        return NothingWasTried()
    codes = delivery.order.parcel_codes
    behind = {one.parcel_code for one in tour.checked_out.left_behind}
    return [
        OrderGivenBack(
            tour_id=tour.composed.tour_id,
            organisation_id=tour.composed.organisation_id,
            order_id=command.order_id,
            courier_id=command.courier_id,
            tracking_number=delivery.order.tracking_number,
            city=delivery.order.city,
            parcel_codes=tuple(code for code in codes if code not in behind),
            stayed=tuple(code for code in codes if code in behind),
            cash_on_delivery=delivery.order.cash_on_delivery,
            reason=delivery.failures[-1].reason,
            attempts=len(delivery.failures),
            given_back_at=command.at,
        )
    ]


def undo_exit(command: UndoExit, tour: Out) -> Decision:
    """Both facts stay; the tour is in the depot with all its orders, to be scanned anew (D5)."""
    if any(one.failures or not one.with_courier for one in tour.deliveries.values()):
        return TourIsUnderWay()
    if command.returning is not None:
        return terms.OrderWasOut(command.returning)
    checked_out = tour.checked_out
    if late := terms.too_late(checked_out.checked_out_at, command.at, command.manages):
        return late
    return [
        ExitUndone(
            tour_id=checked_out.tour_id,
            organisation_id=checked_out.organisation_id,
            courier_id=checked_out.courier_id,
            undone_by=command.by,
            undone_at=command.at,
        )
    ]
