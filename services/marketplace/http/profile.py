"""A provider over HTTP: where and when it works, what it wants, who it is to the tax office."""

import asyncio
from typing import Annotated, Self

from pydantic import AfterValidator, Field, StringConstraints, model_validator
from schwifty import IBAN
from schwifty.exceptions import SchwiftyException

from contracts.common_v1 import Zone
from contracts.marketplace import provider_v1
from contracts.marketplace.provider_v1 import (
    AvailabilityChanged,
    CalendarImported,
    DocumentShown,
    IdentityStated,
    MarketingConsentChanged,
    TimeRule,
    ZoneDrawn,
)
from infra import availability
from infra.http.answers import Answer, Answered, Recorded, Router
from infra.http.history import History, HistoryPart
from infra.http.models import Body, Country, Day, Instant, Line, TimeZone
from infra.http.problems import invalid
from infra.http.request_context import RequestContext
from infra.lookups import organisations
from infra.wording import Unfit
from services.marketplace import provider
from services.marketplace.adapters import calendars
from services.marketplace.aggregates import PROVIDER
from services.marketplace.http.access import OwnerContext, ProviderContext
from services.marketplace.http.fields import Number, PostalCode
from services.marketplace.http.relations import ZoneShown, zone_shown
from services.marketplace.http.zones import ZoneBody

router = Router("Profile")

NEXT_STARTS = 5

# --- Bodies -----------------------------------------------------------------


def _clock(text: str) -> str:
    return availability.local(text).strftime("%Y-%m-%dT%H:%M")


def _iban(text: str) -> str:
    try:
        return str(IBAN(text))
    except SchwiftyException as error:
        raise Unfit("iban") from error


ClockTime = Annotated[
    str,
    StringConstraints(max_length=20),
    AfterValidator(_clock),
    Field(examples=["2030-05-06T09:00"]),
]
"""A time by the clock of the rule's zone."""
ClockTimes = Annotated[tuple[ClockTime, ...], Field(max_length=200, strict=False)]


class TimeRuleBody(Body):
    """A time, once or by a rule."""

    starts: ClockTime
    """The first one."""
    minutes: Annotated[int, Field(ge=1, le=availability.MOST_MINUTES)]
    time_zone: TimeZone
    rule: Annotated[str, StringConstraints(max_length=300)] | None = None
    """A rule of RFC 5545, like FREQ=WEEKLY;BYDAY=MO; null for once."""
    left_out: ClockTimes = ()
    """Starts of the rule at which nothing is."""
    added: ClockTimes = ()
    """Starts beside those of the rule."""

    @model_validator(mode="after")
    def _occurs(self) -> Self:
        self.time_rule()
        return self

    def time_rule(self) -> TimeRule:
        """In its one form. Raises `Unfit` for a rule that is none, or never occurs."""
        return TimeRule(
            starts=self.starts,
            minutes=self.minutes,
            time_zone=self.time_zone,
            rule=None if self.rule is None else availability.wanted(self.rule, self.starts),
            left_out=tuple(sorted(set(self.left_out))),
            added=tuple(sorted(set(self.added))),
        )


Rules = Annotated[tuple[TimeRuleBody, ...], Field(max_length=provider.MOST_RULES, strict=False)]


class AvailabilityBody(Body):
    """The times at which one works."""

    open: Rules
    """None: at any time."""
    closed: Rules = ()
    """Exceptions; they count more than what is open."""


class CalendarBody(Body):
    """A calendar that tells when one is busy."""

    ics: Annotated[str, StringConstraints(max_length=calendars.MOST_BYTES)]
    """The text of an .ics file (RFC 5545); empty to forget what was imported."""
    time_zone: TimeZone
    """For events that name no zone."""


class ConsentBody(Body):
    given: bool


class IdentityBody(Body):
    """The provider as the tax office knows it."""

    is_person: bool
    legal_name: Line
    born_on: Day | None = None
    """Of a person."""
    street: Line
    postal_code: PostalCode
    city: Line
    country: Country
    tax_number: Number
    company_number: Number | None = None
    """Of a company, and of a person who has one."""
    vat_number: Number | None = None
    iban: Annotated[str, StringConstraints(max_length=50), AfterValidator(_iban)]


# --- Answers ----------------------------------------------------------------


class TimeRuleShown(Answer):
    starts: str
    minutes: int
    time_zone: str
    rule: str | None
    left_out: tuple[str, ...]
    added: tuple[str, ...]


class ShownPaper(Answer):
    """A document of the company, as it is in the vault."""

    kind: str
    paper_id: str
    file_id: str
    issued_on: Day
    expires_on: Day | None


class IdentityShown(Answer):
    is_person: bool
    legal_name: str
    born_on: str | None
    street: str
    postal_code: str
    city: str
    country: str
    tax_number: str
    company_number: str | None
    vat_number: str | None
    iban: str
    stated_at: Instant


class ProfileShown(Answer):
    """All that a provider said of itself, but for who it is to the tax office."""

    provider_id: str
    zone: ZoneShown | None
    open: tuple[TimeRuleShown, ...]
    closed: tuple[TimeRuleShown, ...]
    busy: tuple[TimeRuleShown, ...]
    """The times that were imported."""
    next_starts: tuple[Instant, ...]
    """When it is open next, by what it said is open."""
    documents: tuple[ShownPaper, ...]
    marketing_consent: bool
    has_identity: bool


class ZoneFact(Answer):
    provider_id: str
    zone: ZoneShown
    drawn_by: str
    drawn_at: Instant


class AvailabilityFact(Answer):
    provider_id: str
    open: tuple[TimeRuleShown, ...]
    closed: tuple[TimeRuleShown, ...]
    changed_by: str
    changed_at: Instant


