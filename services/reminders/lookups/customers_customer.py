"""The customers of cases (G-76), where they are reached, and the vehicles that they have or had."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import assert_never

from contracts.customers import customer_v1
from contracts.customers.customer_v1 import (
    CaseLinked,
    CaseUnlinked,
    CustomerChanged,
    CustomerErased,
    CustomerRecorded,
    VehicleDescribed,
    VehicleRemoved,
)
from contracts.runtime import REDACTED
from infra.consumers.views import OutOfOrder, View
from infra.http.vehicles import normal_plate

# --- Cases ------------------------------------------------------------------

Links = CaseLinked | CaseUnlinked


@dataclass(frozen=True, slots=True)
class CustomerOfCase:
    case_id: str
    customer_id: str
    linked_at: datetime


def case_of(event: Links) -> tuple[str]:
    return (event.case_id,)


def linked(row: CustomerOfCase | None, event: Links) -> CustomerOfCase | None:
    """The last link counts: facts of two customers come in any order."""
    match event:
        case CaseLinked():
            if row is not None and row.linked_at > event.linked_at:
                return row
            return CustomerOfCase(event.case_id, event.customer_id, event.linked_at)
        case CaseUnlinked():
            return None if row is not None and row.customer_id == event.customer_id else row
        case unhandled:
            assert_never(unhandled)


cases = View(
    name="customers_of_cases",
    contract=customer_v1.contract,
    reads=Links,
    row=CustomerOfCase,
    primary_key=("case_id",),
    key=case_of,
    project=linked,
)


# --- Contacts ---------------------------------------------------------------

Details = CustomerRecorded | CustomerChanged | CustomerErased


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """The texts are None once the customer is erased."""

    customer_id: str
    organisation_id: str
    dealership_id: str
    last_name: str | None
    first_name: str | None
    email: str | None
    phone: str | None
    language: str | None

    @property
    def name(self) -> str:
        """The name as it is said; empty where none is known."""
        return " ".join(filter(None, (self.first_name, self.last_name)))


def customer_of(event: Details) -> tuple[str]:
    return (event.customer_id,)


def contacted(row: Contact | None, event: Details) -> Contact | None:
    match event:
        case CustomerRecorded() | CustomerChanged():
            return Contact(
                customer_id=event.customer_id,
                organisation_id=event.organisation_id,
                dealership_id=event.dealership_id,
                last_name=readable(event.last_name),
                first_name=readable(event.first_name),
                email=readable(event.email),
                phone=readable(event.phone),
                language=readable(event.language),
            )
        case CustomerErased():
            return row and replace(
                row, last_name=None, first_name=None, email=None, phone=None, language=None
            )
        case unhandled:
            assert_never(unhandled)


def readable(text: str | None) -> str | None:
    """A text that is read again after it was forgotten is no address."""
    return None if text == REDACTED else text


contacts = View(
    name="contacts",
    contract=customer_v1.contract,
    reads=Details,
    row=Contact,
    primary_key=("customer_id",),
    key=customer_of,
    project=contacted,
    subject="customer_id",
    personal=("last_name", "first_name", "email", "phone", "language"),
)


# --- Vehicles ---------------------------------------------------------------

Vehicles = VehicleDescribed | VehicleRemoved


@dataclass(frozen=True, slots=True, kw_only=True)
class Vehicle:
    """The plate and the VIN are as they are compared."""

    customer_id: str
    vehicle_id: str
    plate: str | None
    vin: str | None
    removed: bool = False


def vehicle_of(event: Vehicles) -> tuple[str, str]:
    return event.customer_id, event.vehicle_id


def described(row: Vehicle | None, event: Vehicles) -> Vehicle | None:
    match event:
        case VehicleDescribed():
            plate, vin = readable(event.plate), readable(event.vin)
            return Vehicle(
                customer_id=event.customer_id,
                vehicle_id=event.vehicle_id,
                plate=normal_plate(plate) if plate else None,
                vin=vin.upper() if vin else None,
            )
        case VehicleRemoved():
            if row is None:
                raise OutOfOrder(event)
            return replace(row, removed=True)
        case unhandled:
            assert_never(unhandled)


vehicles = View(
    name="vehicles",
    contract=customer_v1.contract,
    reads=Vehicles,
    row=Vehicle,
    primary_key=("customer_id", "vehicle_id"),
    key=vehicle_of,
    project=described,
    subject="customer_id",
    personal=("plate", "vin"),
)
