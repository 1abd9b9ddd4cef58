"""The notices of the administration to one's organisation: one row a notice (EXX-30)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from contracts.support.notice_v1 import Audience, NoticeSent, NoticeText, contract
from infra.consumers.views import View
from infra.http.answers import Answer, Answered, Listed, Router
from infra.http.models import Instant, Named
from infra.http.pages import Paging
from infra.http.request_context import Everybody, RequestContext
from infra.reading import Rows, Table
from services.views.account import notices_read
from services.views.account.organisations import organisations

Reads = NoticeSent


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """A notice in all its languages, and whom it is for."""

    notice_id: str
    audience: str
    partner_kind: str
    partner_id: str
    texts: tuple[NoticeText, ...]
    sent_at: datetime


def key(event: Reads) -> tuple[str]:
    return (event.notice_id,)


def project(_: Notice | None, event: Reads) -> Notice:
    return Notice(
        notice_id=event.notice_id,
        audience=event.audience.name.lower(),
        partner_kind=event.partner_kind or "",
        partner_id=event.partner_id or "",
        texts=event.texts,
        sent_at=event.sent_at,
    )


view = View(
    name="notices",
    contract=contract,
    reads=Reads,
    row=Notice,
    primary_key=("notice_id",),
    key=key,
    project=project,
    indexes=("(sent_at, notice_id)",),
)

# --- The question -----------------------------------------------------------

notices = Table(view, "notices", key="notice_id")
LATEST = notices.order("latest", "sent_at", "notice_id", descending=True)


class NoticeShown(Answer):
    """A notice in the reader's language, or in the first one that it was written in."""

    notice_id: str
    audience: Annotated[Audience, Named()]
    language: str
    title: str
    text: str
    sent_at: Instant
    read: bool
    """Whether one has read it."""


class UnreadNotices(Answer):
    """The notices to somebody that they have not read."""

    notices: int


def notice_shown(row: Notice, language: str, read_until: datetime | None) -> NoticeShown:
    words = in_language(row.texts, language)
    return NoticeShown(
        notice_id=row.notice_id,
        audience=Audience[row.audience.upper()],
        language=words.language,
        title=words.title,
        text=words.text,
        sent_at=row.sent_at,
        read=read_until is not None and row.sent_at <= read_until,
    )


def in_language(texts: Sequence[NoticeText], language: str) -> NoticeText:
    """The words in that language, wherever it is spoken; the first ones without it."""
    return next((one for one in texts if one.language.partition("-")[0] == language), texts[0])


async def to_caller(context: RequestContext) -> Rows[Notice]:
    """The notices to all, to the kind of the caller's organisation, and to itself."""
    own = context.principal.organisation_id
    known = await organisations.of(own).one(context.pool)
    return notices.of_every_organisation().where(
        "audience = 'all' or (audience = 'kind' and partner_kind = %(kind)s)"
        " or (audience = 'partner' and partner_id = %(own)s)",
        kind=known.kind if known else "",
        own=own,
    )


router = Router("Notices")


@router.get("/notices")
async def my_notices(context: Everybody, page: Paging) -> Answered[Listed[NoticeShown]]:
    """Notices of the administration to one's organisation, the latest first."""
    language, read_until = context.language, await notices_read.by_caller(context)
    return await page.show(
        await to_caller(context), LATEST, lambda row: notice_shown(row, language, read_until)
    )


@router.get("/notices/unread")
async def unread_notices(context: Everybody) -> Answered[UnreadNotices]:
    """How many notices of the administration one has not read."""
    unread = await to_caller(context)
    if (read_until := await notices_read.by_caller(context)) is not None:
        unread = unread.where("sent_at > %(read_until)s", read_until=read_until)
    return Answered(UnreadNotices(notices=len(await unread.keys(context.pool))))
