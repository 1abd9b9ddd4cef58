"""Valid messages with sensible defaults; a test names only what it is about."""

from datetime import UTC, datetime, timedelta

from contracts.common_v1 import Money
from contracts.depot_tours.order_v1 import (
    MissingParcel,
    MissingReason,
    OrderPrepared,
    OrderRegistered,
    ParcelScanned,
    PreparationAssigned,
    PreparationUndone,
    SubjectForgotten,
)
from services.depot_tours.order import ForgetRecipient, RegisterOrder
from services.depot_tours.order.preparation import (
    AssignPreparation,
    Prepare,
    ScanParcel,
    UndoPreparation,
    Worker,
)

NOON = datetime(2030, 5, 1, 12, 0, tzinfo=UTC)
LATER = NOON + timedelta(minutes=40)
FIRST, SECOND = "CASA-2041/1", "CASA-2041/2"
CODES = (FIRST, SECOND)
CASH = Money(34_900, "MAD")
OMAR = Worker(user_id="omar", manages=False)
BADR = Worker(user_id="badr", manages=False)
NADIA = Worker(user_id="nadia", manages=True)


def register(
    tracking: str = "CASA-2041",
    codes: tuple[str, ...] = CODES,
    cash: Money | None = CASH,
    city: str = "Casablanca",
    at: datetime = NOON,
) -> RegisterOrder:
    return RegisterOrder(
        order_id="o-1",
        organisation_id="maarif",
        tracking_number=tracking,
        city=city,
        recipient_name="Salma Idrissi",
        phone="+212612345678",
        address="12 rue Ibn Batouta",
        parcel_codes=codes,
        cash_on_delivery=cash,
        by="nadia",
        at=at,
    )


def registered(
    codes: tuple[str, ...] = CODES, cash: Money | None = CASH, order: str = "o-1"
) -> OrderRegistered:
    return OrderRegistered(
        order_id=order,
        organisation_id="maarif",
        tracking_number="CASA-2041",
        city="Casablanca",
        recipient_name="Salma Idrissi",
        phone="+212612345678",
        address="12 rue Ibn Batouta",
        parcel_codes=codes,
        cash_on_delivery=cash,
        registered_by="nadia",
        registered_at=NOON,
    )


def assign(operator: str = "omar", organisation: str = "maarif") -> AssignPreparation:
    return AssignPreparation(
        organisation_id=organisation, operator_id=operator, by="nadia", at=NOON
    )


def assigned(operator: str = "omar") -> PreparationAssigned:
    return PreparationAssigned(
        order_id="o-1",
        organisation_id="maarif",
        tracking_number="CASA-2041",
        operator_id=operator,
        assigned_by="nadia",
        assigned_at=NOON,
    )


def scan(
    code: str = FIRST,
    id: str = "s-1",
    worker: Worker = OMAR,
    other_order: str | None = None,
    organisation: str = "maarif",
) -> ScanParcel:
    return ScanParcel(
        organisation_id=organisation,
        scan_id=id,
        parcel_code=code,
        other_order=other_order,
        worker=worker,
        at=NOON,
    )


def scanned(code: str = FIRST, id: str = "s-1", by: str = "omar") -> ParcelScanned:
    return ParcelScanned(
        order_id="o-1", scan_id=id, parcel_code=code, scanned_by=by, scanned_at=NOON
    )


def missing(code: str = SECOND, reason: MissingReason = MissingReason.DAMAGED) -> MissingParcel:
    return MissingParcel(parcel_code=code, reason=reason)


def prepare(
    *lacking: MissingParcel,
    worker: Worker = OMAR,
    organisation: str = "maarif",
    at: datetime = NOON,
) -> Prepare:
    return Prepare(organisation_id=organisation, missing=lacking, worker=worker, at=at)


def prepared(*lacking: MissingParcel, by: str = "omar") -> OrderPrepared:
    return OrderPrepared(
        order_id="o-1",
        organisation_id="maarif",
        missing=lacking,
        prepared_by=by,
        prepared_at=NOON,
    )


def undo(
    worker: Worker = OMAR, at: datetime = NOON, was_out: bool = False, organisation: str = "maarif"
) -> UndoPreparation:
    return UndoPreparation(organisation_id=organisation, worker=worker, was_out=was_out, at=at)


def undone(by: str = "omar", at: datetime = NOON) -> PreparationUndone:
    return PreparationUndone(order_id="o-1", organisation_id="maarif", undone_by=by, undone_at=at)


def forget(at: datetime = NOON, organisation: str = "maarif") -> ForgetRecipient:
    return ForgetRecipient(order_id="o-1", organisation_id=organisation, at=at)


def forgotten() -> SubjectForgotten:
    return SubjectForgotten(order_id="o-1", forgotten_at=NOON)