class CalendarFact(Answer):
    provider_id: str
    busy: tuple[TimeRuleShown, ...]
    imported_by: str
    imported_at: Instant


class DocumentFact(Answer):
    provider_id: str
    document: ShownPaper
    shown_by: str
    shown_at: Instant


class ProviderHistory(
    History,
    of=provider_v1.contract,
    shows={
        ZoneDrawn: ZoneFact,
        AvailabilityChanged: AvailabilityFact,
        CalendarImported: CalendarFact,
        DocumentShown: DocumentFact,
        MarketingConsentChanged: ("provider_id", "given", "changed_by", "changed_at"),
        IdentityStated: ("provider_id", "is_person", "country", "stated_by", "stated_at"),
    },
):
    """Every fact about a provider, oldest first."""


# --- Routes -----------------------------------------------------------------


@router.get("/profile")
async def show_profile(context: ProviderContext) -> Answered[ProfileShown]:
    """Show all that one said of oneself, never stale."""
    found = await context.load(PROVIDER, context.principal.organisation_id)
    known = found.state
    coming = sorted(
        at for rule in known.open for at in availability.next_starts(rule, context.at, NEXT_STARTS)
    )
    return Answered(
        ProfileShown(
            provider_id=context.principal.organisation_id,
            zone=zone_shown(known.zone),
            open=tuple(map(TimeRuleShown.of, known.open)),
            closed=tuple(map(TimeRuleShown.of, known.closed)),
            busy=tuple(map(TimeRuleShown.of, known.busy)),
            next_starts=tuple(coming[:NEXT_STARTS]),
            documents=tuple(map(ShownPaper.of, known.documents)),
            marketing_consent=known.consent is not None and known.consent.given,
            has_identity=known.identity is not None,
        )
    )


@router.get("/profile/history")
async def profile_history(context: ProviderContext, part: HistoryPart) -> Answered[ProviderHistory]:
    """List every fact about oneself."""
    return await context.history(PROVIDER, context.principal.organisation_id, ProviderHistory, part)


@router.put("/profile/zone")
async def draw_zone(body: ZoneBody, context: ProviderContext) -> Answered[Recorded]:
    """Say where one works: a drawing or a list of communes."""
    zone: Zone = body.zone()
    command = provider.DrawZone(
        provider_id=context.principal.organisation_id,
        zone=zone,
        by=context.principal.subject,
        at=context.at,
    )
    return await carry_out(context, command)


@router.put("/profile/availability")
async def change_availability(
    body: AvailabilityBody, context: ProviderContext
) -> Answered[Recorded]:
    """Say when one works: times that are open, and those that are closed."""
    command = provider.ChangeAvailability(
        provider_id=context.principal.organisation_id,
        open=tuple(one.time_rule() for one in body.open),
        closed=tuple(one.time_rule() for one in body.closed),
        by=context.principal.subject,
        at=context.at,
    )
    return await carry_out(context, command)


@router.put("/profile/calendar")
async def import_calendar(body: CalendarBody, context: ProviderContext) -> Answered[Recorded]:
    """Import an .ics file: its events are times at which one is busy, in place of those that were
    imported before."""
    command = provider.ImportCalendar(
        provider_id=context.principal.organisation_id,
        busy=await imported(body),
        by=context.principal.subject,
        at=context.at,
    )
    return await carry_out(context, command)


@router.put("/profile/marketing-consent")
async def change_marketing_consent(
    body: ConsentBody, context: ProviderContext
) -> Answered[Recorded]:
    """Allow the platform to write about offers, or take that back."""
    command = provider.ChangeMarketingConsent(
        provider_id=context.principal.organisation_id,
        given=body.given,
        by=context.principal.subject,
        at=context.at,
    )
    return await carry_out(context, command)


@router.put("/profile/identity")
async def state_identity(body: IdentityBody, context: OwnerContext) -> Answered[Recorded]:
    """State who one is to the tax office; for the administration of a provider."""
    await refuse_others(context)
    command = provider.StateIdentity(
        provider_id=context.principal.organisation_id,
        is_person=body.is_person,
        legal_name=body.legal_name,
        born_on=body.born_on,
        street=body.street,
        postal_code=body.postal_code,
        city=body.city,
        country=body.country,
        tax_number=body.tax_number,
        company_number=body.company_number,
        vat_number=body.vat_number,
        iban=body.iban,
        by=context.principal.subject,
        at=context.at,
    )
    return await carry_out(context, command)


@router.get("/profile/identity")
async def show_identity(context: OwnerContext) -> Answered[IdentityShown]:
    """Show who one is to the tax office; for the administration of a provider."""
    await refuse_others(context)
    found = await context.load(PROVIDER, context.principal.organisation_id)
    if found.state.identity is None:
        raise context.refuse(provider.NoSuchProvider())
    return context.show(IdentityShown.of(found.state.identity), found)


async def refuse_others(context: RequestContext) -> None:
    """Answer the administration of a marketplace that there is no provider. Raises 404."""
    if not await organisations.is_provider(context):
        raise context.refuse(provider.NoSuchProvider())


async def carry_out(context: RequestContext, command: provider.Command) -> Answered[Recorded]:
    return await context.handle(PROVIDER, context.principal.organisation_id, command)


async def imported(body: CalendarBody) -> tuple[TimeRule, ...]:
    """The busy times of a calendar. Raises the 422 `Problem` of one that cannot be read."""
    if not body.ics.strip():
        return ()
    try:
        # Long enough to keep others waiting.
        return await asyncio.to_thread(calendars.busy, body.ics, body.time_zone)
    except Unfit as error:
        raise invalid("/ics", "value_error", error.rule) from error
