"""Valid commands and events of a pickup; a test names only what it is about."""

from datetime import date, datetime

from contracts.depot_tours.pickup_v1 import (
    NotBrought,
    NotBroughtReason,
    OrderToPickUp,
    PickupAssigned,
    PickupCanceled,
    PickupPlanned,
    PickupVerified,
)
from services.depot_tours.pickup import AssignPickup, CancelPickup, PlanPickup, VerifyPickup
from services.depot_tours.tests.make import CODES, NOON, SECOND

DAY = date(2030, 5, 2)
ORDER = OrderToPickUp(
    order_id="o-1", tracking_number="CASA-2041", city="Casablanca", parcel_codes=CODES
)


def plan(*orders: OrderToPickUp, day: date = DAY, at: datetime = NOON) -> PlanPickup:
    return PlanPickup(
        pickup_id="k-1",
        organisation_id="maarif",
        orders=orders or (ORDER,),
        day=day,
        by="nadia",
        at=at,
    )


def planned(*orders: OrderToPickUp, at: datetime = NOON) -> PickupPlanned:
    return PickupPlanned(
        pickup_id="k-1",
        organisation_id="maarif",
        orders=orders or (ORDER,),
        day=DAY,
        planned_by="nadia",
        planned_at=at,
    )


def assign(courier: str = "karim", organisation: str = "maarif") -> AssignPickup:
    return AssignPickup(organisation_id=organisation, courier_id=courier, by="omar", at=NOON)


def assigned(courier: str = "karim") -> PickupAssigned:
    return PickupAssigned(
        pickup_id="k-1",
        organisation_id="maarif",
        courier_id=courier,
        assigned_by="omar",
        assigned_at=NOON,
    )


def cancel(courier: str = "karim", organisation: str = "maarif") -> CancelPickup:
    return CancelPickup(organisation_id=organisation, courier_id=courier, at=NOON)


def canceled(courier: str = "karim") -> PickupCanceled:
    return PickupCanceled(
        pickup_id="k-1",
        organisation_id="maarif",
        courier_id=courier,
        assigned_by="omar",
        canceled_at=NOON,
    )


def not_brought(
    code: str = SECOND, reason: NotBroughtReason = NotBroughtReason.NOT_READY
) -> NotBrought:
    return NotBrought(parcel_code=code, reason=reason)


def verify(
    *scanned: str,
    lacking: tuple[NotBrought, ...] = (),
    organisation: str = "maarif",
    at: datetime = NOON,
) -> VerifyPickup:
    return VerifyPickup(
        organisation_id=organisation, scanned=scanned, not_brought=lacking, by="omar", at=at
    )


def verified(*codes: str, lacking: tuple[NotBrought, ...] = ()) -> PickupVerified:
    return PickupVerified(
        pickup_id="k-1",
        organisation_id="maarif",
        courier_id="karim",
        parcel_codes=codes,
        not_brought=lacking,
        verified_by="omar",
        verified_at=NOON,
    )
