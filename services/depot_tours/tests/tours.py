"""Valid commands and events of a tour; a test names only what it is about."""

from datetime import datetime

from contracts.common_v1 import Money, Point
from contracts.depot_tours.tour_v1 import (
    DeliveryFailed,
    ExitUndone,
    FailureReason,
    HandoverBegun,
    HandoverCodeRefused,
    LeftBehind,
    LeftBehindReason,
    OrderGivenBack,
    OrderHandedOver,
    OrderOnTour,
    ParcelLoaded,
    TourCanceled,
    TourCheckedOut,
    TourComposed,
    TourReassigned,
)
from services.depot_tours.tests.make import CASH, FIRST, NOON, SECOND
from services.depot_tours.tour import CancelTour, ComposeTour, ReassignTour
from services.depot_tours.tour.deliveries import FailDelivery, GiveBack, HandOver, UndoExit
from services.depot_tours.tour.departure import BeginHandover, CheckOut, LoadParcel, RefuseCode

THIRD = "RABAT-7"
TWO = OrderOnTour(
    order_id="o-1",
    tracking_number="CASA-2041",
    city="Casablanca",
    parcel_codes=(FIRST, SECOND),
    cash_on_delivery=CASH,
)
ONE = OrderOnTour(
    order_id="o-2",
    tracking_number=THIRD,
    city="Rabat",
    parcel_codes=(THIRD,),
    cash_on_delivery=None,
)
ABSENT = FailureReason.ABSENT
DOOR = Point(latitude=33.5731, longitude=-7.5898)


def compose(
    *orders: OrderOnTour, courier: str = "karim", id: str = "t-1", at: datetime = NOON
) -> ComposeTour:
    return ComposeTour(
        tour_id=id,
        organisation_id="maarif",
        courier_id=courier,
        orders=orders or (TWO, ONE),
        by="nadia",
        at=at,
    )


def composed(*orders: OrderOnTour) -> TourComposed:
    return TourComposed(
        tour_id="t-1",
        organisation_id="maarif",
        courier_id="karim",
        orders=orders or (TWO, ONE),
        composed_by="nadia",
        composed_at=NOON,
    )


def reassign(courier: str = "hassan", organisation: str = "maarif") -> ReassignTour:
    return ReassignTour(organisation_id=organisation, courier_id=courier, by="omar", at=NOON)


def reassigned(courier: str = "hassan") -> TourReassigned:
    return TourReassigned(
        tour_id="t-1",
        organisation_id="maarif",
        courier_id=courier,
        reassigned_by="omar",
        reassigned_at=NOON,
    )


def cancel(courier: str = "karim", organisation: str = "maarif") -> CancelTour:
    return CancelTour(organisation_id=organisation, courier_id=courier, at=NOON)


def canceled(courier: str = "karim", given_by: str = "nadia") -> TourCanceled:
    return TourCanceled(
        tour_id="t-1",
        organisation_id="maarif",
        courier_id=courier,
        given_by=given_by,
        canceled_at=NOON,
    )


def load(
    code: str = FIRST, id: str = "s-1", other: str | None = None, organisation: str = "maarif"
) -> LoadParcel:
    return LoadParcel(
        organisation_id=organisation,
        scan_id=id,
        parcel_code=code,
        other_tour=other,
        by="omar",
        at=NOON,
    )


def loaded(code: str = FIRST, id: str = "s-1") -> ParcelLoaded:
    return ParcelLoaded(
        tour_id="t-1", scan_id=id, parcel_code=code, loaded_by="omar", loaded_at=NOON
    )


def begin(*seen: str, id: str = "h-1", courier: str = "karim") -> BeginHandover:
    return BeginHandover(
        organisation_id="maarif",
        courier_id=courier,
        handover_id=id,
        loaded=frozenset(seen),
        at=NOON,
    )


def begun(id: str = "h-1") -> HandoverBegun:
    return HandoverBegun(tour_id="t-1", handover_id=id, courier_id="karim", begun_at=NOON)


