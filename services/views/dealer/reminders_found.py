"""Which reminders does a dealership have, and what will go out next? (FLB-148, FLB-149, R4)"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from itertools import product
from typing import Annotated, ClassVar

from fastapi import Query

from contracts.dealers import Dealership, all_in_all, effective
from contracts.reminders.reminder_v1 import (
    ReminderCause,
    ReminderChoice,
    ReminderMessage,
    SendingFailure,
    StopReason,
    WorkEnd,
    WorkLevel,
)
from infra.http.answers import Answer, Answered, Listed, MoneyShown, Router
from infra.http.models import Day, Id, Instant, Named
from infra.http.pages import Filters, Paging, Typed
from infra.http.problems import invalid
from infra.http.request_context import RequestContext
from infra.reading import Order, Rows, Table
from infra.searching import sought
from services.views.dealer import cases as of_case
from services.views.dealer import records as of_record
from services.views.dealer.access import CRM, CustomersContext, Row
from services.views.dealer.cases import Case, ContactStatus, cases
from services.views.dealer.records import ERASED, Record, records, typed_forms
from services.views.dealer.reminders import (
    BY_ID,
    NEXT,
    PENDING,
    Reminder,
    WorkOfReminder,
    reminders,
)
from services.views.dealer.statistics import BY_ID as HOUSES_BY_ID
from services.views.dealer.statistics import Direction, dealerships

router = Router("Reminders")

AHEAD = timedelta(days=30)
"""So far one sees what will go out."""
# Each of the two has an index of its own, which a condition over rows of both would not ask.
FOUND = """
reminders.case_id in (
  select case_id from cases where organisation_id = %(organisation_id)s and {case_met})
or reminders.customer_id in (
  select customer_id from customers
   where organisation_id = %(organisation_id)s and {customer_met})
"""
OVERDUE = (
    "reminders.standing = 0 and (reminders.failure is not null or reminders.over_at <= %(now)s)"
)


class ReminderStatus(StrEnum):
    PENDING_SEND = "pending_send"
    SENT = "sent"
    READ = "read"
    ANSWERED = "answered"
    STOPPED = "stopped"
    """It ended by itself."""


class ReminderOrder(StrEnum):
    """The column by which a list of reminders is sorted."""

    SEND_DATE = "send_date"
    CUSTOMER = "customer"
    WORKS = "works"
    STATUS = "status"


@dataclass(frozen=True, slots=True)
class FoundReminder:
    """A row by what it is found and sorted. `filed_under` is the customer's name."""

    reminder_id: str
    dealership_id: str
    brand: str
    status: str
    standing: int
    held: bool
    contact: str
    send_on: date
    open_works: int
    filed_under: str


found = Table(
    FoundReminder,
    "reminders"
    " left join cases on cases.case_id = reminders.case_id"
    " and cases.organisation_id = reminders.organisation_id"
    " left join customers on customers.customer_id = reminders.customer_id"
    " and customers.organisation_id = reminders.organisation_id",
    columns={
        "filed_under": "coalesce(nullif(customers.filed_under, ''), lower(cases.last_name), '')"
    },
)
COLUMNS = {
    ReminderOrder.SEND_DATE: "send_on",
    ReminderOrder.CUSTOMER: "filed_under",
    ReminderOrder.WORKS: "open_works",
    ReminderOrder.STATUS: "standing",
}


def order(column: ReminderOrder, direction: Direction) -> Order[FoundReminder]:
    name = f"reminders-by-{column}-{direction}"
    down = direction is Direction.DESCENDING
    return found.order(name, COLUMNS[column], "reminder_id", descending=down)


ORDERS = {one: order(*one) for one in product(ReminderOrder, Direction)}


class ReminderFilters(Filters):
    """Which reminders."""

    no_columns: ClassVar[frozenset[str]] = frozenset(
        {"q", "from_day", "until_day", "overdue", "order", "direction"}
    )

    status: ReminderStatus | None = None
    dealership_id: Id | None = None
    brand: Annotated[str | None, Query(max_length=40)] = None
    held: bool | None = None
    contact: ContactStatus | None = None
    from_day: Day | None = None
    """Going out, or gone out last, on that day or later."""
    until_day: Day | None = None
    overdue: bool = False
    """Only those that should have gone out, and did not."""
    q: Typed | None = None
    """Reference, plate, VIN, phone, e-mail or name, in any writing."""
    order: ReminderOrder = ReminderOrder.SEND_DATE
    direction: Direction = Direction.ASCENDING


# --- Answers ----------------------------------------------------------------


class ReminderCustomer(Answer):
    """Null is what is not known. Of an erased one each text is X."""

    customer_id: str
    last_name: str | None
    first_name: str | None
    email: str | None
    phone: str | None


class ReminderCase(Answer):
    """A case that works come from; null is what is not known."""

    case_id: str
    reference: str | None
    plate: str | None


class ReminderWork(Answer):
    work_id: str
    label: str
    level: Annotated[WorkLevel, Named()]
    price: MoneyShown | None
    """Including VAT, after the discount."""
    due_on: Day | None
    due_mileage_km: int | None
    case_id: str | None
    accepted: bool | None
    """Null while nothing is decided."""
    end: Annotated[WorkEnd, Named()] | None
    """How it ended after all: in a later case."""
    by_case_id: str | None


