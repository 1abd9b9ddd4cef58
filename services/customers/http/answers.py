"""A customer, as the people of the dealership see them."""

from typing import Annotated, Literal, assert_never

from contracts.customers import customer_v1
from contracts.customers.customer_v1 import (
    CaseLinked,
    CaseUnlinked,
    ChannelsBlocked,
    CompanyRemoved,
    CompanyStated,
    ConsentGiven,
    ConsentPurpose,
    ConsentSource,
    ConsentWithdrawn,
    CustomerChanged,
    CustomerChannel,
    CustomerErased,
    CustomerExported,
    CustomerRecorded,
    CustomersMerged,
    LinkReason,
    MergeUndone,
    VehicleDescribed,
    VehicleRemoved,
)
from infra.http.answers import Answer
from infra.http.history import History
from infra.http.models import Called, Instant, Named
from services.customers.customer import Active, Erased, Merged, Recorded, recorded_as, standing_of
from services.customers.customer.commands import CustomerStatus
from services.customers.customer.record import Consent, Record, said_at

CustomerTitle = Annotated[Literal["madam", "sir", "company"], Called("CustomerTitle")]
ERASED = "X"
"""It stands in the place of what was erased (FLB-123)."""


class VehicleShown(Answer):
    vehicle_id: str
    plate: str | None
    plate_country: str | None
    vin: str | None
    brand: str | None
    model: str | None
    mileage_km: int | None
    described_by: str
    described_at: Instant


class ConsentShown(Answer):
    """Something that the customer said about being written to."""

    consent_id: str
    given: bool
    """False where they refused, or took back what they had agreed to."""
    purpose: Annotated[ConsentPurpose, Named()]
    channel: Annotated[CustomerChannel, Named()]
    source: Annotated[ConsentSource, Named()]
    wording: str
    wording_version: str
    said_at: Instant
    recorded_by: str


class LinkedCase(Answer):
    case_id: str
    reason: Annotated[LinkReason, Named()]
    linked_at: Instant


class BlockedShown(Answer):
    sms: bool
    email: bool


class CompanyShown(Answer):
    """The company that invoices name."""

    legal_name: str
    company_number: str
    vat_number: str | None
    registered_office: str
    postal_code: str
    city: str
    country: str


class Customer(Answer):
    """A customer. Of an erased one each text is X, and the lists are empty."""

    customer_id: str
    dealership_id: str
    status: CustomerStatus
    survivor_id: str | None
    """The record at which this one shows, once it is merged."""
    title: str | None
    last_name: str | None
    first_name: str | None
    email: str | None
    phone: str | None
    language: str | None
    company: CompanyShown | None
    """Null of a person, and of an erased customer."""
    blocked: BlockedShown
    vehicles: tuple[VehicleShown, ...]
    consents: tuple[ConsentShown, ...]
    cases: tuple[LinkedCase, ...]
    merged_ids: tuple[str, ...]
    """The records that show at this one."""
    recorded_at: Instant
    erased_at: Instant | None


class CustomerHistory(
    History,
    of=customer_v1.contract,
    shows={
        CustomerRecorded: (
            *("customer_id", "dealership_id", "title", "last_name", "first_name", "email"),
            *("phone", "language", "case_id", "recorded_by", "recorded_at"),
        ),
        CustomerChanged: (
            *("customer_id", "title", "last_name", "first_name", "email", "phone", "language"),
            *("case_id", "changed_by", "changed_at"),
        ),
        ChannelsBlocked: ("customer_id", "sms", "email", "blocked_by", "blocked_at"),
        ConsentGiven: (
            *("customer_id", "consent_id", "purpose", "channel", "source", "wording"),
            *("wording_version", "recorded_by", "given_at"),
        ),
        ConsentWithdrawn: (
            *("customer_id", "consent_id", "purpose", "channel", "source", "wording"),
            *("wording_version", "recorded_by", "withdrawn_at"),
        ),
        CompanyStated: (
            *("customer_id", "legal_name", "company_number", "vat_number", "registered_office"),
            *("postal_code", "city", "country", "stated_by", "stated_at"),
        ),
        CompanyRemoved: ("customer_id", "removed_by", "removed_at"),
        VehicleDescribed: (
            *("customer_id", "vehicle_id", "plate", "plate_country", "vin", "brand", "model"),
            *("mileage_km", "described_by", "described_at"),
        ),
        VehicleRemoved: ("customer_id", "vehicle_id", "removed_by", "removed_at"),
        CaseLinked: ("customer_id", "case_id", "reason", "linked_at"),
        CaseUnlinked: ("customer_id", "case_id", "unlinked_at"),
        CustomersMerged: ("customer_id", "survivor_id", "merged_by", "merged_at"),
        MergeUndone: ("customer_id", "survivor_id", "undone_by", "undone_at"),
        CustomerExported: ("customer_id", "export_id", "exported_by", "exported_at"),
        CustomerErased: (
            *("customer_id", "case_ids", "with_customer_id", "merged_customer_ids"),
            *("erased_by", "erased_at"),
        ),
    },
):
    """Every fact about a customer, oldest first."""


