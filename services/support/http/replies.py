"""Canned replies over HTTP: kept and dropped by support."""

from typing import Annotated

from pydantic import Field

from contracts.support import reply_v1
from contracts.support.reply_v1 import ReplyDropped, ReplyKept, ReplyText
from infra.http import readable_ids
from infra.http.answers import Answer, Answered, Recorded, Router
from infra.http.history import History, HistoryPart
from infra.http.models import Body, Id, Instant, Language, Line
from infra.http.request_context import RequestContext
from infra.lookups import organisations
from services.support import reply
from services.support.aggregates import REPLY
from services.support.http.access import SupportContext
from services.support.http.attached import Written

router = Router("Canned replies")

MOST_LANGUAGES = 20


class ReplyTextBody(Body):
    language: Language
    text: Written


class ReplyBody(Body):
    """A reply to keep, whole."""

    title: Line
    texts: Annotated[
        tuple[ReplyTextBody, ...], Field(min_length=1, max_length=MOST_LANGUAGES, strict=False)
    ]
    """One a language."""


class ReplyTextShown(Answer):
    language: str
    text: str


class Reply(Answer):
    reply_id: str
    title: str
    texts: tuple[ReplyTextShown, ...]
    kept_by: str
    kept_at: Instant


class ReplyHistory(
    History,
    of=reply_v1.contract,
    shows={
        ReplyKept: ("reply_id", "organisation_id", "title", "kept_by", "kept_at"),
        ReplyDropped: ("reply_id", "organisation_id", "dropped_by", "dropped_at"),
    },
):
    """Every fact about a canned reply, oldest first."""


@router.post("/replies", status_code=201)
async def keep_reply(body: ReplyBody, context: SupportContext) -> Answered[Recorded]:
    """Keep a reply for what is asked often."""
    await organisations.require_operator(context)
    reply_id = context.new_id(readable_ids.REPLY)
    return await context.handle(
        REPLY, reply_id, keeping(reply_id, body, context), created=f"/support/replies/{reply_id}"
    )


@router.put("/replies/{reply_id}")
async def change_reply(
    reply_id: Id, body: ReplyBody, context: SupportContext
) -> Answered[Recorded]:
    """Keep a reply otherwise; the last word counts."""
    await organisations.require_operator(context)
    ours(context, (await context.load(REPLY, reply_id)).state)
    return await context.handle(REPLY, reply_id, keeping(reply_id, body, context))


@router.delete("/replies/{reply_id}")
async def drop_reply(reply_id: Id, context: SupportContext) -> Answered[Recorded]:
    """Reply so no more."""
    await organisations.require_operator(context)
    who = context.principal
    command = reply.DropReply(organisation_id=who.organisation_id, by=who.subject, at=context.at)
    return await context.handle(REPLY, reply_id, command)


@router.get("/replies/{reply_id}")
async def show_reply(reply_id: Id, context: SupportContext) -> Answered[Reply]:
    """Show a canned reply in all its languages."""
    await organisations.require_operator(context)
    found = await context.load(REPLY, reply_id)
    return context.show(Reply.of(ours(context, found.state)), found)


@router.get("/replies/{reply_id}/history")
async def reply_history(
    reply_id: Id, context: SupportContext, part: HistoryPart
) -> Answered[ReplyHistory]:
    """List every fact about a canned reply, also of one that was dropped."""
    await organisations.require_operator(context)
    state = (await context.load(REPLY, reply_id)).state
    if isinstance(state, reply.Unknown) or (
        state.kept.organisation_id != context.principal.organisation_id
    ):
        raise context.refuse(reply.NoSuchReply())
    return await context.history(REPLY, reply_id, ReplyHistory, part)


def keeping(reply_id: str, body: ReplyBody, context: RequestContext) -> reply.KeepReply:
    return reply.KeepReply(
        reply_id=reply_id,
        organisation_id=context.principal.organisation_id,
        title=body.title,
        texts=tuple(ReplyText(language=one.language, text=one.text) for one in body.texts),
        by=context.principal.subject,
        at=context.at,
    )


def ours(context: RequestContext, state: reply.Reply) -> ReplyKept:
    """The reply, if the caller's support keeps it. Raises 404."""
    if (
        isinstance(state, reply.Kept)
        and state.kept.organisation_id == context.principal.organisation_id
    ):
        return state.kept
    raise context.refuse(reply.NoSuchReply())
