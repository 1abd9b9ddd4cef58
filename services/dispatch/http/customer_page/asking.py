"""The page on which anybody asks a marketplace for a service, in a browser.

It works without scripts. Its link is that of the marketplace, not of a person: the operator puts it
on its site. What was asked for has a page of its own afterwards, which the customer is mailed
([ADR 91](docs/adr/0091-customers-choose-a-place-that-the-operator-lists.md)).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from babel.core import get_global
from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import Response

from contracts.dispatch.request_v1 import Participant
from contracts.marketplace.marketplace_v1 import Locality
from contracts.providers import Marketplace
from infra.http import readable_ids
from infra.http.answers import Router
from infra.http.auth import FRANCE, Principal
from infra.http.clients import client_of
from infra.http.customer_pages.acting import done_by_customer
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
)
from infra.http.customer_pages.houses import House
from infra.http.customer_pages.site import back_to
from infra.http.customer_pages.words import Words
from infra.http.models import PointBody
from infra.http.problems import slug_of
from infra.http.request_context import RequestContext
from services.dispatch import request
from services.dispatch.adapters.asking import Asking
from services.dispatch.aggregates import REQUEST
from services.dispatch.http.customer_page.routes import SITE
from services.dispatch.http.customer_page.showing import service_name
from services.dispatch.http.fields import WantedBody
from services.dispatch.http.links import HERE, Doors
from services.dispatch.http.requests import admit, creation
from services.dispatch.lookups import marketplace_marketplace

FIELDS = (
    *("service_code", "locality", "address", "wanted_from", "wanted_until", "details"),
    *("customer_name", "customer_email", "customer_phone"),
)
"""The form has these; `error_` and the name of one is the text for what is wrong with it."""
MOST_ENTERED = 4_000
"""Characters of a field that are shown again."""
ERRORS: Mapping[str, str] = {
    "asked-too-often": "error_too_often",
    "idempotency-key-reused": "error_changed",
    "unknown-reference": "error_service_code",
    # The form was read as the API reads a body; what is left is a number that nobody has.
    "invalid-request": "error_customer_phone",
    slug_of(request.WantedTimeNotPossible): "error_wanted_until",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """Somebody who came by the link of a marketplace at which something can be asked for."""

    context: RequestContext
    token: str
    marketplace: Marketplace
    words: Words

    @property
    def here(self) -> str:
        return f"/{HERE}/door/{self.token}"

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.marketplace.time_zone)


@dataclass(frozen=True, slots=True)
class Option:
    """A thing that can be chosen; `value` is what the form says."""

    value: str
    called: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    house: House
    services: tuple[Option, ...]
    localities: tuple[Option, ...]
    now: str
    """As an input of a time has it."""
    error: str | None
    fault: str | None
    """The field that the error is about."""
    entered: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Pages:
    """The page over the links and the count of those who ask."""

    doors: Doors
    counted: Asking

    async def door(self, asked: Asked) -> Door:
        """The marketplace that a link is for. Raises `NoPage`."""
        marketplace_id = await self.doors.marketplace_of(asked.token)
        if marketplace_id is None:
            raise NoPage("gone_unknown", 404)
        kept = await asked.context.lookup(marketplace_marketplace.lookup, marketplace_id)
        known = kept.marketplace[0] if kept else None
        if known is None or not (known.active and known.services and known.localities):
            raise NoPage("gone_not_now", 404)
        # Whoever asks there is where the marketplace is, and dials as one does there.
        country = get_global("zone_territories").get(known.time_zone, FRANCE)
        who = Principal("link:door", marketplace_id, frozenset(), country=country)
        context = asked.context.as_principal(who)
        language = asked.chosen or asked.context.language
        words = SITE.words(language, ZoneInfo(known.time_zone))
        return Door(context=context, token=asked.token, marketplace=known, words=words)

    async def look(self, asked: Asked) -> Response:
        """The page for whoever comes."""

        async def whole(door: Door) -> Response:
            return written(door, asked, {})

        return await SITE.behind(asked, self.door, whole)

    async def ask(self, asked: Asked) -> Response:
        """The page of the request that was made, or this one with what was entered and why it was
        not taken."""
        fields = await asked.fields()

        async def done(door: Door) -> Response:
            client = client_of(asked.request.scope)
            outcome = await done_by_customer(
                asked,
                door.marketplace.marketplace_id,
                lambda: self.create(door, fields, client),
                ERRORS,
            )
            if outcome.error is not None:
                page = written(door, asked, fields, error=outcome.error, status=outcome.status)
                page.headers.update(outcome.headers)
                return page
            link = await self.doors.to_request(id_of(door))
            return back_to(f"/{HERE}/page/{link.rpartition('/')[2]}", asked.chosen)

        return await SITE.behind(asked, self.door, done)

    async def create(self, door: Door, fields: Fields, client: str) -> None:
        body = wish_in(fields, door)
        command = await creation(
            self.doors,
            door.context,
            door.marketplace.marketplace_id,
            body,
            None,
            Participant.CUSTOMER,
        )
        await admit(self.counted, door.context, command, client)
        await door.context.perform(REQUEST, command.request_id, command)


def id_of(door: Door) -> str:
    """The request that the form makes, the same when it is sent again."""
    return door.context.new_id(readable_ids.SERVICE_REQUEST)


def written(
    door: Door,
    asked: Asked,
    entered: Fields,
    *,
    error: str | None = None,
    status: int = 200,
) -> Response:
    known, fault = door.marketplace, (error or "").removeprefix("error_")
    services = (
        Option(one.service_code, service_name(known, one.service_code, door.words.language))
        for one in known.services
    )
    localities = (
        Option(value_of(one), f"{one.postal_code} {one.locality}") for one in known.localities
    )
    page = Page(
        house=House(name=known.marketplace_name),
        services=tuple(sorted(services, key=lambda one: one.called.casefold())),
        localities=tuple(sorted(localities, key=lambda one: one.called.casefold())),
        now=door.context.at.astimezone(door.zone).strftime("%Y-%m-%dT%H:%M"),
        error=error,
        fault=fault if fault in FIELDS else None,
        entered={name: entered.get(name, "")[:MOST_ENTERED] for name in FIELDS},
    )
    return SITE.written(
        "ask.html", door.words, {"page": page}, here=door.here, chosen=asked.chosen, status=status
    )


def value_of(one: Locality) -> str:
    """A place as the form names it."""
    return f"{one.postal_code} {one.commune_code}"


def wish_in(fields: Fields, door: Door) -> WantedBody:
    """The wish, as the API takes one. Raises `NotTaken` for the first field that is not as it
    should be."""
    named = fields.get("locality", "")
    place = next((one for one in door.marketplace.localities if value_of(one) == named), None)
    if place is None:
        raise NotTaken("error_locality")
    centre = place.centre
    try:
        return WantedBody(
            service_code=fields.get("service_code", ""),
            customer_name=fields.get("customer_name", ""),
            customer_email=fields.get("customer_email", ""),
            customer_phone=fields.get("customer_phone", "").strip() or None,
            language=door.words.language,
            address=fields.get("address", ""),
            place=PointBody(latitude=centre.latitude, longitude=centre.longitude),
            locality=place.locality,
            postal_code=place.postal_code,
            commune_code=place.commune_code,
            details=fields.get("details", "").strip() or None,
            wanted_from=time_in(fields, "wanted_from", door.zone),
            wanted_until=time_in(fields, "wanted_until", door.zone),
        )
    except ValidationError as error:
        raise NotTaken(f"error_{error.errors()[0]['loc'][0]}") from error


def time_in(fields: Fields, name: str, zone: ZoneInfo) -> datetime:
    """A time by the clock of the marketplace. Raises `NotTaken`."""
    try:
        at = datetime.fromisoformat(fields.get(name, ""))
        if at.tzinfo is not None:
            raise NotTaken(f"error_{name}")
        return at.replace(tzinfo=zone).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise NotTaken(f"error_{name}") from error


def router(doors: Doors, counted: Asking) -> Router:
    """The routes. They are for browsers, and no part of the API that documents tell of."""
    pages = Pages(doors, counted)
    routes = Router("Page to ask on")
    routes.include_in_schema = False

    @routes.get("/door/{token}")
    async def look(token: Token, context: Anybody, request: Request, lang: Chosen = None) -> Html:
        """The page. Fetching it changes nothing."""
        return await pages.look(Asked(context, token, request, lang))

    @routes.post("/door/{token}")
    async def ask(token: Token, context: Sender, request: Request, lang: Chosen = None) -> Html:
        """Ask for a service."""
        return await pages.ask(Asked(context, token, request, lang))

    return routes
