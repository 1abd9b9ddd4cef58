"""Which customers does a dealership have, and what is known of one of them? (FLB-118, FLB-119)"""

from collections.abc import Sequence
from enum import StrEnum
from typing import Annotated, ClassVar

from fastapi import Query

from contracts.customers.customer_v1 import (
    ConsentPurpose,
    ConsentSource,
    CustomerChannel,
    LinkReason,
)
from infra.http.answers import Answer, Answered, Listed, Router
from infra.http.models import Id, Instant, Named
from infra.http.pages import Filters, Paging, Typed
from infra.http.problems import Problem
from infra.http.request_context import RequestContext
from infra.reading import Rows
from infra.searching import sought
from services.views.dealer.access import CRM, CustomersContext, at_own_dealerships
from services.views.dealer.records import (
    BY_ID,
    BY_NAME,
    ERASED,
    Case,
    Consent,
    Record,
    Step,
    Vehicle,
    records,
    typed_forms,
)

router = Router("Customers")


class CustomerStatus(StrEnum):
    """How far a record is."""

    ACTIVE = "active"
    MERGED = "merged"
    ANONYMISED = "anonymised"


# Who is found by what a merged record says is the record at which it shows.
FOUND = """
customers.customer_id in (
  with recursive hits as (
    select hit.customer_id, hit.survivor_id from customers as hit
     where hit.organisation_id = %(organisation_id)s and hit.status <> 'anonymised'
       and {met}
  ), up as (
    select customer_id, survivor_id from hits
    union select one.customer_id, one.survivor_id
      from customers as one join up on one.customer_id = up.survivor_id
  )
  select customer_id from up where survivor_id is null)
"""


class CustomerFilters(Filters):
    """Which customers."""

    no_columns: ClassVar[frozenset[str]] = frozenset({"q"})

    dealership_id: Id | None = None
    q: Typed | None = None
    """Name, e-mail, phone or plate, in any writing."""


class CustomerListed(Answer):
    customer_id: str
    dealership_id: str
    title: str | None
    last_name: str | None
    first_name: str | None
    email: str | None
    phone: str | None
    language: str | None
    changed_at: Instant


class VehicleShown(Answer):
    vehicle_id: str
    record_id: str
    """The record that has it: this one, or one that was merged into it."""
    plate: str | None
    plate_country: str | None
    vin: str | None
    brand: str | None
    model: str | None
    mileage_km: int | None
    described_at: Instant


class ConsentShown(Answer):
    consent_id: str
    record_id: str
    given: bool
    purpose: Annotated[ConsentPurpose, Named()]
    channel: Annotated[CustomerChannel, Named()]
    source: Annotated[ConsentSource, Named()]
    wording: str
    wording_version: str
    said_at: Instant
    recorded_by: str


class CaseOfCustomer(Answer):
    case_id: str
    record_id: str
    reason: Annotated[LinkReason, Named()]
    linked_at: Instant


class StepShown(Answer):
    """Something that happened to a record."""

    record_id: str
    what: str
    """The end of the type of the event: `changed` of `relais.customers.customer.v1.changed`."""
    at: Instant
    by: str | None
    """Null where nobody did it: a case told of it."""
    about: str | None
    """The case, the vehicle, the consent, the export or the other record that it is about."""


class BlockedShown(Answer):
    """A channel that one of the records blocks is blocked."""

    sms: bool
    email: bool


class CustomerPage(Answer):
    """A customer with all that their merged records say. Of an erased one each text is X."""

    customer_id: str
    dealership_id: str
    status: CustomerStatus
    survivor_id: str | None
    """Where it shows, once it is merged."""
    title: str | None
    last_name: str | None
    first_name: str | None
    email: str | None
    phone: str | None
    language: str | None
    blocked: BlockedShown
    vehicles: tuple[VehicleShown, ...]
    consents: tuple[ConsentShown, ...]
    cases: tuple[CaseOfCustomer, ...]
    """The latest first."""
    merged_ids: tuple[str, ...]
    history: tuple[StepShown, ...]
    """The latest first."""
    recorded_at: Instant
    erased_at: Instant | None


@router.get("/customers")
async def list_customers(
    context: CustomersContext, filters: Annotated[CustomerFilters, Query()], page: Paging
) -> Answered[Listed[CustomerListed]]:
    """List the customers of the caller's dealerships by name, or find them. Merged records show at
    their survivor; erased ones are found by nothing."""
    return await page.show(wanted(context, filters), BY_NAME, listed)


