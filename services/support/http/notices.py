"""Notices over HTTP: the administration of the platform writes to its partners."""

from typing import Annotated, assert_never

from pydantic import Field

from contracts.accounts.organisation_v1 import OrganisationKind
from contracts.support.notice_v1 import Audience, NoticeSent, NoticeText
from infra.http import readable_ids
from infra.http.answers import Answer, Answered, Recorded, Router
from infra.http.models import Body, Id, Instant, Language, Line, Named
from infra.http.problems import unknown_reference
from infra.http.request_context import RequestContext, requires
from infra.lookups import organisations
from services.support import notice
from services.support.aggregates import NOTICE
from services.support.http.attached import Written

router = Router("Notices")

MOST_LANGUAGES = 20
AdministrationContext = Annotated[RequestContext, requires("administration")]


class NoticeTextBody(Body):
    language: Language
    title: Line
    text: Written


class NoticeBody(Body):
    """A notice to one partner, to a kind of them, or, without either, to all."""

    kind: Annotated[OrganisationKind, Named()] | None = None
    partner_id: Id | None = None
    texts: Annotated[
        tuple[NoticeTextBody, ...], Field(min_length=1, max_length=MOST_LANGUAGES, strict=False)
    ]
    """One a language; who reads none of them is shown the first."""


class NoticeTextShown(Answer):
    language: str
    title: str
    text: str


class Notice(Answer):
    """A notice, as it was sent."""

    notice_id: str
    audience: Annotated[Audience, Named()]
    partner_kind: Annotated[OrganisationKind, Named()] | None
    partner_id: str | None
    texts: tuple[NoticeTextShown, ...]
    sent_by: str
    sent_at: Instant


@router.post("/notices", status_code=201)
async def send_notice(body: NoticeBody, context: AdministrationContext) -> Answered[Recorded]:
    """Write to partners; their people find it among their notices, in their language."""
    await organisations.require_operator(context)
    if body.partner_id is not None and (
        await context.lookup(organisations.lookup, body.partner_id) is None
    ):
        raise unknown_reference("partner_id", "organisation")
    notice_id = context.new_id(readable_ids.NOTICE)
    command = notice.SendNotice(
        notice_id=notice_id,
        organisation_id=context.principal.organisation_id,
        partner_kind=body.kind.name.lower() if body.kind else None,
        partner_id=body.partner_id,
        texts=tuple(
            NoticeText(language=one.language, title=one.title, text=one.text) for one in body.texts
        ),
        by=context.principal.subject,
        at=context.at,
    )
    created = f"/support/notices/{notice_id}"
    return await context.handle(NOTICE, notice_id, command, created=created)


@router.get("/notices/{notice_id}")
async def show_notice(notice_id: Id, context: AdministrationContext) -> Answered[Notice]:
    """Show a notice in all its languages."""
    await organisations.require_operator(context)
    found = await context.load(NOTICE, notice_id)
    match found.state:
        case notice.Sent(sent=sent) if sent.organisation_id == context.principal.organisation_id:
            return context.show(shown(sent), found)
        case notice.Unsent() | notice.Sent():
            raise context.refuse(notice.NoSuchNotice())
        case unhandled:
            assert_never(unhandled)


def shown(sent: NoticeSent) -> Notice:
    kind = sent.partner_kind
    return Notice(
        notice_id=sent.notice_id,
        audience=sent.audience,
        partner_kind=OrganisationKind[kind.upper()] if kind else None,
        partner_id=sent.partner_id,
        texts=tuple(map(NoticeTextShown.of, sent.texts)),
        sent_by=sent.sent_by,
        sent_at=sent.sent_at,
    )
