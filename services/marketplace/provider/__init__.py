"""A provider, wherever it works: its zone, its times, its papers, and who it is to the tax office.

Geometry and rules of recurrence were read, and found good, where they came in.
"""

from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import ClassVar, assert_never

from contracts.common_v1 import Zone
from contracts.marketplace.provider_v1 import (
    AvailabilityChanged,
    CalendarImported,
    DocumentShown,
    IdentityStated,
    MarketingConsentChanged,
    ProviderEvent,
    ShownDocument,
    SubjectForgotten,
    TimeRule,
    ZoneDrawn,
)

MOST_RULES = 100
MOST_BUSY = 1_000

# --- Commands ---------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawZone:
    provider_id: str
    zone: Zone
    by: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeAvailability:
    """All the times that count from now on; none that is open means at any time."""

    provider_id: str
    open: tuple[TimeRule, ...]
    closed: tuple[TimeRule, ...]
    by: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportCalendar:
    """All the times at which the calendar is busy, in place of those imported before."""

    provider_id: str
    busy: tuple[TimeRule, ...]
    by: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ShowDocument:
    """Follows from a paper in the vault."""

    provider_id: str
    document: ShownDocument
    by: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeMarketingConsent:
    provider_id: str
    given: bool
    by: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class StateIdentity:
    """Numbers are in their one form; `born_on` is there for a person."""

    provider_id: str
    is_person: bool
    legal_name: str
    born_on: date | None
    street: str
    postal_code: str
    city: str
    country: str
    tax_number: str
    company_number: str | None
    vat_number: str | None
    iban: str
    by: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ForgetProvider:
    provider_id: str
    organisation_id: str
    at: datetime


Command = (
    DrawZone
    | ChangeAvailability
    | ImportCalendar
    | ShowDocument
    | ChangeMarketingConsent
    | StateIdentity
    | ForgetProvider
)

# --- Rejections -------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class NoSuchProvider:
    pass


@dataclass(frozen=True, slots=True)
class TooManyRules:
    field: str
    most: int


@dataclass(frozen=True, slots=True)
class BirthdayMissing:
    """DAC7 asks for it of every person."""

    field: ClassVar[str] = "born_on"


@dataclass(frozen=True, slots=True)
class CompanyNumberMissing:
    """DAC7 asks for it of every company."""

    field: ClassVar[str] = "company_number"


Rejection = NoSuchProvider | TooManyRules | BirthdayMissing | CompanyNumberMissing

# --- State ------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Provider:
    """A provider as its facts left it; of one that has said nothing, all is empty."""

    zone: Zone | None = None
    open: tuple[TimeRule, ...] = ()
    closed: tuple[TimeRule, ...] = ()
    busy: tuple[TimeRule, ...] = ()
    documents: tuple[ShownDocument, ...] = ()
    """By their kinds."""
    consent: MarketingConsentChanged | None = None
    identity: IdentityStated | None = None
    is_forgotten: bool = False


initial = Provider()


def evolve(provider: Provider, event: ProviderEvent) -> Provider:
    """Take history as recorded: a rule added today must not break yesterday's events."""
    match event:
        case ZoneDrawn():
            return replace(provider, zone=event.zone)
        case AvailabilityChanged():
            return replace(provider, open=event.open, closed=event.closed)
        case CalendarImported():
            return replace(provider, busy=event.busy)
        case DocumentShown(document=document):
            return replace(provider, documents=with_document(provider.documents, document))
        case MarketingConsentChanged():
            return replace(provider, consent=event)
        case IdentityStated():
            return replace(provider, identity=event, is_forgotten=False)
        case SubjectForgotten():
            return replace(provider, identity=None, is_forgotten=True)
        case unhandled:
            assert_never(unhandled)


def with_document(
    documents: tuple[ShownDocument, ...], new: ShownDocument
) -> tuple[ShownDocument, ...]:
    """The documents by their kinds, one of each."""
    others = (one for one in documents if one.kind != new.kind)
    return tuple(sorted((*others, new), key=lambda one: one.kind))


# --- Decisions --------------------------------------------------------------

Decision = list[ProviderEvent] | Rejection


def decide(command: Command, provider: Provider) -> Decision:
    """New facts, an empty list when they are already recorded, or the rule that says no."""
    match command:
        case DrawZone(zone=zone):
            if provider.zone == zone:
                return []
            return [
                ZoneDrawn(
                    provider_id=command.provider_id,
                    zone=zone,
                    drawn_by=command.by,
                    drawn_at=command.at,
                )
            ]
        case ChangeAvailability():
            return change_availability(command, provider)
        case ImportCalendar():
            return import_calendar(command, provider)
        case ShowDocument(document=document):
            if document in provider.documents:
                return []
            return [
                DocumentShown(
                    provider_id=command.provider_id,
                    document=document,
                    shown_by=command.by,
                    shown_at=command.at,
                )
            ]
        case ChangeMarketingConsent():
            return change_consent(command, provider)
        case StateIdentity():
            return state_identity(command, provider)
        case ForgetProvider():
            return forget(command, provider)
        case unhandled:
            assert_never(unhandled)


def change_availability(command: ChangeAvailability, provider: Provider) -> Decision:
    for field, rules in (("open", command.open), ("closed", command.closed)):
        if len(rules) > MOST_RULES:
            return TooManyRules(field, MOST_RULES)
    if (provider.open, provider.closed) == (command.open, command.closed):
        return []
    return [
        AvailabilityChanged(
            provider_id=command.provider_id,
            open=command.open,
            closed=command.closed,
            changed_by=command.by,
            changed_at=command.at,
        )
    ]


def import_calendar(command: ImportCalendar, provider: Provider) -> Decision:
    if len(command.busy) > MOST_BUSY:
        return TooManyRules("busy", MOST_BUSY)
    if provider.busy == command.busy:
        return []
    return [
        CalendarImported(
            provider_id=command.provider_id,
            busy=command.busy,
            imported_by=command.by,
            imported_at=command.at,
        )
    ]


def change_consent(command: ChangeMarketingConsent, provider: Provider) -> Decision:
    """Nobody has consented who has not said so."""
    given = provider.consent is not None and provider.consent.given
    if given == command.given:
        return []
    return [
        MarketingConsentChanged(
            provider_id=command.provider_id,
            given=command.given,
            changed_by=command.by,
            changed_at=command.at,
        )
    ]


def state_identity(command: StateIdentity, provider: Provider) -> Decision:
    if command.is_person and command.born_on is None:
        return BirthdayMissing()
    if not command.is_person and command.company_number is None:
        return CompanyNumberMissing()
    event = IdentityStated(
        provider_id=command.provider_id,
        is_person=command.is_person,
        legal_name=command.legal_name,
        born_on=command.born_on.isoformat() if command.is_person and command.born_on else None,
        street=command.street,
        postal_code=command.postal_code,
        city=command.city,
        country=command.country,
        tax_number=command.tax_number,
        company_number=command.company_number,
        vat_number=command.vat_number,
        iban=command.iban,
        stated_by=command.by,
        stated_at=command.at,
    )
    before = provider.identity
    if before and replace(before, stated_by=command.by, stated_at=command.at) == event:
        return []
    return [event]


def forget(command: ForgetProvider, provider: Provider) -> Decision:
    if command.organisation_id != command.provider_id or provider == initial:
        return NoSuchProvider()
    if provider.is_forgotten:
        return []
    return [SubjectForgotten(provider_id=command.provider_id, forgotten_at=command.at)]