@router.get("/customers/{customer_id}")
async def show_customer(customer_id: Id, context: CustomersContext) -> Answered[CustomerPage]:
    """Show a customer with vehicles, preferences, consents, cases and history."""
    mine = at_own_dealerships(context, own(context).only(customer_id=customer_id), *CRM)
    row = await mine.one(context.pool)
    if row is None:
        raise Problem(404, "no-such-customer")
    merged = await own(context).where(FAMILY, root=customer_id).many(context.pool, BY_ID)
    return Answered(page_of(row, merged))


# The records that show at one, by whatever way.
FAMILY = """
customers.customer_id in (
  with recursive family as (
    select customer_id from customers where survivor_id = %(root)s
    union select one.customer_id from customers as one
      join family on one.survivor_id = family.customer_id
  )
  select customer_id from family)
"""


def own(context: RequestContext) -> Rows[Record]:
    return records.of(context.principal.organisation_id)


def wanted(context: RequestContext, filters: CustomerFilters) -> Rows[Record]:
    rows = filters.narrow(at_own_dealerships(context, own(context), *CRM))
    rows = rows.where("customers.status = 'active'")
    if not (asked := sought(*typed_forms(filters.q or ""))):
        return rows
    return rows.where(FOUND.format(met=asked.met_by("hit.search")), **asked.values)


def listed(row: Record) -> CustomerListed:
    return CustomerListed(
        customer_id=row.customer_id,
        dealership_id=row.dealership_id,
        title=row.title,
        last_name=row.last_name,
        first_name=row.first_name,
        email=row.email,
        phone=row.phone,
        language=row.language,
        changed_at=row.changed_at,
    )


def page_of(row: Record, merged: Sequence[Record]) -> CustomerPage:
    gone = row.erased_at is not None
    all_of_them = [] if gone else [row, *merged]
    cases = [case_shown(one.customer_id, case) for one in all_of_them for case in one.cases]
    steps = [step_shown(one.customer_id, step) for one in all_of_them for step in one.steps]
    # What was told later comes first, also of two steps at one time.
    steps.sort(key=lambda one: one.at)
    steps.reverse()
    return CustomerPage(
        customer_id=row.customer_id,
        dealership_id=row.dealership_id,
        status=CustomerStatus(row.status),
        survivor_id=row.survivor_id,
        title=ERASED if gone else row.title,
        last_name=ERASED if gone else row.last_name,
        first_name=ERASED if gone else row.first_name,
        email=ERASED if gone else row.email,
        phone=ERASED if gone else row.phone,
        language=ERASED if gone else row.language,
        blocked=BlockedShown(
            sms=gone or any(one.sms_blocked for one in all_of_them),
            email=gone or any(one.email_blocked for one in all_of_them),
        ),
        vehicles=tuple(
            vehicle_shown(one.customer_id, vehicle)
            for one in all_of_them
            for vehicle in one.vehicles
        ),
        consents=tuple(
            consent_shown(one.customer_id, consent)
            for one in all_of_them
            for consent in one.consents
        ),
        cases=tuple(sorted(cases, key=lambda one: (one.linked_at, one.case_id), reverse=True)),
        merged_ids=tuple(one.customer_id for one in merged) if not gone else (),
        history=tuple(steps),
        recorded_at=row.recorded_at,
        erased_at=row.erased_at,
    )


def vehicle_shown(record_id: str, vehicle: Vehicle) -> VehicleShown:
    return VehicleShown(
        vehicle_id=vehicle.vehicle_id,
        record_id=record_id,
        plate=vehicle.plate,
        plate_country=vehicle.plate_country,
        vin=vehicle.vin,
        brand=vehicle.brand,
        model=vehicle.model,
        mileage_km=vehicle.mileage_km,
        described_at=vehicle.described_at,
    )


def consent_shown(record_id: str, consent: Consent) -> ConsentShown:
    return ConsentShown(
        consent_id=consent.consent_id,
        record_id=record_id,
        given=consent.given,
        purpose=ConsentPurpose[consent.purpose.upper()],
        channel=CustomerChannel[consent.channel.upper()],
        source=ConsentSource[consent.source.upper()],
        wording=consent.wording,
        wording_version=consent.wording_version,
        said_at=consent.said_at,
        recorded_by=consent.recorded_by,
    )


def case_shown(record_id: str, case: Case) -> CaseOfCustomer:
    return CaseOfCustomer(
        case_id=case.case_id,
        record_id=record_id,
        reason=LinkReason[case.reason.upper()],
        linked_at=case.linked_at,
    )


def step_shown(record_id: str, step: Step) -> StepShown:
    return StepShown(record_id=record_id, what=step.what, at=step.at, by=step.by, about=step.about)