class ReminderListed(Answer):
    reminder_id: str
    dealership_id: str
    brand: str
    cause: Annotated[ReminderCause, Named()]
    status: ReminderStatus
    overdue: bool
    """It should have gone out, and did not."""
    send_on: Day
    """The day on which it goes out, or went out last."""
    send_at: Instant
    held: bool
    """It does not go out by itself."""
    failure: Annotated[SendingFailure, Named()] | None
    customer: ReminderCustomer
    cases: tuple[ReminderCase, ...]
    works: tuple[ReminderWork, ...]
    open_works: int
    """Those that the customer is still reminded of."""
    proposed: MoneyShown
    """Of the open works that have a price."""
    contact: ContactStatus
    call_asked: bool
    """Messages came to nothing, so that somebody is to call."""
    choice: Annotated[ReminderChoice, Named()] | None
    accepted: MoneyShown | None
    """Of the answer."""
    stop_reason: Annotated[StopReason, Named()] | None
    created_at: Instant


class UpcomingMessage(Answer):
    """A message that is to go to a customer, and why."""

    reminder_id: str
    dealership_id: str
    brand: str
    kind: Annotated[ReminderMessage, Named()]
    at: Instant
    """Where the customer is it may be night then; it waits for the morning."""
    by_itself: bool
    """Somebody has to send it where the dealership does not let reminders go out by themselves."""
    held: bool
    cause: Annotated[ReminderCause, Named()]
    customer: ReminderCustomer
    cases: tuple[ReminderCase, ...]
    works: tuple[ReminderWork, ...]


# --- Routes -----------------------------------------------------------------


@router.get("/reminders")
async def list_reminders(
    context: CustomersContext, filters: Annotated[ReminderFilters, Query()], page: Paging
) -> Answered[Listed[ReminderListed]]:
    """List the reminders of the caller's dealerships, by the day on which they go out unless asked
    otherwise, or find them."""

    async def present(rows: Sequence[FoundReminder]) -> list[ReminderListed]:
        ids = [row.reminder_id for row in rows]
        mine = reminders.of(context.principal.organisation_id, reminder_id=ids)
        whole = {row.reminder_id: row for row in await mine.many(context.pool, BY_ID)}
        # One that was deleted since the page was read is none any more.
        there = [whole[id] for id in ids if id in whole]
        beside = await beside_of(context, there)
        return [listed(row, beside, context) for row in there]

    chosen = ORDERS[filters.order, filters.direction]
    return await page.show_together(wanted(context, filters), chosen, present)


@router.get("/upcoming-messages")
async def list_upcoming_messages(
    context: CustomersContext, page: Paging
) -> Answered[Listed[UpcomingMessage]]:
    """List every message of reminders that is due in the next 30 days, the next one first. Those
    of reminders that are held are among them, also when their day is over."""
    organisation_id = context.principal.organisation_id
    rows = at_own(context, reminders.of(organisation_id)).where(
        "next_at < %(until)s and (next_at > %(now)s or reminders.held)",
        until=context.at + AHEAD,
        now=context.at,
    )

    async def present(some: Sequence[Reminder]) -> list[UpcomingMessage]:
        ids = {row.dealership_id for row in some}
        own = dealerships.of(organisation_id, dealership_id=ids)
        houses = {one.dealership_id: one for one in await own.many(context.pool, HOUSES_BY_ID)}
        beside = await beside_of(context, some)
        return [upcoming(row, houses.get(row.dealership_id), beside) for row in some]

    return await page.show_together(rows, NEXT, present)


def wanted(context: RequestContext, filters: ReminderFilters) -> Rows[FoundReminder]:
    """The reminders that the caller may see and that match. Raises the 422 `Problem` of days the
    wrong way round."""
    rows = filters.narrow(at_own(context, found.of(context.principal.organisation_id)))
    if filters.from_day and filters.until_day and filters.until_day < filters.from_day:
        raise invalid("query:until_day", "not_before")
    if filters.from_day is not None:
        rows = rows.where("reminders.send_on >= %(from_day)s", from_day=filters.from_day)
    if filters.until_day is not None:
        rows = rows.where("reminders.send_on <= %(until_day)s", until_day=filters.until_day)
    if filters.overdue:
        rows = rows.where(OVERDUE, now=context.at)
    if not (asked := sought(*typed_forms(filters.q or ""))):
        return rows
    found_by = FOUND.format(
        case_met=asked.met_by("cases.search"), customer_met=asked.met_by("customers.search")
    )
    return rows.where(found_by, **asked.values)


def at_own(context: RequestContext, rows: Rows[Row]) -> Rows[Row]:
    """The rows of the dealerships where the caller works with customers (FLB-147)."""
    held = context.dealerships(*CRM)
    if held.everywhere:
        return rows
    return rows.where("reminders.dealership_id = any(%(own)s)", own=sorted(held.ids))


# --- What belongs to them ---------------------------------------------------


