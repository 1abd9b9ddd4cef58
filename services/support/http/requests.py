"""Requests over HTTP: made, gone on with, closed and rated by who made them."""

from typing import Annotated
from urllib.parse import quote

from pydantic import Field

from contracts.support.request_v1 import ObjectKind, RequestChannel, RequestType
from infra.host import Running
from infra.http import readable_ids
from infra.http.answers import Answer, Answered, Recorded, Router
from infra.http.models import Body, Id, Line, Named
from infra.http.problems import Problem
from infra.http.request_context import Everybody, RequestContext
from infra.words import word
from services.support import request
from services.support.adapters import merged
from services.support.aggregates import REQUEST
from services.support.http.access import agent_of, is_support
from services.support.http.answers import (
    Request,
    RequestForSupport,
    for_support,
    shown,
)
from services.support.http.attached import (
    AboutBody,
    FileIds,
    Written,
    attached,
    require_files,
)

Type = Annotated[RequestType, Named()]

# --- Bodies and answers -----------------------------------------------------


class RequestBody(Body):
    """A request to make."""

    type: Type
    subject: Line
    message: Written
    file_ids: FileIds = ()
    about: AboutBody | None = None


class MessageBody(Body):
    message: Written
    file_ids: FileIds = ()


class ClosureBody(Body):
    messages: Annotated[int, Field(ge=0)]
    """How many messages were seen after the first; 412 to support when another one has come."""


class ReadBody(Body):
    messages: Annotated[int, Field(ge=0)]
    """How many messages were read after the first."""


class RatingBody(Body):
    mark: Annotated[int, Field(ge=1, le=5)]
    """1 (bad) to 5 (good). A supervisor looks at 1 and 2."""
    reason: Written | None = None


class RouteBody(Body):
    """A tour to write to support about in WhatsApp."""

    tour_id: Id


class WhatsAppLink(Answer):
    """A request that was stored, and the link that opens WhatsApp with its text."""

    request_id: str
    link: str


# --- Routes -----------------------------------------------------------------


def router(running: Running) -> Router:
    """The routes of requesters.

    What is written has the time at which support could read it: who waits longest is answered
    first, and a phone's clock makes nobody wait longer.
    """
    routes = Router("Requests")
    number = running.settings.support_whatsapp

    @routes.post("/requests", status_code=201)
    async def make_request(body: RequestBody, context: Everybody) -> Answered[Recorded]:
        """Ask support. What the request is about is attached as it stands now."""
        await require_files(context, body.file_ids)
        about = None
        if (named := body.about) is not None:
            about = await attached(context, "about/id", named.kind, named.id)
        who = context.principal
        request_id = context.new_id(readable_ids.REQUEST)
        command = request.OpenRequest(
            request_id=request_id,
            organisation_id=who.organisation_id,
            user_id=who.subject,
            type=body.type,
            channel=RequestChannel.FORM,
            subject=body.subject,
            message=body.message,
            file_ids=body.file_ids,
            about=about,
            language=context.language,
            at=context.at,
        )
        return await context.handle(
            REQUEST, request_id, command, created=f"/support/requests/{request_id}"
        )

    @routes.post("/whatsapp-requests", status_code=201)
    async def write_in_whatsapp(body: RouteBody, context: Everybody) -> Answered[WhatsAppLink]:
        """Ask support about a tour in WhatsApp: the request is stored, and the link names it."""
        if not number:
            raise Problem(409, "no-whatsapp")
        about = await attached(context, "tour_id", ObjectKind.TOUR, body.tour_id)
        who = context.principal
        request_id = context.new_id(readable_ids.REQUEST)
        command = request.OpenRequest(
            request_id=request_id,
            organisation_id=who.organisation_id,
            user_id=who.subject,
            type=RequestType.ROUTE,
            channel=RequestChannel.WHATSAPP,
            about=about,
            language=context.language,
            at=context.at,
        )
        text = f"{word(context.language, 'ObjectKind', 'tour')} {about.called} ({request_id})"
        link = WhatsAppLink(
            request_id=request_id, link=f"https://wa.me/{number}?text={quote(text, safe='')}"
        )
        return await context.handle(
            REQUEST,
            request_id,
            command,
            lambda _: link,
            created=f"/support/requests/{request_id}",
        )

    @routes.get("/requests/{request_id}")
    async def show_request(
        request_id: Id, context: Everybody
    ) -> Answered[Request | RequestForSupport]:
        """Show a request with all that was written, never stale."""
        found = await context.load(REQUEST, request_id)
        supports = await is_support(context)
        state = opened(context, found.state) if supports else own(context, found.state)
        others = await merged.merged_into(context.pool, request_id)
        answer = for_support(state, others) if supports else shown(state, others)
        return context.show(answer, found, beside=True)

    @routes.post("/requests/{request_id}/messages")
    async def write_message(
        request_id: Id, body: MessageBody, context: Everybody
    ) -> Answered[Recorded]:
        """Go on with one's own request. An answered one waits for support again."""
        await require_files(context, body.file_ids)
        who = context.principal
        command = request.WriteMessage(
            organisation_id=who.organisation_id,
            user_id=who.subject,
            message_id=context.new_id(readable_ids.MESSAGE),
            message=body.message,
            file_ids=body.file_ids,
            at=context.at,
        )
        return await context.handle(REQUEST, request_id, command)

    @routes.put("/requests/{request_id}/closure")
    async def close_request(
        request_id: Id, body: ClosureBody, context: Everybody
    ) -> Answered[Recorded]:
        """Close a request, for good; whoever made it and support may."""
        return await context.handle(REQUEST, request_id, await closing(body, context))

    @routes.put("/requests/{request_id}/read")
    async def read_answers(
        request_id: Id, body: ReadBody, context: Everybody
    ) -> Answered[Recorded]:
        """Say how much of one's own request one has read."""
        who = context.principal
        command = request.ReadAnswers(
            organisation_id=who.organisation_id,
            user_id=who.subject,
            messages=body.messages,
            at=context.at,
        )
        return await context.handle(REQUEST, request_id, command)

    @routes.put("/requests/{request_id}/rating")
    async def rate_request(
        request_id: Id, body: RatingBody, context: Everybody
    ) -> Answered[Recorded]:
        """Say how content one is with one's own request that was closed."""
        who = context.principal
        command = request.RateRequest(
            organisation_id=who.organisation_id,
            user_id=who.subject,
            mark=body.mark,
            reason=body.reason,
            at=context.at,
        )
        return await context.handle(REQUEST, request_id, command)

    return routes


async def closing(
    body: ClosureBody, context: RequestContext
) -> request.CloseRequest | request.CloseOwnRequest:
    if await is_support(context):
        return request.CloseRequest(messages=body.messages, agent=agent_of(context), at=context.at)
    who = context.principal
    return request.CloseOwnRequest(
        organisation_id=who.organisation_id, user_id=who.subject, at=context.at
    )


def opened(context: RequestContext, state: request.Request) -> request.Opened:
    """The request, if it was made. Raises 404."""
    if isinstance(state, request.Unopened):
        raise context.refuse(request.NoSuchRequest())
    return state


def own(context: RequestContext, state: request.Request) -> request.Opened:
    """The request, if the caller made it. Raises 404."""
    found, who = opened(context, state), context.principal
    made_by = (found.thread.opened.organisation_id, found.thread.opened.user_id)
    if made_by != (who.organisation_id, who.subject):
        raise context.refuse(request.NoSuchRequest())
    return found
