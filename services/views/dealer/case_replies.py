"""The replies of customers to text messages about cases (R3): a page is where they answer, but many
write back."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, ClassVar

from fastapi import Query

from contracts.messaging.message_v1 import MessageReplied, ReplyIntent, contract
from infra.consumers.views import View
from infra.http.answers import Answer, Answered, Listed, Router
from infra.http.models import Id, Instant
from infra.http.pages import Filters, Paging
from infra.reading import Table
from services.views.dealer.access import CasesContext, of_cases
from services.views.dealer.cases import Case, cases
from services.views.dealer.records import ERASED

router = Router("Cases")
Reads = MessageReplied
INVITATION, BY_PHONE, CASE = "invitation/", "-sms", "case/"
"""The marks of what a text message is about that a case asked for, and whose recipient is the case:
a marketplace has invitations too, whose ids do not end so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseReply:
    """A reply, word by word. A wish to stop may be on several messages, any other is on one."""

    case_id: str
    reply_id: str
    text: str
    stops: bool
    """They want no text messages any more, and get none."""
    replied_at: datetime


def key(event: Reads) -> tuple[str, str]:
    return event.user_id, event.reply_id


def project(_: CaseReply | None, event: Reads) -> CaseReply | None:
    """None for the replies to all other messages: colleagues are told of cases as well, and what a
    driver or a customer of a reminder replies is shown elsewhere."""
    about = event.about
    invited = about.startswith(INVITATION) and about.endswith(BY_PHONE)
    if not invited and about != f"{CASE}{event.user_id}":
        return None
    return CaseReply(
        case_id=event.user_id,
        reply_id=event.reply_id,
        text=event.text,
        stops=event.intent is ReplyIntent.STOP,
        replied_at=event.replied_at,
    )


view = View(
    name="case_replies",
    contract=contract,
    reads=Reads,
    row=CaseReply,
    primary_key=("case_id", "reply_id"),
    key=key,
    project=project,
    indexes=("(replied_at desc, reply_id)",),
    subject="case_id",
    personal=("text",),
)
replies = Table(
    view, "case_replies join cases using (case_id)", organisation="cases.organisation_id"
)
BY_CASE = cases.order("cases-by-id", "case_id")
NEWEST = replies.order("newest-case-replies", "replied_at", "reply_id", descending=True)


class CaseReplyFilters(Filters):
    """Which replies."""

    no_columns: ClassVar[frozenset[str]] = frozenset({"dealership_id"})

    dealership_id: Id | None = None
    case_id: Id | None = None


class CaseReplyListed(Answer):
    """A text message of a customer, for a person to read."""

    reply_id: str
    case_id: str
    dealership_id: str
    reference: str
    text: str
    stops: bool
    """They want no text messages any more, and get none."""
    replied_at: Instant


@router.get("/case-replies")
async def list_case_replies(
    context: CasesContext, filters: Annotated[CaseReplyFilters, Query()], page: Paging
) -> Answered[Listed[CaseReplyListed]]:
    """List what customers replied to text messages about the cases that the caller sees, the newest
    first; those to a case that was deleted are gone with it."""
    mine = context.principal.organisation_id
    rows = filters.narrow(of_cases(context, replies.of(mine)))
    if filters.dealership_id is not None:
        rows = rows.where("cases.dealership_id = %(there)s", there=filters.dealership_id)

    async def present(some: Sequence[CaseReply]) -> list[CaseReplyListed]:
        found = cases.of(mine, case_id={row.case_id for row in some})
        known = {one.case_id: one for one in await found.many(context.pool, BY_CASE)}
        return [listed(row, known[row.case_id]) for row in some if row.case_id in known]

    return await page.show_together(rows, NEWEST, present)


def listed(row: CaseReply, known: Case) -> CaseReplyListed:
    return CaseReplyListed(
        reply_id=row.reply_id,
        case_id=row.case_id,
        dealership_id=known.dealership_id,
        reference=known.reference,
        text=ERASED if known.anonymised_at is not None else row.text,
        stops=row.stops,
        replied_at=row.replied_at,
    )