def refuse_code(attempt: int = 1, handover: str = "h-1") -> RefuseCode:
    return RefuseCode(
        organisation_id="maarif",
        handover_id=handover,
        attempt_id=f"a-{attempt}",
        by="omar",
        at=NOON,
    )


def code_refused(attempt: int = 1, handover: str = "h-1") -> HandoverCodeRefused:
    return HandoverCodeRefused(
        tour_id="t-1",
        handover_id=handover,
        attempt_id=f"a-{attempt}",
        entered_by="omar",
        refused_at=NOON,
    )


def behind(code: str = SECOND) -> LeftBehind:
    return LeftBehind(parcel_code=code, reason=LeftBehindReason.NO_ROOM)


def check_out(
    *left: LeftBehind, handover: str = "h-1", organisation: str = "maarif", at: datetime = NOON
) -> CheckOut:
    return CheckOut(
        organisation_id=organisation,
        handover_id=handover,
        left_behind=left,
        by="omar",
        at=at,
    )


def checked_out(
    *left: LeftBehind, orders: tuple[str, ...] = ("o-1", "o-2"), at: datetime = NOON
) -> TourCheckedOut:
    return TourCheckedOut(
        tour_id="t-1",
        organisation_id="maarif",
        courier_id="karim",
        left_behind=left,
        order_ids=orders,
        checked_out_by="omar",
        checked_out_at=at,
    )


def undo_exit(at: datetime = NOON, manages: bool = False, returning: str | None = None) -> UndoExit:
    return UndoExit(
        organisation_id="maarif", returning=returning, by="omar", manages=manages, at=at
    )


def exit_undone(at: datetime = NOON) -> ExitUndone:
    return ExitUndone(
        tour_id="t-1",
        organisation_id="maarif",
        courier_id="karim",
        undone_by="omar",
        undone_at=at,
    )


def hand_over(order: str = "o-1", cash: Money | None = CASH, courier: str = "karim") -> HandOver:
    return HandOver(
        organisation_id="maarif", courier_id=courier, order_id=order, cash=cash, at=NOON
    )


def handed_over(order: str = "o-1", cash: Money | None = CASH) -> OrderHandedOver:
    return OrderHandedOver(
        tour_id="t-1",
        organisation_id="maarif",
        order_id=order,
        courier_id="karim",
        cash=cash,
        handed_over_at=NOON,
    )


def fail(
    attempt: int = 1,
    reason: FailureReason = ABSENT,
    order: str = "o-1",
    courier: str = "karim",
    photo: str | None = None,
    called: bool = True,
    location: Point | None = DOOR,
) -> FailDelivery:
    return FailDelivery(
        organisation_id="maarif",
        courier_id=courier,
        order_id=order,
        attempt=attempt,
        reason=reason,
        location=location,
        photo_file_id=photo,
        called=called,
        at=NOON,
    )


def failed(
    attempt: int = 1,
    reason: FailureReason = ABSENT,
    photo: str | None = None,
    called: bool = True,
) -> DeliveryFailed:
    return DeliveryFailed(
        tour_id="t-1",
        organisation_id="maarif",
        order_id="o-1",
        courier_id="karim",
        reason=reason,
        attempt=attempt,
        location=DOOR,
        photo_file_id=photo,
        called=called,
        failed_at=NOON,
    )


def give_back(order: str = "o-1", courier: str = "karim", at: datetime = NOON) -> GiveBack:
    return GiveBack(organisation_id="maarif", courier_id=courier, order_id=order, at=at)


def given_back(
    codes: tuple[str, ...] = (FIRST, SECOND), stayed: tuple[str, ...] = ()
) -> OrderGivenBack:
    return OrderGivenBack(
        tour_id="t-1",
        organisation_id="maarif",
        order_id="o-1",
        courier_id="karim",
        tracking_number="CASA-2041",
        city="Casablanca",
        parcel_codes=codes,
        stayed=stayed,
        cash_on_delivery=CASH,
        reason=ABSENT,
        attempts=1,
        given_back_at=NOON,
    )
