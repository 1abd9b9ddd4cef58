"""Valid commands and events of an order that came back; a test names only what it is about."""

from datetime import datetime

from contracts.common_v1 import Money
from contracts.depot_tours.returned_v1 import (
    CheckUndone,
    DiscrepancyFound,
    Finding,
    OrderReturned,
    ParcelFound,
    ParcelShelved,
    ReturnApproved,
    ReturnLeft,
    ReturnReason,
    ReturnWarned,
    SentBack,
)
from services.depot_tours.order.preparation import Worker
from services.depot_tours.returned import (
    CheckReturn,
    Leave,
    ReceiveOrder,
    ShelveParcel,
    UndoCheck,
)
from services.depot_tours.returned.clock import KEPT_FOR
from services.depot_tours.returned.counting import Count
from services.depot_tours.tests.make import CASH, CODES, FIRST, NOON, OMAR, SECOND


def found(code: str, finding: Finding = Finding.RECEIVED) -> ParcelFound:
    return ParcelFound(parcel_code=code, finding=finding)


ALL_THERE = (found(FIRST), found(SECOND))
ONE_LOST = (found(FIRST), found(SECOND, Finding.MISSING))


def receive(tour: str = "t-1", attempts: int = 1) -> ReceiveOrder:
    return ReceiveOrder(
        order_id="o-1",
        organisation_id="maarif",
        tour_id=tour,
        courier_id="karim",
        tracking_number="CASA-2041",
        city="Casablanca",
        parcel_codes=CODES,
        stayed=(),
        cash_on_delivery=CASH,
        reason=ReturnReason.ABSENT,
        attempts=attempts,
        at=NOON,
    )


def returned(
    tour: str = "t-1",
    attempts: int = 1,
    codes: tuple[str, ...] = CODES,
    stayed: tuple[str, ...] = (),
    order: str = "o-1",
    organisation: str = "maarif",
    at: datetime = NOON,
) -> OrderReturned:
    return OrderReturned(
        order_id=order,
        organisation_id=organisation,
        tour_id=tour,
        courier_id="karim",
        tracking_number="CASA-2041",
        city="Casablanca",
        parcel_codes=codes,
        stayed=stayed,
        cash_on_delivery=CASH,
        reason=ReturnReason.ABSENT,
        attempts=attempts,
        returned_at=at,
    )


def check(
    *parcels: ParcelFound,
    cash: Money | None = CASH,
    note: str | None = None,
    organisation: str = "maarif",
    at: datetime = NOON,
) -> CheckReturn:
    return CheckReturn(
        organisation_id=organisation,
        claim_id="c-1",
        count=Count(parcels or ALL_THERE, cash),
        note=note,
        by="omar",
        at=at,
    )


def approved(
    codes: tuple[str, ...] = CODES, sent_back_from: datetime = NOON + KEPT_FOR
) -> ReturnApproved:
    return ReturnApproved(
        order_id="o-1",
        organisation_id="maarif",
        tracking_number="CASA-2041",
        parcel_codes=codes,
        approved_by="omar",
        approved_at=NOON,
        sent_back_from=sent_back_from,
    )


def discrepancy(*parcels: ParcelFound, note: str | None = None) -> DiscrepancyFound:
    return DiscrepancyFound(
        order_id="o-1",
        organisation_id="maarif",
        tracking_number="CASA-2041",
        claim_id="c-1",
        courier_id="karim",
        parcels=parcels,
        cash_differs=False,
        cash_stated=None,
        note=note,
        found_by="omar",
        found_at=NOON,
    )


def undo(at: datetime = NOON, worker: Worker = OMAR, organisation: str = "maarif") -> UndoCheck:
    return UndoCheck(organisation_id=organisation, worker=worker, at=at)


def undone(at: datetime = NOON, by: str = "omar") -> CheckUndone:
    return CheckUndone(order_id="o-1", organisation_id="maarif", undone_by=by, undone_at=at)


def shelve(code: str = FIRST, shelf: str = "B-12", organisation: str = "maarif") -> ShelveParcel:
    return ShelveParcel(
        organisation_id=organisation, parcel_code=code, shelf=shelf, by="omar", at=NOON
    )


def shelved(code: str = FIRST, shelf: str = "B-12") -> ParcelShelved:
    return ParcelShelved(
        order_id="o-1",
        organisation_id="maarif",
        parcel_code=code,
        shelf=shelf,
        shelved_by="omar",
        shelved_at=NOON,
    )


def leave(order: str = "o-1", tour: str = "t-2", courier: str = "hassan") -> Leave:
    return Leave(order_id=order, tour_id=tour, courier_id=courier, by="omar", at=NOON)


def left(tour: str = "t-2") -> ReturnLeft:
    return ReturnLeft(
        order_id="o-1",
        organisation_id="maarif",
        tour_id=tour,
        courier_id="hassan",
        confirmed_by="omar",
        left_at=NOON,
    )


def warned(days: int, at: datetime) -> ReturnWarned:
    return ReturnWarned(
        order_id="o-1",
        organisation_id="maarif",
        tracking_number="CASA-2041",
        approved_by="omar",
        days=days,
        warned_at=at,
    )


def sent_back(at: datetime = NOON + KEPT_FOR) -> SentBack:
    return SentBack(
        order_id="o-1",
        organisation_id="maarif",
        tracking_number="CASA-2041",
        approved_by="omar",
        sent_back_at=at,
    )
