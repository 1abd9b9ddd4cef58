"""The replies that support keeps for what is asked often: one row a reply."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, assert_never

from contracts.support.reply_v1 import ReplyDropped, ReplyKept, contract
from infra.consumers.views import View
from infra.http.answers import Answer, Answered, Listed, Router
from infra.http.models import Instant
from infra.http.pages import Paging
from infra.http.request_context import RequestContext, requires
from infra.reading import Table

Reads = ReplyKept | ReplyDropped


@dataclass(frozen=True, slots=True)
class Text:
    """The reply in one language."""

    language: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """A reply, as it was kept last."""

    reply_id: str
    organisation_id: str
    title: str
    texts: tuple[Text, ...]
    kept_by: str
    kept_at: datetime


def key(event: Reads) -> tuple[str]:
    return (event.reply_id,)


def project(_: Reply | None, event: Reads) -> Reply | None:
    match event:
        case ReplyKept():
            return Reply(
                reply_id=event.reply_id,
                organisation_id=event.organisation_id,
                title=event.title,
                texts=tuple(Text(one.language, one.text) for one in event.texts),
                kept_by=event.kept_by,
                kept_at=event.kept_at,
            )
        case ReplyDropped():
            return None
        case unhandled:
            assert_never(unhandled)


view = View(
    name="canned_replies",
    contract=contract,
    reads=Reads,
    row=Reply,
    primary_key=("reply_id",),
    key=key,
    project=project,
    indexes=("(organisation_id, title, reply_id)",),
)

# --- The question -----------------------------------------------------------

canned_replies = Table(view, "canned_replies")
BY_TITLE = canned_replies.order("by-title", "title", "reply_id")


class ReplyTextListed(Answer):
    language: str
    text: str


class ReplyListed(Answer):
    """A canned reply, in all its languages."""

    reply_id: str
    title: str
    texts: list[ReplyTextListed]
    kept_by: str
    kept_at: Instant


router = Router("Support")
SupportContext = Annotated[RequestContext, requires("logistics", "administration")]


@router.get("/canned-replies")
async def canned_replies_kept(
    context: SupportContext, page: Paging
) -> Answered[Listed[ReplyListed]]:
    """The replies that support of the caller's organisation keeps, by title."""
    mine = canned_replies.of(context.principal.organisation_id)
    return await page.show(mine, BY_TITLE, ReplyListed.of)
