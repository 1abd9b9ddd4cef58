"""The page of a reminder, for people in browsers: read by a link, and answered by its forms.

It works without scripts. Nothing that only fetches it counts as somebody who reads it
([ADR 74](docs/adr/0074-fetching-a-page-is-not-reading-it.md)).
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from zoneinfo import ZoneInfo

from starlette.requests import Request
from starlette.responses import Response

from contracts.decisions import Changed
from infra import file_links
from infra.catalogues import ENGLISH, language_of
from infra.host import Running
from infra.http.answers import Router
from infra.http.customer_pages.acting import carried_out
from infra.http.customer_pages.doors import (
    ONE_CLICK,
    Anybody,
    Asked,
    Chosen,
    Fields,
    Html,
    MailProgram,
    NoPage,
    Sender,
    Token,
    holder_of,
    refuse_all_but_one_click,
    refuse_others,
)
from infra.http.customer_pages.houses import house_of
from infra.http.customer_pages.links import Links
from infra.http.customer_pages.site import Site, back_to
from infra.http.customer_pages.words import Words
from infra.http.problems import Problem, changed, slug_of
from infra.http.request_context import RequestContext
from infra.vault import Vault
from services.reminders import reminder
from services.reminders.adapters.links import of_reminders
from services.reminders.aggregates import REMINDER
from services.reminders.http import access
from services.reminders.http.customer_page.showing import content_of, show
from services.reminders.reminder import answering
from services.reminders.reminder.matter import Matter

HERE = "/reminders/page"
SITE = Site("reminders", "services.reminders.http.customer_page")
FILES_OPEN = timedelta(hours=6)
"""How long the files of a page that is open can be looked at."""
WORK = "work."
ERRORS: Mapping[str, str] = {
    "idempotency-key-reused": "error_answered",
    slug_of(Changed): "error_changed",
    slug_of(answering.NoWorkChosen): "error_none",
    slug_of(answering.NothingToBook): "error_no_link",
    slug_of(answering.NoSuchWork): "error_changed",
    slug_of(reminder.ReminderIsAnswered): "error_answered",
}
"""The page says these of the rules that say no, and one thing of all others."""
Shown = reminder.Pending | reminder.Sent | reminder.Read | reminder.Answered


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """Somebody who came by a good link, and the reminder that it opens."""

    context: RequestContext
    token: str
    reminder_id: str
    state: Shown
    words: Words

    @property
    def here(self) -> str:
        return f"{HERE}/{self.token}"

    @property
    def held(self) -> Matter:
        return self.state.matter


Act = Callable[[Door, Fields], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Pages:
    """The page over what the service has opened."""

    links: Links
    masters: Mapping[str, bytes]

    async def inside(self, asked: Asked, then: Callable[[Door], Awaitable[Response]]) -> Response:
        """The answer behind the door, or a page that says why it stays shut."""
        try:
            refuse_others(asked.request)
            return await then(await self.door(asked))
        except NoPage as none:
            return SITE.gone(none, asked.chosen or asked.context.language)

    async def door(self, asked: Asked) -> Door:
        """The reminder that a link opens now. Raises `NoPage`."""
        if (found := await self.links.read(asked.token)) is None:
            raise NoPage("gone_unknown", 404)
        reminder_id, link_id = found
        state = (await asked.context.load(REMINDER, reminder_id)).state
        if isinstance(state, reminder.Stopped):
            raise NoPage("gone_ended", 410)
        if isinstance(state, reminder.Uncreated | reminder.Closed):
            raise NoPage("gone_unknown", 404)
        held = state.matter
        if not held.invitations:
            raise NoPage("gone_unknown", 404)
        told = [*held.invitations.values()][-1]
        language = asked.chosen or language_of(told.language) or ENGLISH
        who = holder_of(reminder_id, link_id, held.created.organisation_id)
        return Door(
            context=asked.context.as_principal(who),
            token=asked.token,
            reminder_id=reminder_id,
            state=state,
            words=SITE.words(language, ZoneInfo(held.created.time_zone)),
        )

    async def look(self, asked: Asked) -> Response:
        """The page for whoever comes."""

        async def whole(door: Door) -> Response:
            organisation_id = door.context.principal.organisation_id
            colleague = await asked.by_colleague(organisation_id)
            return await self.written(asked, door, tells=not colleague)

        return await self.inside(asked, whole)

    async def tell(self, asked: Asked) -> Response:
        """Note that somebody has the page before their eyes."""
        fields = await asked.fields()

        async def told(door: Door) -> Response:
            organisation_id = door.context.principal.organisation_id
            if not await asked.by_colleague(organisation_id):
                try:
                    await open_page(door, fields)
                except Problem as problem:
                    return Response(status_code=problem.status_code)
            return Response(status_code=204)

        return await self.inside(asked, told)

    async def act(self, asked: Asked, act: Act) -> Response:
        """The page after an act, or with what was chosen and why it was not taken."""
        fields = await asked.fields()

        async def done(door: Door) -> Response:
            organisation_id = door.context.principal.organisation_id
            if await asked.by_colleague(organisation_id):
                # They would be recorded as the customer.
                error = "error_signed_in"
                chosen = chosen_in(fields)
                return await self.written(asked, door, chosen, error, 403, tells=False)
            outcome = await carried_out(act(door, fields), ERRORS)
            if outcome.is_done:
                return back_to(door.here, asked.chosen)
            again = await self.door(asked)
            return await self.written(
                asked, again, chosen_in(fields), outcome.error, outcome.status
            )

        return await self.inside(asked, done)

    async def unsubscribe(self, asked: Asked) -> Response:
        """End the reminders of a reader by the button of their mail program (RFC 8058), also when
        the reminder itself is over. Never redirects."""
        await refuse_all_but_one_click(asked.request)
        if (found := await self.links.read(asked.token)) is None:
            return SITE.gone(NoPage("gone_unknown", 404), asked.context.language)
        reminder_id, link_id = found
        state = (await asked.context.load(REMINDER, reminder_id)).state
        if isinstance(state, reminder.Uncreated | reminder.Closed) or not state.matter.invitations:
            return SITE.gone(NoPage("gone_unknown", 404), asked.context.language)
        who = holder_of(reminder_id, link_id, state.matter.created.organisation_id)
        # Two programs may write the same form in different words.
        key = f"one-click-{asked.context.fingerprint}"
        context = replace(asked.context.as_principal(who), idempotency_key=key)
        command = answering.DeclineReminders(wording="=".join(ONE_CLICK), at=context.at)
        await context.perform(REMINDER, reminder_id, command)
        return Response(status_code=204)

    async def written(
        self,
        asked: Asked,
        door: Door,
        chosen: frozenset[str] = frozenset(),
        error: str | None = None,
        status: int = 200,
        *,
        tells: bool = True,
    ) -> Response:
        """The page; `tells` is whether it says when somebody reads it."""
        created = door.held.created
        house = house_of(await access.house_of(door.context, created.dealership_id), created.brand)
        end = door.context.at + FILES_OPEN

        def link_to(file_id: str) -> str:
            return file_links.address(self.masters, file_id, end)

        page = show(door.state, house, door.words, link_to, chosen, error)
        return SITE.written(
            "reminder.html",
            door.words,
            {"page": page, "tells": tells},
            here=door.here,
            chosen=asked.chosen,
            colour=house.colour,
            status=status,
        )


# --- Acts -------------------------------------------------------------------


async def open_page(door: Door, fields: Fields, step: str = "") -> None:
    """Somebody has the page before their eyes, with this content. 412 when it is another one."""
    refuse_former(door, fields)
    key = f"{door.context.idempotency_key}{step}"
    context = replace(door.context, idempotency_key=key)
    await context.perform(REMINDER, door.reminder_id, answering.OpenPage(at=door.context.at))


async def book(door: Door, fields: Fields) -> None:
    """Accept what was chosen and refuse the rest (FLB-159). Whoever answers has read the page."""
    await open_page(door, fields, ".read")
    created = door.held.created
    house = await access.house_of(door.context, created.dealership_id)
    command = answering.BookWorks(
        accepted=tuple(sorted(chosen_in(fields))),
        bookable=access.terms_at(house, created.brand).booking_link is not None,
        at=door.context.at,
    )
    await door.context.perform(REMINDER, door.reminder_id, command)


async def refuse(door: Door, fields: Fields) -> None:
    """Refuse all works (FLB-160)."""
    await open_page(door, fields, ".read")
    command = answering.RefuseAll(at=door.context.at)
    await door.context.perform(REMINDER, door.reminder_id, command)


async def contact(door: Door, fields: Fields) -> None:
    """Ask to be called (FLB-162)."""
    await open_page(door, fields, ".read")
    command = answering.RequestContact(at=door.context.at)
    await door.context.perform(REMINDER, door.reminder_id, command)


async def stop(door: Door, _: Fields) -> None:
    """Want no more reminders, by whatever channel; what the page said is kept with it."""
    command = answering.DeclineReminders(
        wording=f"{door.words('stop_me')}. {door.words('stop_about')}", at=door.context.at
    )
    await door.context.perform(REMINDER, door.reminder_id, command)


def chosen_in(fields: Fields) -> frozenset[str]:
    """The works that are chosen in a form."""
    return frozenset(name.removeprefix(WORK) for name in fields if name.startswith(WORK))


def refuse_former(door: Door, fields: Fields) -> None:
    """Raises a 412 `Problem` for a form of a page with other works than it has now."""
    seen, now = fields.get("shown", ""), content_of(door.held)
    if seen != now:
        raise changed(Changed({"shown": seen}, {"shown": now}))


def router(running: Running) -> Router:
    """The routes. They are for browsers, and no part of the API that documents tell of."""
    masters = running.settings.masters
    pages = Pages(of_reminders(Vault(running.pool, masters)), masters)
    routes = Router("Page in a browser")
    routes.include_in_schema = False

    SITE.serve_assets(routes)

    @routes.get("/page/{token}")
    async def look(token: Token, context: Anybody, request: Request, lang: Chosen = None) -> Html:
        """The page. Fetching it changes nothing; its script says when somebody reads it."""
        return await pages.look(Asked(context, token, request, lang))

    @routes.post("/page/{token}")
    async def unsubscribe(token: Token, context: MailProgram, request: Request) -> Html:
        """Want no more reminders, by the button of a mail program (R3)."""
        return await pages.unsubscribe(Asked(context, token, request, None))

    @routes.post("/page/{token}/opened")
    async def read(token: Token, context: Sender, request: Request, lang: Chosen = None) -> Html:
        """Somebody has the page before their eyes."""
        return await pages.tell(Asked(context, token, request, lang))

    @routes.post("/page/{token}/booking")
    async def booking(token: Token, context: Sender, request: Request, lang: Chosen = None) -> Html:
        """Choose works, and go on to the dealership's appointments (FLB-159)."""
        return await pages.act(Asked(context, token, request, lang), book)

    @routes.post("/page/{token}/refusal")
    async def refusal(token: Token, context: Sender, request: Request, lang: Chosen = None) -> Html:
        """Refuse all works (FLB-160)."""
        return await pages.act(Asked(context, token, request, lang), refuse)

    @routes.post("/page/{token}/contact")
    async def call(token: Token, context: Sender, request: Request, lang: Chosen = None) -> Html:
        """Ask to be called (FLB-162)."""
        return await pages.act(Asked(context, token, request, lang), contact)

    @routes.post("/page/{token}/stop")
    async def decline(token: Token, context: Sender, request: Request, lang: Chosen = None) -> Html:
        """Want no more reminders (R3)."""
        return await pages.act(Asked(context, token, request, lang), stop)

    return routes
