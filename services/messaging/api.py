"""HTTP: what was sent to whom and how it stands, what people want, what templates look like."""

from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Header, Query
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from contracts.messaging.message_v1 import MessageQueued
from infra.host import Running
from infra.http.models import Id, to_json
from infra.http.pages import Order, Paging
from infra.http.problems import Problem
from infra.http.request_context import RequestContext, public, requires
from infra.post import letters, receipts, sink, sms
from services.messaging import bodies, message, preferences
from services.messaging.aggregates import MESSAGE, PREFERENCES
from services.messaging.edge import outbox, texts
from services.messaging.edge.outgoing import has_sink
from services.messaging.edge.texts import LIBRARY

Anyone = Annotated[
    RequestContext,
    requires("driver", "logistics", "administration", "analyst", "operator", "billing"),
]
Staff = Annotated[RequestContext, requires("logistics", "administration", "billing")]
Administration = Annotated[RequestContext, requires("administration")]
Public = Annotated[RequestContext, public()]
Language = Literal["en", "fr", "de", "nl", "es", "it", "pt", "sv", "no"]
Status = Literal["queued", "sent", "delivered", "failed"]
NEWEST = Order("newest", (datetime, str))
STAFF = frozenset({"logistics", "administration", "billing"})


def router(running: Running) -> APIRouter:
    """The routes, over what the service has opened."""
    made = APIRouter()
    _messages(made, running)
    _preferences(made)
    _templates(made, running)
    _outside(made, running)
    return made


# --- Messages ---------------------------------------------------------------


def _messages(made: APIRouter, running: Running) -> None:
    async def listed(
        context: RequestContext,
        page: Paging,
        user_id: str | None,
        status: str | None,
        about: str | None,
    ) -> Response:
        after = page.after(NEWEST)
        found = await outbox.page(
            running.pool,
            organisation_id=context.principal.organisation_id,
            user_id=user_id,
            status=status,
            about=about,
            after=(after[0], after[1]) if after else None,
            most=page.fetch,
        )
        return page.answer(found, NEWEST, lambda line: (line.queued_at, line.message_id))

    @made.get("/messages")
    async def list_messages(
        context: Staff,
        page: Paging,
        status: Status | None = None,
        about: Annotated[str | None, Query(max_length=128)] = None,
    ) -> Response:
        """Messages to the people of the organisation, newest first (G-06, S5).

        `about` names what they speak of, like `trip/T1`.
        """
        return await listed(context, page, None, status, about)

    @made.get("/messages/mine")
    async def my_messages(context: Anyone, page: Paging, status: Status | None = None) -> Response:
        """Messages to oneself, newest first."""
        return await listed(context, page, context.principal.subject, status, None)

    @made.get("/messages/{message_id}")
    async def show_message(message_id: Id, context: Anyone) -> Response:
        """How a message stands, with each attempt; its words are for its recipient alone."""
        found = await context.load(MESSAGE, message_id)
        if isinstance(found.state, message.Unknown):
            raise context.refuse(message.NoSuchMessage())
        person = (await context.load(PREFERENCES, found.state.queued.user_id)).state
        if not isinstance(person, preferences.Recipient) or not _may_see(context, person):
            raise context.refuse(message.NoSuchMessage())
        shown = bodies.status(found.state) | {"events": await _events(running, message_id)}
        if person.contact.user_id == context.principal.subject:
            shown["letter"] = _letter(found.state, person, running.settings.portal)
        return context.show(shown, found)


def _may_see(context: RequestContext, person: preferences.Recipient) -> bool:
    if person.contact.organisation_id != context.principal.organisation_id:
        return False
    return person.contact.user_id == context.principal.subject or bool(
        STAFF & context.principal.roles
    )


async def _events(running: Running, message_id: str) -> list[dict[str, Any]]:
    """What happened, without the private facts it began with."""
    entries = await running.commands.history(MESSAGE, message_id)
    return [
        {"type": entry.type, "what": entry.event, "recorded_at": entry.recorded_at}
        for entry in entries
        if not isinstance(entry.event, MessageQueued)
    ]


