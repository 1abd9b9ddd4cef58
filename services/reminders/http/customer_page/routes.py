"""The page of a reminder, for people in browsers: read by a link, and answered by its forms.

It works without scripts. Nothing that only fetches it counts as somebody who reads it
([ADR 74](docs/adr/0074-fetching-a-page-is-not-reading-it.md)).
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from icalendar import Calendar, Event
from starlette.requests import Request
from starlette.responses import Response

from contracts.dealers import Dealership
from contracts.decisions import Changed
from contracts.reminders.reminder_v1 import (
    AppointmentCancelled,
    AppointmentMade,
    DueWork,
    ReminderCreated,
)
from contracts.reminders.workday_v1 import PlaceTaken
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
    NotTaken,
    Sender,
    Token,
    holder_of,
    refuse_all_but_one_click,
)
from infra.http.customer_pages.houses import house_of
from infra.http.customer_pages.links import Links
from infra.http.customer_pages.site import Site, back_to
from infra.http.customer_pages.words import Words
from infra.http.problems import Problem, changed, slug_of
from infra.http.request_context import RequestContext
from infra.vault import Vault
from services.reminders import reminder, workday
from services.reminders.adapters.links import of_reminders
from services.reminders.adapters.terms import person_of
from services.reminders.aggregates import REMINDER, WORKDAY
from services.reminders.http import access
from services.reminders.http.customer_page.showing import content_of, show
from services.reminders.http.reminders import about
from services.reminders.read_models.workdays import SlotOfDay, free_slots
from services.reminders.reminder import answering, booking
from services.reminders.reminder.matter import Matter

HERE = "/reminders/page"
SITE = Site("reminders", "services.reminders.http.customer_page")
FILES_OPEN = timedelta(hours=6)
"""How long the files of a page that is open can be looked at."""
WORK, SLOT = "work.", "slot"
ERRORS: Mapping[str, str] = {
    "idempotency-key-reused": "error_answered",
    slug_of(Changed): "error_changed",
    slug_of(answering.NoWorkChosen): "error_none",
    slug_of(answering.NothingToBook): "error_no_link",
    slug_of(workday.SlotIsFull): "error_full",
    slug_of(workday.SlotNotOffered): "error_slot",
    slug_of(workday.NoSuchWorkday): "error_slot",
    slug_of(answering.NoSuchWork): "error_changed",
    slug_of(reminder.ReminderIsAnswered): "error_answered",
}
"""The page says these of the rules that say no, and one thing of all others."""
Over = reminder.Stopped | reminder.Closed
"""A page of these shows nothing but how to want no more reminders (R3)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """Somebody who came by a good link, and the reminder that it opens."""

    context: RequestContext
    token: str
    reminder_id: str
    state: reminder.Created
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

    async def door(self, asked: Asked) -> Door:
        """The reminder that a link opens. Raises `NoPage` for one that nobody was told of, and for
        one whose customer was erased (FLB-123)."""
        if (found := await self.links.read(asked.token)) is None:
            raise NoPage("gone_unknown", 404)
        reminder_id, link_id = found
        state = (await asked.context.load(REMINDER, reminder_id)).state
        if isinstance(state, reminder.Uncreated) or not state.matter.invitations:
            raise NoPage("gone_unknown", 404)
        held = state.matter
        person = await person_of(asked.context.lookups, about(held), asked.context.at)
        if person.erased:
            raise NoPage("gone_void", 410)
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

        return await SITE.behind(asked, self.door, whole)

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

        return await SITE.behind(asked, self.door, told)

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

        return await SITE.behind(asked, self.door, done)

    async def unsubscribe(self, asked: Asked) -> Response:
        """End the reminders of a reader by the button of their mail program (RFC 8058), also when
        the reminder itself is over. Never redirects."""
        await refuse_all_but_one_click(asked.request)
        if (found := await self.links.read(asked.token)) is None:
            return SITE.gone(NoPage("gone_unknown", 404), asked.context.language)
        reminder_id, link_id = found
        state = (await asked.context.load(REMINDER, reminder_id)).state
        if isinstance(state, reminder.Uncreated) or not state.matter.invitations:
            return SITE.gone(NoPage("gone_unknown", 404), asked.context.language)
        who = holder_of(reminder_id, link_id, state.matter.created.organisation_id)
        # Two programs may write the same form in different words.
        key = f"one-click-{asked.context.fingerprint}"
        context = replace(asked.context.as_principal(who), idempotency_key=key)
        command = answering.DeclineReminders(wording="=".join(ONE_CLICK), at=context.at)
        await context.perform(REMINDER, reminder_id, command)
        return Response(status_code=204)

    async def calendar(self, asked: Asked) -> Response:
        """The appointment for a calendar program (R11): the same entry once it is cancelled."""

        async def entry(door: Door) -> Response:
            if (known := door.held.appointment) is None:
                raise NoPage("gone_unknown", 404)
            created = door.held.created
            house = await access.house_of(door.context, created.dealership_id)
            called = access.terms_at(house, created.brand).dealership_name
            content = entry_of(created.reminder_id, called, known)
            headers = {"Cache-Control": "no-store"}
            return Response(content, media_type="text/calendar", headers=headers)

        return await SITE.behind(asked, self.door, entry)

    async def due_dates(self, asked: Asked) -> Response:
        """The days by which the works are due, for a calendar program; 404 without any."""

        async def entries(door: Door) -> Response:
            due = [one for one in door.held.open_works if one.due_on is not None]
            if isinstance(door.state, reminder.Answered) or not due:
                raise NoPage("gone_unknown", 404)
            created = door.held.created
            house = await access.house_of(door.context, created.dealership_id)
            called = access.terms_at(house, created.brand).dealership_name
            headers = {"Cache-Control": "no-store"}
            content = due_entries(created, called, due)
            return Response(content, media_type="text/calendar", headers=headers)

        return await SITE.behind(asked, self.door, entries)

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
        if isinstance(door.state, Over):
            return ended(asked, door, error)
        created = door.held.created
        house = house_of(await access.house_of(door.context, created.dealership_id), created.brand)
        end = door.context.at + FILES_OPEN

        def link_to(file_id: str) -> str:
            return file_links.address(self.masters, file_id, end)

        slots = [one.starts_at for one in await free_slots_of(door)]
        page = show(door.state, house, door.words, link_to, slots, chosen, error)
        return SITE.written(
            "reminder.html",
            door.words,
            {"page": page, "tells": tells},
            here=door.here,
            chosen=asked.chosen,
            colour=house.colour,
            status=status,
        )