@dataclass(frozen=True, slots=True)
class Beside:
    """Cases and records of customers, by their ids."""

    cases: Mapping[str, Case]
    records: Mapping[str, Record]


async def beside_of(context: RequestContext, rows: Iterable[Reminder]) -> Beside:
    """Those that the reminders name, of the same organisation."""
    mine, some = context.principal.organisation_id, [*rows]
    case_ids = {id for row in some for id in case_ids_of(row)}
    theirs = cases.of(mine, case_id=case_ids)
    people = records.of(mine, customer_id={row.customer_id for row in some})
    return Beside(
        {one.case_id: one for one in await theirs.many(context.pool, of_case.NEWEST)},
        {one.customer_id: one for one in await people.many(context.pool, of_record.BY_ID)},
    )


def case_ids_of(row: Reminder) -> tuple[str, ...]:
    """The cases that its works come from, each once."""
    ids = (row.case_id, *(one.case_id for one in row.works))
    return tuple(dict.fromkeys(id for id in ids if id is not None))


def customer_shown(row: Reminder, beside: Beside) -> ReminderCustomer:
    """As the customer is recorded, else as the case has it."""
    known: Record | Case | None = beside.records.get(row.customer_id)
    if known is None and row.case_id is not None:
        known = beside.cases.get(row.case_id)
    return named(row.customer_id, known)


def named(customer_id: str, known: Record | Case | None) -> ReminderCustomer:
    """The customer with what is known of them."""
    gone = isinstance(known, Record) and known.erased_at is not None
    return ReminderCustomer(
        customer_id=customer_id,
        last_name=ERASED if gone else known.last_name if known else None,
        first_name=ERASED if gone else known.first_name if known else None,
        email=ERASED if gone else known.email if known else None,
        phone=ERASED if gone else known.phone if known else None,
    )


def cases_shown(row: Reminder, beside: Beside) -> tuple[ReminderCase, ...]:
    return tuple(case_shown(id, beside.cases.get(id)) for id in case_ids_of(row))


def case_shown(case_id: str, known: Case | None) -> ReminderCase:
    return ReminderCase(
        case_id=case_id,
        reference=known.reference if known else None,
        plate=known.plate if known else None,
    )


def works_shown(row: Reminder) -> tuple[ReminderWork, ...]:
    return tuple(work_shown(one, row.currency) for one in row.works)


def work_shown(one: WorkOfReminder, currency: str) -> ReminderWork:
    priced = one.price_minor is not None
    return ReminderWork(
        work_id=one.work_id,
        label=one.label,
        level=WorkLevel[one.level.upper()],
        price=MoneyShown(amount_minor=one.price_minor or 0, currency=currency) if priced else None,
        due_on=one.due_on,
        due_mileage_km=one.due_mileage_km,
        case_id=one.case_id,
        accepted=one.accepted,
        end=WorkEnd[one.end.upper()] if one.end else None,
        by_case_id=one.by_case_id,
    )


def listed(row: Reminder, beside: Beside, context: RequestContext) -> ReminderListed:
    proposed = sum(one.price_minor or 0 for one in row.works if one.end is None)
    late = row.failure is not None or row.over_at <= context.at
    accepted = row.accepted_minor
    return ReminderListed(
        reminder_id=row.reminder_id,
        dealership_id=row.dealership_id,
        brand=row.brand,
        cause=ReminderCause[row.cause.upper()],
        status=ReminderStatus(row.status),
        overdue=row.standing == PENDING and late,
        send_on=row.send_on,
        send_at=row.send_at,
        held=row.held,
        failure=SendingFailure[row.failure.upper()] if row.failure else None,
        customer=customer_shown(row, beside),
        cases=cases_shown(row, beside),
        works=works_shown(row),
        open_works=row.open_works,
        proposed=MoneyShown(amount_minor=proposed, currency=row.currency),
        contact=ContactStatus(row.contact),
        call_asked=row.call_asked,
        choice=ReminderChoice[row.choice.upper()] if row.choice else None,
        accepted=None
        if accepted is None
        else MoneyShown(amount_minor=accepted, currency=row.currency),
        stop_reason=StopReason[row.stop_reason.upper()] if row.stop_reason else None,
        created_at=row.created_at,
    )


def upcoming(row: Reminder, house: Dealership | None, beside: Beside) -> UpcomingMessage:
    assert row.next_kind is not None
    assert row.next_at is not None
    return UpcomingMessage(
        reminder_id=row.reminder_id,
        dealership_id=row.dealership_id,
        brand=row.brand,
        kind=ReminderMessage[row.next_kind.upper()],
        at=row.next_at,
        by_itself=house is not None and goes_by_itself(house, row.brand),
        held=row.held,
        cause=ReminderCause[row.cause.upper()],
        customer=customer_shown(row, beside),
        cases=cases_shown(row, beside),
        works=tuple(work_shown(one, row.currency) for one in row.works if one.end is None),
    )


def goes_by_itself(house: Dealership, brand: str) -> bool:
    """Whether the dealership lets its reminders go out by themselves (T-07)."""
    settings = effective(house, brand) or all_in_all(house)
    return settings.reminders_allowed and settings.reminders_automatic