def _letter(
    found: message.Message, person: preferences.Recipient, portal: str
) -> letters.Letter | None:
    """The words as they were sent; the language and version are those of the time."""
    plan = getattr(found, "plan", None)
    if isinstance(found, message.Unknown) or plan is None:
        return None
    try:
        return texts.letter(found.queued, plan, person, portal)
    except (letters.NoSuchTemplate, letters.NotFilled):
        return None


# --- Preferences ------------------------------------------------------------


def _preferences(made: APIRouter) -> None:
    @made.get("/preferences")
    async def show_preferences(context: Anyone) -> Response:
        """What one wants to be told, how and when; the whole matrix (HIF-41)."""
        found = await context.load(PREFERENCES, context.principal.subject)
        person = found.state
        if not isinstance(person, preferences.Recipient) or not _may_see(context, person):
            raise context.refuse(preferences.NoSuchRecipient())
        return context.show(bodies.preferences_shown(person), found)

    @made.put("/preferences")
    async def choose_preferences(body: bodies.PreferencesBody, context: Anyone) -> Response:
        """Choose what one wants to be told, how and when. Money and security come anyway."""
        command = preferences.Choose(
            user_id=context.principal.subject,
            organisation_id=context.principal.organisation_id,
            choices=body.chosen(),
            quiet_hours=body.quiet(),
            time_zone=body.time_zone,
            at=context.occurred_at,
        )
        return await context.handle(PREFERENCES, context.principal.subject, command)


# --- Templates --------------------------------------------------------------


def _templates(made: APIRouter, running: Running) -> None:
    @made.get("/templates")
    async def list_templates(context: Administration) -> Response:
        """Every template with its versions and the facts it shows."""
        items = [
            {"name": name, "version": version, "facts": sorted(found.sample)}
            for (name, version), found in sorted(LIBRARY.templates.items())
        ]
        body = {"items": items, "languages": letters.LANGUAGES}
        return Response(to_json(body), media_type="application/json")

    @made.get("/templates/{name}/preview")
    async def preview_template(
        name: Id,
        context: Administration,
        language: Language = "en",
        version: Annotated[int | None, Query(ge=1, le=2**31 - 1)] = None,
    ) -> Response:
        """A template with its sample facts, in one language, as a mail and as a text message."""
        try:
            found = LIBRARY.template(name, version or LIBRARY.latest(name))
        except letters.NoSuchTemplate as error:
            raise Problem(404, "no-such-template", "There is no such template.") from error
        facts = {"portal": running.settings.portal, **found.sample}
        letter = LIBRARY.write(found, language, facts)
        body = {"name": found.name, "version": found.version, "letter": letter}
        return Response(to_json(body), media_type="application/json")


# --- The outside ------------------------------------------------------------


def _outside(made: APIRouter, running: Running) -> None:
    @made.post("/receipts/sms", status_code=202)
    async def take_receipt(
        body: bodies.ReceiptBody,
        context: Public,
        request: Request,
        relais_signature: Annotated[str, Header(max_length=200)] = "",
    ) -> Response:
        """The gateway says what became of a message; signed, and safe to repeat (S5).

        404 for one we do not know yet: the gateway tries again.
        """
        secret = running.settings.sms_secret.get_secret_value()
        if not sms.is_signed(secret, await request.body(), relais_signature, context.at):
            raise Problem(401, "bad-signature", "The signature is not the gateway's.")
        known = await receipts.settle(running.pool, body.reference, "sms", body.status, body.reason)
        if not known:
            raise context.refuse(message.NoSuchMessage())
        return Response(to_json({"reference": body.reference}), 202, media_type="application/json")

    @made.get("/inbox", response_class=HTMLResponse)
    async def show_inbox(context: Public, request: Request) -> Response:
        """Mail of a laptop, as a page; for this machine only, and only while no server is set."""
        if not has_sink(running) or not _from_here(request):
            raise Problem(404, "no-inbox", "Mail is not kept here.")
        page = sink.page(await sink.kept(running.pool))
        policy = {"Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'"}
        return HTMLResponse(page, headers={**policy, "Cache-Control": "no-store"})


def _from_here(request: Request) -> bool:
    """Asked from this machine under a name of this machine, not through a proxy."""
    client = request.client.host if request.client else ""
    named = request.url.hostname or ""
    forwarded = "x-forwarded-for" in request.headers or "forwarded" in request.headers
    return client in sink.LOCAL_NAMES and named in sink.LOCAL_NAMES and not forwarded