def ended(asked: Asked, door: Door, error: str | None) -> Response:
    """The page of a reminder that is over, whoever made it or what it was about."""
    facts = {
        "error": error,
        "declined": door.held.declined is not None,
        "shown": content_of(door.held),
    }
    return SITE.written(
        "ended.html", door.words, facts, here=door.here, chosen=asked.chosen, status=410
    )


# --- Acts -------------------------------------------------------------------


async def open_page(door: Door, fields: Fields, name: str = "") -> None:
    """Somebody has the page before their eyes, with this content. 412 when it is another one."""
    refuse_former(door, fields)
    context = step(door, name)
    await context.perform(REMINDER, door.reminder_id, answering.OpenPage(at=door.context.at))


async def book(door: Door, fields: Fields) -> None:
    """Accept what was chosen and refuse the rest (FLB-159). Whoever answers has read the page."""
    await open_page(door, fields, ".read")
    created = door.held.created
    house = await access.house_of(door.context, created.dealership_id)
    slots = await free_slots_of(door)
    command = answering.BookWorks(
        accepted=tuple(sorted(chosen_in(fields))),
        bookable=bool(slots) or access.terms_at(house, created.brand).booking_link is not None,
        at=door.context.at,
    )
    if not command.accepted or not (SLOT in fields or slots):
        await door.context.perform(REMINDER, door.reminder_id, command)
        return
    place = await take_place(door, fields, command.accepted, house)
    appointment = booking.Appointment(place.starts_at, place.ends_at)
    try:
        await door.context.perform(
            REMINDER, door.reminder_id, replace(command, appointment=appointment)
        )
    except Problem:
        if await is_expected(door, place):
            # A form of before: the appointment that was made by another one stands.
            raise
        free = workday.FreePlace(
            workday_id=place.workday_id,
            organisation_id=created.organisation_id,
            reminder_id=door.reminder_id,
            by=None,
            at=door.context.at,
        )
        await step(door, ".free").perform(WORKDAY, place.workday_id, free)
        raise


