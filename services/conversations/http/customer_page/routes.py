"""The page of a thread, for a customer in a browser: read by a link, and written in by a form.

It works without scripts. Nothing that only fetches it counts as somebody who reads it
([ADR 74](docs/adr/0074-fetching-a-page-is-not-reading-it.md)).
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from typing import Annotated
from zoneinfo import ZoneInfo

from starlette.requests import Request
from starlette.responses import Response

from contracts.dealers import Dealership
from infra.catalogues import ENGLISH, Language, language_of
from infra.host import Running
from infra.http import readable_ids
from infra.http.answers import Content, Router
from infra.http.customer_pages import houses
from infra.http.customer_pages import threads as links
from infra.http.customer_pages.acting import carried_out
from infra.http.customer_pages.browsers import browser_of, remember
from infra.http.customer_pages.doors import (
    Anybody,
    Asked,
    Chosen,
    Fields,
    Html,
    NoPage,
    NotTaken,
    Sender,
    Token,
    holder_of,
    refuse_others,
)
from infra.http.customer_pages.site import Site, back_to
from infra.http.customer_pages.words import Words
from infra.http.problems import Problem, slug_of
from infra.http.request_context import RequestContext
from infra.lookups import dealerships
from services.conversations import thread
from services.conversations.aggregates import THREAD
from services.conversations.http.access import require_chat, subscribed
from services.conversations.http.answers import Links
from services.conversations.http.customer_page.showing import show
from services.conversations.http.matters import customer_of, opening, thread_of_case
from services.conversations.lookups import interventions_case
from services.conversations.lookups.interventions_case import Case, Link
from services.conversations.read_models import threads

SITE = Site("conversations", "services.conversations.http.customer_page")
MOST_MESSAGE = 4_000
ERRORS: Mapping[str, str] = {
    slug_of(thread.ThreadIsClosed): "error_closed",
    slug_of(thread.ThreadIsFull): "error_full",
    "not-licensed": "error_no_chat",
}
"""The page says these of the rules that say no, and one thing of all others."""
Plain = Annotated[Response, Content("text/plain")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """Somebody who came by a good link, and the thread that it opens."""

    context: RequestContext
    case: Case
    link: Link
    dealership: Dealership
    here: str
    thread_id: str
    state: thread.State
    words: Words
    forwarded: bool
    """Another browser has the link: they read alone."""


@dataclass(frozen=True, slots=True)
class Pages:
    """The page over the keys that make links, at the address that these begin with."""

    masters: dict[str, bytes]
    address: str

    async def inside(self, asked: Asked, then: Callable[[Door], Awaitable[Response]]) -> Response:
        """The answer behind the door, or a page that says why it stays shut."""
        try:
            refuse_others(asked.request)
            return await then(await self.door(asked))
        except NoPage as none:
            return SITE.gone(none, asked.chosen or asked.context.language)

    async def door(self, asked: Asked) -> Door:
        """The thread that a link opens now. Raises `NoPage`.

        A link that somebody took back opens no thread either; one of a former version still does.
        """
        context = asked.context
        if (named := links.read(self.masters, asked.token)) is None:
            raise NoPage("gone_unknown", 404)
        case_id, link_id = named
        found = await context.lookup(interventions_case.lookup, case_id)
        if found is None or found.state == interventions_case.GONE:
            raise NoPage("gone_unknown", 404)
        if found.state == interventions_case.CLOSED:
            raise NoPage("gone_closed", 410)
        link = found.link(link_id)
        if link is None or (link.expires_at is not None and link.expires_at <= context.at):
            raise NoPage("gone_void", 410)
        dealership = await context.lookup(dealerships.lookup, found.dealership_id)
        if dealership is None:
            raise NoPage("gone_unknown", 404)
        thread_id = thread_of_case(found, link.recipient_id)
        state = (await context.load(THREAD, thread_id)).state
        who = holder_of(case_id, link_id, found.organisation_id)
        known = await context.lookup(interventions_case.recipients, case_id, link.recipient_id)
        own = language_of(known.language) if known else None
        language = asked.chosen or own or language_of(dealership.default_language) or ENGLISH
        return Door(
            context=context.as_principal(who),
            case=found,
            link=link,
            dealership=dealership,
            here=f"{links.PAGE}/{asked.token}",
            thread_id=thread_id,
            state=state,
            words=SITE.words(language, ZoneInfo(found.time_zone)),
            forwarded=link.is_forwarded(browser_of(asked.request, case_id, link_id)),
        )

    async def look(self, asked: Asked) -> Response:
        """The page for whoever comes."""

        async def whole(door: Door) -> Response:
            organisation_id = door.case.organisation_id
            colleague = await asked.by_colleague(organisation_id)
            page = self.written(door, asked.chosen, tells=not colleague and not door.forwarded)
            remember(asked.request, page)
            return page

        return await self.inside(asked, whole)

    async def tell(self, asked: Asked) -> Response:
        """Note that somebody has so many messages before their eyes."""
        fields = await asked.fields()

        async def told(door: Door) -> Response:
            organisation_id = door.case.organisation_id
            colleague = await asked.by_colleague(organisation_id)
            reads = not colleague and not door.forwarded
            if reads and isinstance(door.state, thread.Open | thread.Closed):
                command = thread.ReadMessages(
                    reader=None, messages=seen(fields), at=door.context.at
                )
                try:
                    await door.context.perform(THREAD, door.thread_id, command)
                except Problem as problem:
                    return Response(status_code=problem.status_code)
            return Response(status_code=204)

        return await self.inside(asked, told)

    async def count(self, asked: Asked) -> Response:
        """How many messages there are."""

        async def counted(door: Door) -> Response:
            row = await door.context.lookup(threads.view, door.thread_id)
            return Response(str(row.messages if row else 0), media_type="text/plain")

        return await self.inside(asked, counted)

    async def write(self, asked: Asked) -> Response:
        """The page after a message, or with what was entered and why it was not taken."""
        fields = await asked.fields()

        async def done(door: Door) -> Response:
            entered = fields.get("message", "")[:MOST_MESSAGE]
            if await asked.by_colleague(door.case.organisation_id):
                # They would be recorded as the customer.
                return self.written(
                    door,
                    asked.chosen,
                    tells=False,
                    error="error_signed_in",
                    entered=entered,
                    status=403,
                )
            outcome = await carried_out(self.message(door, fields), ERRORS)
            if outcome.is_done:
                return back_to(door.here, asked.chosen)
            return self.written(
                await self.door(asked),
                asked.chosen,
                error=outcome.error,
                entered=entered,
                status=outcome.status,
            )

        return await self.inside(asked, done)

    async def message(self, door: Door, fields: Fields) -> None:
        """Write to the dealership; the first message opens the thread."""
        if door.forwarded:
            raise NotTaken("forwarded")
        text, context = fields.get("message", "").strip(), door.context
        if not 0 < len(text) <= MOST_MESSAGE:
            raise NotTaken("error_message")
        await require_chat(context, door.case.dealership_id)
        recipient_id = door.link.recipient_id
        address = f"{self.address}{door.here}"
        customer = await customer_of(context, door.case, recipient_id, address)
        first = await opening(context, door.case, recipient_id, customer, None)
        step = replace(context, idempotency_key=f"{context.idempotency_key}.open")
        opened = (await step.perform(THREAD, door.thread_id, first)).state
        if not isinstance(opened, thread.Open | thread.Closed):
            raise context.refuse(thread.NoSuchThread())
        command = thread.WriteMessage(
            author=None,
            message_id=context.new_id(readable_ids.MESSAGE),
            message=text,
            read=seen(fields),
            subscribed=await subscribed(context, opened.thread),
            customer=customer,
            at=context.at,
        )
        await context.perform(THREAD, door.thread_id, command)

    def written(
        self,
        door: Door,
        chosen: Language | None,
        *,
        tells: bool = True,
        error: str | None = None,
        entered: str = "",
        status: int = 200,
    ) -> Response:
        """The page of whoever came by a link; `tells` is whether it says when somebody reads it."""
        house = houses.house_of(door.dealership, door.case.brand)
        page = show(door.state, house, door.words, Links(self.masters, door.context.at).to)
        facts = {
            "page": page,
            "tells": tells,
            "forwarded": door.forwarded,
            "error": error,
            "entered": entered,
        }
        return SITE.written(
            "thread.html",
            door.words,
            facts,
            here=door.here,
            chosen=chosen,
            colour=house.colour,
            status=status,
        )


def seen(fields: Fields) -> int:
    """How many messages the page of a form had; none where it does not say so."""
    text = fields.get("shown", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 6 else 0


def router(running: Running) -> Router:
    """The routes. They are for browsers, and no part of the API that documents tell of."""
    pages = Pages(running.settings.masters, running.settings.pages_url)
    routes = Router("Page in a browser")
    routes.include_in_schema = False
    SITE.serve_assets(routes)

    @routes.get("/page/{token}")
    async def look(token: Token, context: Anybody, request: Request, lang: Chosen = None) -> Html:
        """The page. Fetching it changes nothing; its script says when somebody reads it."""
        return await pages.look(Asked(context, token, request, lang))

    @routes.get("/page/{token}/count")
    async def count(token: Token, context: Anybody, request: Request) -> Plain:
        """How many messages there are: the script of the page asks again and again."""
        return await pages.count(Asked(context, token, request, None))

    @routes.post("/page/{token}/opened")
    async def read(token: Token, context: Sender, request: Request, lang: Chosen = None) -> Html:
        """Somebody has the page before their eyes."""
        return await pages.tell(Asked(context, token, request, lang))

    @routes.post("/page/{token}/messages")
    async def write(token: Token, context: Sender, request: Request, lang: Chosen = None) -> Html:
        """Write to the dealership (G-51)."""
        return await pages.write(Asked(context, token, request, lang))

    return routes
