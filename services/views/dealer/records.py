"""The records of customers of dealerships: one row a record, merged and erased ones too."""

import re
from dataclasses import dataclass, replace
from datetime import datetime
from typing import assert_never

import phonenumbers

from contracts.customers.customer_v1 import (
    CaseLinked,
    CaseUnlinked,
    ChannelsBlocked,
    ConsentGiven,
    ConsentWithdrawn,
    CustomerChanged,
    CustomerErased,
    CustomerExported,
    CustomerRecorded,
    CustomersMerged,
    MergeUndone,
    SubjectForgotten,
    VehicleDescribed,
    VehicleRemoved,
    contract,
)
from contracts.runtime import REDACTED
from infra.consumers.views import OutOfOrder, View
from infra.http.vehicles import normal_plate
from infra.reading import Table
from infra.searching import NO_WORDS, Words, filed_under, words

ERASED = "X"
"""It stands in the place of what was erased, or cannot be read any more (FLB-123)."""
Reads = (
    CustomerRecorded
    | CustomerChanged
    | ChannelsBlocked
    | ConsentGiven
    | ConsentWithdrawn
    | VehicleDescribed
    | VehicleRemoved
    | CaseLinked
    | CaseUnlinked
    | CustomersMerged
    | MergeUndone
    | CustomerExported
    | CustomerErased
    | SubjectForgotten
)


@dataclass(frozen=True, slots=True)
class Vehicle:
    vehicle_id: str
    plate: str | None
    plate_country: str | None
    vin: str | None
    brand: str | None
    model: str | None
    mileage_km: int | None
    described_at: datetime


@dataclass(frozen=True, slots=True)
class Consent:
    consent_id: str
    given: bool
    purpose: str
    channel: str
    source: str
    wording: str
    wording_version: str
    said_at: datetime
    recorded_by: str


@dataclass(frozen=True, slots=True)
class Case:
    case_id: str
    reason: str
    linked_at: datetime


@dataclass(frozen=True, slots=True)
class Step:
    """Something that happened: what, when, by whom, and the thing that it is about."""

    what: str
    at: datetime
    by: str | None
    about: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """A record of a customer. All texts are gone once it is erased.

    `filed_under` is the name as it is put in order, `search` the words that find the record.
    """

    customer_id: str
    organisation_id: str
    dealership_id: str
    recorded_at: datetime
    changed_at: datetime
    status: str = "active"
    survivor_id: str | None = None
    title: str | None = None
    last_name: str | None = None
    first_name: str | None = None
    email: str | None = None
    phone: str | None = None
    language: str | None = None
    sms_blocked: bool = False
    email_blocked: bool = False
    vehicles: tuple[Vehicle, ...] = ()
    consents: tuple[Consent, ...] = ()
    cases: tuple[Case, ...] = ()
    steps: tuple[Step, ...] = ()
    erased_at: datetime | None = None
    filed_under: str = ""
    search: Words = NO_WORDS


def key(event: Reads) -> tuple[str]:
    return (event.customer_id,)


def project(row: Record | None, event: Reads) -> Record | None:
    if isinstance(event, SubjectForgotten):
        # A contact of a case has no record.
        return row and erased(row, event.forgotten_at)
    if isinstance(event, CustomerRecorded):
        by = event.recorded_by
        return stepped(recorded(event), "recorded", event.recorded_at, by, event.case_id)
    if row is None:
        raise OutOfOrder(event)
    match event:
        case CustomerChanged():
            at, by = event.changed_at, event.changed_by
            return stepped(named(row, event), "changed", at, by, event.case_id)
        case ChannelsBlocked():
            blocked = replace(row, sms_blocked=event.sms, email_blocked=event.email)
            return stepped(blocked, "channels_blocked", event.blocked_at, event.blocked_by)
        case ConsentGiven():
            said = consented(row, event, event.given_at)
            id, at = event.consent_id, event.given_at
            return stepped(said, "consent_given", at, event.recorded_by, id)
        case ConsentWithdrawn():
            said = consented(row, event, event.withdrawn_at)
            id, at = event.consent_id, event.withdrawn_at
            return stepped(said, "consent_withdrawn", at, event.recorded_by, id)
        case VehicleDescribed() | VehicleRemoved():
            return with_vehicle(row, event)
        case CaseLinked() | CaseUnlinked():
            return with_case(row, event)
        case CustomersMerged():
            merged = replace(row, status="merged", survivor_id=event.survivor_id)
            at, by = event.merged_at, event.merged_by
            return stepped(merged, "merged", at, by, event.survivor_id)
        case MergeUndone():
            parted = replace(row, status="active", survivor_id=None)
            at, by = event.undone_at, event.undone_by
            return stepped(parted, "merge_undone", at, by, event.survivor_id)
        case CustomerExported():
            at, by = event.exported_at, event.exported_by
            return stepped(row, "exported", at, by, event.export_id)
        case CustomerErased():
            return erased(row, event.erased_at)
        case unhandled:
            assert_never(unhandled)


def recorded(event: CustomerRecorded) -> Record:
    row = Record(
        customer_id=event.customer_id,
        organisation_id=event.organisation_id,
        dealership_id=event.dealership_id,
        recorded_at=event.recorded_at,
        changed_at=event.recorded_at,
    )
    return named(row, event)


