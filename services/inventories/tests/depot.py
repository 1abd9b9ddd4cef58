"""The way of parcels through a depot, as its topics tell it."""

from datetime import UTC, datetime, timedelta

from contracts.depot_tours.order_v1 import (
    MissingParcel,
    MissingReason,
    OrderPrepared,
    OrderRegistered,
    ParcelScanned,
)
from contracts.depot_tours.pickup_v1 import OrderToPickUp, PickupPlanned, PickupVerified
from contracts.depot_tours.returned_v1 import (
    CheckUndone,
    OrderReturned,
    ParcelShelved,
    ReturnApproved,
    ReturnLeft,
    ReturnReason,
    SentBack,
)
from contracts.depot_tours.tour_v1 import (
    ExitUndone,
    LeftBehind,
    LeftBehindReason,
    OrderOnTour,
    TourCheckedOut,
    TourComposed,
)

MORNING = datetime(2026, 5, 1, 8, 0, tzinfo=UTC)
EVENING = MORNING + timedelta(hours=10)


def registered(order: str, *codes: str, organisation: str = "maarif") -> OrderRegistered:
    return OrderRegistered(
        order_id=order,
        organisation_id=organisation,
        tracking_number=f"CASA-{order}",
        city="Casablanca",
        recipient_name="Salma Idrissi",
        phone="+212612345678",
        address="12 rue Ibn Batouta",
        parcel_codes=codes,
        cash_on_delivery=None,
        registered_by="nadia",
        registered_at=MORNING,
    )


def scanned(order: str, code: str, at: datetime = MORNING) -> ParcelScanned:
    return ParcelScanned(
        order_id=order, scan_id=f"s-{code}", parcel_code=code, scanned_by="omar", scanned_at=at
    )


def prepared(order: str, *missing: str) -> OrderPrepared:
    lost = MissingReason.NOT_FOUND
    return OrderPrepared(
        order_id=order,
        organisation_id="maarif",
        missing=tuple(MissingParcel(parcel_code=code, reason=lost) for code in missing),
        prepared_by="omar",
        prepared_at=MORNING,
    )


def planned(order: str, *codes: str) -> PickupPlanned:
    picked = OrderToPickUp(
        order_id=order, tracking_number=f"CASA-{order}", city="Casablanca", parcel_codes=codes
    )
    return PickupPlanned(
        pickup_id="k-1",
        organisation_id="maarif",
        orders=(picked,),
        day=MORNING.date(),
        planned_by="nadia",
        planned_at=MORNING,
    )


def verified(*codes: str) -> PickupVerified:
    return PickupVerified(
        pickup_id="k-1",
        organisation_id="maarif",
        courier_id="karim",
        parcel_codes=codes,
        not_brought=(),
        verified_by="hind",
        verified_at=MORNING,
    )


def composed(order: str, *codes: str) -> TourComposed:
    on_tour = OrderOnTour(
        order_id=order,
        tracking_number=f"CASA-{order}",
        city="Casablanca",
        parcel_codes=codes,
        cash_on_delivery=None,
    )
    return TourComposed(
        tour_id=f"t-{order}",
        organisation_id="maarif",
        courier_id="karim",
        orders=(on_tour,),
        composed_by="nadia",
        composed_at=MORNING,
    )


def checked_out(order: str, *stayed: str, at: datetime = MORNING) -> TourCheckedOut:
    room = LeftBehindReason.NO_ROOM
    return TourCheckedOut(
        tour_id=f"t-{order}",
        organisation_id="maarif",
        courier_id="karim",
        left_behind=tuple(LeftBehind(parcel_code=code, reason=room) for code in stayed),
        order_ids=(order,),
        checked_out_by="omar",
        checked_out_at=at,
    )


def exit_undone(order: str) -> ExitUndone:
    return ExitUndone(
        tour_id=f"t-{order}",
        organisation_id="maarif",
        courier_id="karim",
        undone_by="nadia",
        undone_at=MORNING,
    )


def returned(order: str, *codes: str) -> OrderReturned:
    return OrderReturned(
        order_id=order,
        organisation_id="maarif",
        tour_id=f"t-{order}",
        courier_id="karim",
        tracking_number=f"CASA-{order}",
        city="Casablanca",
        parcel_codes=codes,
        stayed=(),
        cash_on_delivery=None,
        reason=ReturnReason.ABSENT,
        attempts=1,
        returned_at=EVENING,
    )


def approved(order: str, *codes: str) -> ReturnApproved:
    return ReturnApproved(
        order_id=order,
        organisation_id="maarif",
        tracking_number=f"CASA-{order}",
        parcel_codes=codes,
        approved_by="hind",
        approved_at=EVENING,
        sent_back_from=EVENING + timedelta(days=7),
    )


def shelved(order: str, code: str, shelf: str = "B-12") -> ParcelShelved:
    return ParcelShelved(
        order_id=order,
        organisation_id="maarif",
        parcel_code=code,
        shelf=shelf,
        shelved_by="omar",
        shelved_at=EVENING,
    )


def check_undone(order: str) -> CheckUndone:
    return CheckUndone(
        order_id=order, organisation_id="maarif", undone_by="nadia", undone_at=EVENING
    )


def left_again(order: str) -> ReturnLeft:
    return ReturnLeft(
        order_id=order,
        organisation_id="maarif",
        tour_id="t-9",
        courier_id="samir",
        confirmed_by="omar",
        left_at=EVENING,
    )


def sent_back(order: str) -> SentBack:
    return SentBack(
        order_id=order,
        organisation_id="maarif",
        tracking_number=f"CASA-{order}",
        approved_by="hind",
        sent_back_at=EVENING,
    )