async def take_place(
    door: Door, fields: Fields, work_ids: tuple[str, ...], house: Dealership
) -> PlaceTaken:
    """The place in the slot that was chosen. Raises `NotTaken` or a `Problem` without one."""
    try:
        starts_at = datetime.fromisoformat(fields.get(SLOT, ""))
        day = starts_at.astimezone(ZoneInfo(house.time_zone)).date()
    except (ValueError, OverflowError) as error:
        raise NotTaken("error_slot") from error
    workday_id = workday.id_of(house.dealership_id, day)
    command = workday.TakePlace(
        organisation_id=door.held.created.organisation_id,
        reminder_id=door.reminder_id,
        starts_at=starts_at,
        work_ids=work_ids,
        at=door.context.at,
    )
    await step(door, ".place").perform(WORKDAY, workday_id, command)
    # A form that comes again is answered as before, whatever became of the place since.
    state = (await door.context.load(WORKDAY, workday_id)).state
    mine = state.taken.get(door.reminder_id) if isinstance(state, workday.Offered) else None
    if mine is None or mine.starts_at != starts_at:
        raise NotTaken("error_slot")
    return mine


async def is_expected(door: Door, place: PlaceTaken) -> bool:
    """Whether the appointment of the reminder, as it is now, is in that place."""
    state = (await door.context.load(REMINDER, door.reminder_id)).state
    known = None if isinstance(state, reminder.Uncreated) else state.matter.appointment
    return isinstance(known, AppointmentMade) and known.starts_at == place.starts_at


async def free_slots_of(door: Door) -> list[SlotOfDay]:
    """The slots that the customer can choose from; none once there is an answer."""
    created, context = door.held.created, door.context
    if isinstance(door.state, reminder.Answered):
        return []
    return await free_slots(
        context.pool, created.organisation_id, created.dealership_id, context.at
    )


def step(door: Door, name: str) -> RequestContext:
    """The request as that of one of the steps of an act."""
    return replace(door.context, idempotency_key=f"{door.context.idempotency_key}{name}")


def entry_of(reminder_id: str, called: str, known: AppointmentMade | AppointmentCancelled) -> bytes:
    """An entry of iCalendar; its id stays the same, so that a cancellation takes it out."""
    cancelled = isinstance(known, AppointmentCancelled)
    made = Calendar.new(prodid="-//Relais//Appointments//EN", version="2.0", method="PUBLISH")
    event = Event.new(
        uid=f"{reminder_id}@appointment.relais",
        summary=called,
        start=known.starts_at,
        end=known.ends_at,
        stamp=known.cancelled_at if isinstance(known, AppointmentCancelled) else known.made_at,
        sequence=int(cancelled),
    )
    event.add("status", "CANCELLED" if cancelled else "CONFIRMED")
    made.add_component(event)
    whole: bytes = made.to_ical()
    return whole


def due_entries(created: ReminderCreated, called: str, works: Iterable[DueWork]) -> bytes:
    """Entries of iCalendar, a whole day each; their ids stay the same, so that none comes twice."""
    made = Calendar.new(
        uid=f"{created.reminder_id}@due.relais",
        prodid="-//Relais//Due works//EN",
        version="2.0",
        method="PUBLISH",
    )
    for work in works:
        event = Event.new(
            uid=f"{created.reminder_id}.{work.work_id}@due.relais",
            summary=f"{work.label} ({called})",
            start=work.due_on,
            stamp=created.created_at,
        )
        event.add("transp", "TRANSPARENT")
        made.add_component(event)
    whole: bytes = made.to_ical()
    return whole


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

    @routes.get("/page/{token}/appointment.ics")
    async def calendar(token: Token, context: Anybody, request: Request) -> Html:
        """The appointment, for a calendar program."""
        return await pages.calendar(Asked(context, token, request, None))

    @routes.get("/page/{token}/due-dates.ics")
    async def due(token: Token, context: Anybody, request: Request) -> Html:
        """The days by which the works are due, for a calendar program."""
        return await pages.due_dates(Asked(context, token, request, None))

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