def named(row: Record, event: CustomerRecorded | CustomerChanged) -> Record:
    return found_by_its_words(
        replace(
            row,
            title=event.title,
            last_name=event.last_name,
            first_name=event.first_name,
            email=event.email,
            phone=event.phone,
            language=event.language,
        )
    )


def consented(row: Record, event: ConsentGiven | ConsentWithdrawn, said_at: datetime) -> Record:
    said = Consent(
        consent_id=event.consent_id,
        given=isinstance(event, ConsentGiven),
        purpose=event.purpose.name.lower(),
        channel=event.channel.name.lower(),
        source=event.source.name.lower(),
        wording=event.wording,
        wording_version=event.wording_version,
        said_at=said_at,
        recorded_by=event.recorded_by,
    )
    others = tuple(one for one in row.consents if one.consent_id != said.consent_id)
    return replace(row, consents=(*others, said))


def with_vehicle(row: Record, event: VehicleDescribed | VehicleRemoved) -> Record:
    others = tuple(one for one in row.vehicles if one.vehicle_id != event.vehicle_id)
    if isinstance(event, VehicleRemoved):
        left = found_by_its_words(replace(row, vehicles=others))
        at, by = event.removed_at, event.removed_by
        return stepped(left, "vehicle_removed", at, by, event.vehicle_id)
    vehicle = Vehicle(
        vehicle_id=event.vehicle_id,
        plate=event.plate,
        plate_country=event.plate_country,
        vin=event.vin,
        brand=event.brand,
        model=event.model,
        mileage_km=event.mileage_km,
        described_at=event.described_at,
    )
    described = found_by_its_words(replace(row, vehicles=(*others, vehicle)))
    at, by = event.described_at, event.described_by
    return stepped(described, "vehicle_described", at, by, event.vehicle_id)


def with_case(row: Record, event: CaseLinked | CaseUnlinked) -> Record:
    others = tuple(one for one in row.cases if one.case_id != event.case_id)
    if isinstance(event, CaseUnlinked):
        left = replace(row, cases=others)
        return stepped(left, "case_unlinked", event.unlinked_at, None, event.case_id)
    case = Case(event.case_id, event.reason.name.lower(), event.linked_at)
    linked = replace(row, cases=(*others, case))
    return stepped(linked, "case_linked", event.linked_at, None, event.case_id)


def stepped(
    row: Record, what: str, at: datetime, by: str | None, about: str | None = None
) -> Record:
    """The row with a step, once however often it is told."""
    step = Step(what, at, by, about)
    others = tuple(one for one in row.steps if one != step)
    return replace(row, steps=(*others, step), changed_at=at)


def erased(row: Record, at: datetime) -> Record:
    """Nothing is left but that there was somebody."""
    return Record(
        customer_id=row.customer_id,
        organisation_id=row.organisation_id,
        dealership_id=row.dealership_id,
        recorded_at=row.recorded_at,
        changed_at=at,
        status="anonymised",
        sms_blocked=True,
        email_blocked=True,
        erased_at=row.erased_at or at,
    )


# --- Finding ----------------------------------------------------------------


def found_by_its_words(row: Record) -> Record:
    """Somebody whose key is gone already is found by nothing."""
    texts = [row.last_name, row.first_name, row.email, *phone_words(row.phone)]
    plates = [normal_plate(one.plate) for one in row.vehicles if one.plate]
    known = [one for one in (*texts, *plates) if one and one != REDACTED]
    name = " ".join(one for one in (row.last_name, row.first_name) if one and one != REDACTED)
    return replace(row, filed_under=filed_under(name), search=words(*known))


def phone_words(phone: str | None) -> list[str]:
    """A phone as one word, as it is dialled from abroad and at home."""
    if phone is None or phone == REDACTED:
        return []
    number = phonenumbers.parse(phone)
    home = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.NATIONAL)
    return [phone.removeprefix("+"), digits(home)]


def digits(text: str) -> str:
    return re.sub(r"\D", "", text)


_PHONE = re.compile(r"\+?[\d\s().\u00a0/-]+")


def typed_forms(text: str) -> tuple[str, ...]:
    """The forms in which something typed may stand among the words: as it is; a phone without what
    parts its digits; a plate in the form in which it is found."""
    forms = [text]
    if _PHONE.fullmatch(text.strip()):
        # Both mean: dialled from abroad.
        forms.append(digits(text.replace("(0)", "")).removeprefix("00"))
    forms.append(normal_plate(text))
    return tuple(dict.fromkeys(form for form in forms if form))


view = View(
    name="customers",
    contract=contract,
    reads=Reads,
    row=Record,
    primary_key=("customer_id",),
    key=key,
    project=project,
    indexes=(
        "(organisation_id, filed_under, customer_id) where status = 'active'",
        "(organisation_id, dealership_id, filed_under, customer_id) where status = 'active'",
        "(survivor_id) where survivor_id is not null",
    ),
)
records = Table(view, "customers")
BY_NAME = records.order("customers-by-name", "filed_under", "customer_id")
BY_ID = records.order("customers-by-id", "customer_id")
