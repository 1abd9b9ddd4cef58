"""The replies of customers to text messages about reminders (R3)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import Query

from contracts.reminders.reminder_v1 import CustomerReplied, contract
from infra.consumers.views import View
from infra.http.answers import Answer, Answered, Listed, Router
from infra.http.models import Id, Instant
from infra.http.pages import Filters, Paging
from infra.reading import Table
from services.views.dealer import records as of_record
from services.views.dealer.access import CRM, CustomersContext, at_own_dealerships
from services.views.dealer.records import ERASED, Record, records
from services.views.dealer.reminders_found import ReminderCustomer, named

router = Router("Reminders")
Reads = CustomerReplied


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """A reply that was no wish to stop; it stays when the reminder is deleted."""

    reminder_id: str
    reply_id: str
    organisation_id: str
    dealership_id: str
    customer_id: str
    text: str
    replied_at: datetime


def key(event: Reads) -> tuple[str, str]:
    return event.reminder_id, event.reply_id


def project(_: Reply | None, event: Reads) -> Reply:
    return Reply(
        reminder_id=event.reminder_id,
        reply_id=event.reply_id,
        organisation_id=event.organisation_id,
        dealership_id=event.dealership_id,
        customer_id=event.customer_id,
        text=event.text,
        replied_at=event.replied_at,
    )


view = View(
    name="replies",
    contract=contract,
    reads=Reads,
    row=Reply,
    primary_key=("reminder_id", "reply_id"),
    key=key,
    project=project,
    indexes=("(organisation_id, replied_at desc, reply_id)",),
    subject="customer_id",
    personal=("text",),
)
replies = Table(view, "replies")
NEWEST = replies.order("newest-replies", "replied_at", "reply_id", descending=True)


class ReplyFilters(Filters):
    """Which replies."""

    dealership_id: Id | None = None
    reminder_id: Id | None = None


class ReplyListed(Answer):
    """A text message of a customer, for a person to read."""

    reply_id: str
    reminder_id: str
    """The reminder of the text message that it answers; that one may be deleted."""
    dealership_id: str
    customer: ReminderCustomer
    text: str
    replied_at: Instant


@router.get("/customer-replies")
async def list_customer_replies(
    context: CustomersContext, filters: Annotated[ReplyFilters, Query()], page: Paging
) -> Answered[Listed[ReplyListed]]:
    """List what customers of the caller's dealerships replied to text messages about reminders, the
    newest first. Whoever replied that they want no more is not among them: that is taken down."""
    mine = context.principal.organisation_id
    rows = filters.narrow(at_own_dealerships(context, replies.of(mine), *CRM))

    async def present(some: Sequence[Reply]) -> list[ReplyListed]:
        people = records.of(mine, customer_id={row.customer_id for row in some})
        known = {one.customer_id: one for one in await people.many(context.pool, of_record.BY_ID)}
        return [listed(row, known.get(row.customer_id)) for row in some]

    return await page.show_together(rows, NEWEST, present)


def listed(row: Reply, known: Record | None) -> ReplyListed:
    gone = known is not None and known.erased_at is not None
    return ReplyListed(
        reply_id=row.reply_id,
        reminder_id=row.reminder_id,
        dealership_id=row.dealership_id,
        customer=named(row.customer_id, known),
        text=ERASED if gone else row.text,
        replied_at=row.replied_at,
    )