def shown(customer_id: str, state: Recorded, merged_ids: tuple[str, ...]) -> Customer:
    """The record, never stale."""
    match state:
        case Erased():
            return erased_shown(customer_id, state)
        case Active():
            survivor_id = None
        case Merged(survivor_id=survivor_id):
            pass
        case unhandled:
            assert_never(unhandled)
    record = state.record
    details = record.details
    return Customer(
        customer_id=customer_id,
        dealership_id=record.recorded.dealership_id,
        status=standing_of(state),
        survivor_id=survivor_id,
        title=details.title,
        last_name=details.last_name,
        first_name=details.first_name,
        email=details.email,
        phone=details.phone,
        language=details.language,
        company=CompanyShown.of(record.company) if record.company else None,
        blocked=blocked_shown(record),
        vehicles=tuple(map(vehicle_shown, record.vehicles.values())),
        consents=tuple(map(consent_shown, record.consents)),
        cases=tuple(map(case_shown, record.cases.values())),
        merged_ids=merged_ids,
        recorded_at=record.recorded.recorded_at,
        erased_at=None,
    )


def erased_shown(customer_id: str, state: Erased) -> Customer:
    return Customer(
        customer_id=customer_id,
        dealership_id=recorded_as(state).dealership_id,
        status=CustomerStatus.ANONYMISED,
        survivor_id=None,
        title=ERASED,
        last_name=ERASED,
        first_name=ERASED,
        email=ERASED,
        phone=ERASED,
        language=ERASED,
        company=None,
        blocked=BlockedShown(sms=True, email=True),
        vehicles=(),
        consents=(),
        cases=(),
        merged_ids=(),
        recorded_at=recorded_as(state).recorded_at,
        erased_at=state.erased.erased_at,
    )


def blocked_shown(record: Record) -> BlockedShown:
    known = record.blocked
    return BlockedShown(sms=known.sms, email=known.email) if known else NOTHING_BLOCKED


NOTHING_BLOCKED = BlockedShown(sms=False, email=False)


def vehicle_shown(vehicle: VehicleDescribed) -> VehicleShown:
    return VehicleShown(
        vehicle_id=vehicle.vehicle_id,
        plate=vehicle.plate,
        plate_country=vehicle.plate_country,
        vin=vehicle.vin,
        brand=vehicle.brand,
        model=vehicle.model,
        mileage_km=vehicle.mileage_km,
        described_by=vehicle.described_by,
        described_at=vehicle.described_at,
    )


def consent_shown(consent: Consent) -> ConsentShown:
    return ConsentShown(
        consent_id=consent.consent_id,
        given=isinstance(consent, ConsentGiven),
        purpose=consent.purpose,
        channel=consent.channel,
        source=consent.source,
        wording=consent.wording,
        wording_version=consent.wording_version,
        said_at=said_at(consent),
        recorded_by=consent.recorded_by,
    )


def case_shown(linked: CaseLinked) -> LinkedCase:
    return LinkedCase(case_id=linked.case_id, reason=linked.reason, linked_at=linked.linked_at)
