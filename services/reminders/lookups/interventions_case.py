"""The works of each case that are to be done later, and its vehicle, for the plans of reminders."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import assert_never

from contracts.common_v1 import Money
from contracts.interventions import case_v1
from contracts.interventions.case_v1 import (
    CaseAnswered,
    CaseCreated,
    CaseIdentified,
    CustomerNamed,
    LineRefused,
    SubjectForgotten,
    VehicleDescribed,
    VersionFixed,
    Work,
)
from contracts.runtime import REDACTED
from infra.consumers.views import OutOfOrder, View
from infra.http.vehicles import normal_plate

Reads = (
    CaseCreated
    | CaseIdentified
    | CustomerNamed
    | VehicleDescribed
    | VersionFixed
    | LineRefused
    | CaseAnswered
    | SubjectForgotten
)


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkToPlan:
    """A work with a day by which it is to be done; the price includes VAT."""

    work_id: str
    label: str
    level: str
    price_minor: int | None
    due_on: date
    due_mileage_km: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseToPlan:
    """`works` are those of the last version with a day, `refused` those that were refused; the
    plate and the VIN are as they are compared."""

    case_id: str
    organisation_id: str
    dealership_id: str
    brand: str
    module: str
    customer_id: str
    currency: str
    time_zone: str
    version: int = 0
    answered: bool = False
    works: tuple[WorkToPlan, ...] = ()
    refused: tuple[str, ...] = ()
    plate: str | None = None
    vin: str | None = None
    mileage_km: int | None = None
    mileage_read_at: datetime | None = None

    def price_of(self, work: WorkToPlan) -> Money | None:
        """The price in the currency of the case."""
        return None if work.price_minor is None else Money(work.price_minor, self.currency)


def key(event: Reads) -> tuple[str]:
    return (event.case_id,)


def project(row: CaseToPlan | None, event: Reads) -> CaseToPlan | None:
    if isinstance(event, CaseCreated):
        return created(event)
    if row is None:
        if isinstance(event, SubjectForgotten):
            return None
        raise OutOfOrder(event)
    match event:
        case CaseIdentified():
            return replace(row, brand=event.brand)
        case CustomerNamed():
            return replace(row, customer_id=event.contact_id)
        case VehicleDescribed():
            return with_vehicle(row, event)
        case VersionFixed():
            return replace(row, version=event.version, works=to_plan(event.works), refused=())
        case LineRefused():
            refused = tuple(dict.fromkeys((*row.refused, event.work.work_id)))
            others = tuple(one for one in row.works if one.work_id != event.work.work_id)
            return replace(row, works=(*others, *to_plan([event.work])), refused=refused)
        case CaseAnswered():
            return replace(row, answered=True)
        case SubjectForgotten():
            return replace(row, plate=None, vin=None)
        case unhandled:
            assert_never(unhandled)


def created(event: CaseCreated) -> CaseToPlan:
    return CaseToPlan(
        case_id=event.case_id,
        organisation_id=event.organisation_id,
        dealership_id=event.dealership_id,
        brand=event.brand,
        module=event.module.name.lower(),
        customer_id=event.contact_id,
        currency=event.currency,
        time_zone=event.time_zone,
    )


def with_vehicle(row: CaseToPlan, event: VehicleDescribed) -> CaseToPlan:
    """A reading has the time at which it was first said."""
    plate, vin = readable(event.plate), readable(event.vin)
    return replace(
        row,
        plate=normal_plate(plate) if plate else None,
        vin=vin.upper() if vin else None,
        mileage_km=event.mileage_km,
        mileage_read_at=event.mileage_read_at or event.described_at,
    )


def readable(text: str | None) -> str | None:
    """A text that is read again after it was forgotten is no plate."""
    return None if text == REDACTED else text


def to_plan(works: Iterable[Work]) -> tuple[WorkToPlan, ...]:
    """Those that are to be done by a day (G-48)."""
    return tuple(
        WorkToPlan(
            work_id=one.work_id,
            label=one.label,
            level=one.level.name.lower(),
            price_minor=one.amounts.including_vat.amount_minor if one.amounts else None,
            due_on=one.due_on,
            due_mileage_km=one.due_mileage_km,
        )
        for one in works
        if one.due_on is not None and not one.carried_out
    )


lookup = View(
    name="cases",
    contract=case_v1.contract,
    reads=Reads,
    row=CaseToPlan,
    primary_key=("case_id",),
    key=key,
    project=project,
    indexes=(
        "(organisation_id, vin) where vin is not null",
        "(organisation_id, plate) where plate is not null",
    ),
    subject="case_id",
    personal=("plate", "vin"),
)
