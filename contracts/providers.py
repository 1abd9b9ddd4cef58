"""The ground of marketplaces and their providers: documents that are good, the commission of a day,
and who may be asked. Pure, for the services `marketplace` and `dispatch`."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from typing import Protocol, assert_never
from uuid import NAMESPACE_URL, uuid5

from contracts.common_v1 import Zone
from contracts.marketplace.marketplace_v1 import (
    AssignmentChanged,
    CommissionSet,
    CommissionVatSet,
    CompanyDeclared,
    DocumentKind,
    DocumentsRequested,
    InternalDocumentPublished,
    InternalDocumentWithdrawn,
    LocalitiesListed,
    Locality,
    MarketplaceActivated,
    MarketplaceDeactivated,
    MarketplaceEvent,
    NoticePeriodChanged,
    RequestedDocument,
    ServiceListed,
    ServiceName,
    ServiceUnit,
    ServiceUnlisted,
    TermsPublished,
)
from contracts.marketplace.relation_v1 import (
    ApplicationAccepted,
    ApplicationRefused,
    ApplicationSubmitted,
    CommissionCustomised,
    ComplaintAnswered,
    ComplaintFiled,
    DocumentConfirmed,
    DocumentRefused,
    EndAnnounced,
    EndCalledOff,
    RelationConnected,
    RelationDeactivated,
    RelationDeleted,
    RelationEvent,
    RelationReactivated,
    RelationSuspended,
    ServiceAccepted,
    ServiceDeactivated,
    ServiceProposed,
    ServiceRejected,
    ServiceWithdrawn,
    SuspensionLifted,
    ZoneReduced,
    ZoneReductionUndone,
)

RELATIONS = uuid5(NAMESPACE_URL, "relais:marketplace:relations")
USUAL_PROPOSALS = 3
USUAL_SENDING_AFTER = 3
USUAL_REMINDER_AFTER = 2
"""Until the operator says otherwise (G-63)."""
USUAL_NOTICE_DAYS = 30
"""The notice of P2B (EU 2019/1150, article 4)."""
WHOLE = 10_000
"""Basis points of all there is."""


class RelationStanding(StrEnum):
    """How far a provider is with a marketplace."""

    CONNECTED = "connected"
    APPLIED = "applied"
    ACCEPTED = "accepted"
    REFUSED = "refused"
    SUSPENDED = "suspended"
    DEACTIVATED = "deactivated"
    DELETED = "deleted"


class ServiceStanding(StrEnum):
    """How far a service of a provider is with a marketplace."""

    PENDING = "pending"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    DEACTIVATED = "deactivated"


def relation_id(marketplace_id: str, provider_id: str) -> str:
    """The id of what is between a marketplace and a provider; the same for both, always."""
    return str(uuid5(RELATIONS, f"{marketplace_id}/{provider_id}"))


# --- Documents (M7) ---------------------------------------------------------


class DocumentFault(StrEnum):
    """The reason why a document that is asked for is not there."""

    MISSING = "missing"
    EXPIRED = "expired"
    TOO_OLD = "too_old"
    OF_ANOTHER_YEAR = "of_another_year"
    REFUSED = "refused"
    """The operator does not take this very file."""


class Shown(Protocol):
    """A document that a provider has shown."""

    @property
    def kind(self) -> str: ...
    @property
    def file_id(self) -> str: ...
    @property
    def issued_on(self) -> date: ...
    @property
    def expires_on(self) -> date | None: ...


@dataclass(frozen=True, slots=True)
class Lacking:
    """A document that is asked for and not there, and why."""

    kind: str
    fault: DocumentFault


def lacking(
    requested: Iterable[RequestedDocument],
    shown: Iterable[Shown],
    today: date,
    refused: Iterable[str] = (),
) -> tuple[Lacking, ...]:
    """The documents that are asked for and not good on a day, in the order asked for. `refused` are
    the files that the operator does not take."""
    known = {one.kind: one for one in shown}
    bad = frozenset(refused)
    found = []
    for one in requested:
        name = kind_name(one.kind)
        if (fault := _fault(one, known.get(name), today, bad)) is not None:
            found.append(Lacking(name, fault))
    return tuple(found)


def kind_name(kind: DocumentKind) -> str:
    """The name of a kind of document, which is that of the kind of paper as well."""
    return kind.name.lower()


def _fault(
    rule: RequestedDocument, shown: Shown | None, today: date, refused: frozenset[str]
) -> DocumentFault | None:
    if shown is None:
        return DocumentFault.MISSING
    if shown.file_id in refused:
        return DocumentFault.REFUSED
    if shown.expires_on is not None and shown.expires_on < today:
        return DocumentFault.EXPIRED
    if rule.most_months is not None and months_later(shown.issued_on, rule.most_months) < today:
        return DocumentFault.TOO_OLD
    if rule.of_this_year and shown.issued_on.year != today.year:
        return DocumentFault.OF_ANOTHER_YEAR
    return None


def good_until(rule: RequestedDocument, shown: Shown) -> date | None:
    """The last day on which a document is good; None where it has no end."""
    ends = []
    if shown.expires_on is not None:
        ends.append(shown.expires_on)
    if rule.most_months is not None:
        ends.append(months_later(shown.issued_on, rule.most_months))
    if rule.of_this_year:
        ends.append(date(shown.issued_on.year, 12, 31))
    return min(ends, default=None)


def months_later(day: date, months: int) -> date:
    """The same day so many months later; the last one of a month that has no such day."""
    years, month = divmod(day.month - 1 + months, 12)
    first = date(day.year + years, month + 1, 1)
    for number in (day.day, 30, 29, 28):
        try:
            return first.replace(day=min(number, day.day))
        except ValueError:
            continue
    raise AssertionError("every month has a 28th")


# --- Commission (G-68) ------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Rate:
    """A commission from a day on; None as a provider's own means the default one."""

    valid_from: date
    basis_points: int | None


def with_rate(rates: tuple[Rate, ...], new: Rate) -> tuple[Rate, ...]:
    """The rates by their days; a later word about the same day counts instead."""
    others = (rate for rate in rates if rate.valid_from != new.valid_from)
    return tuple(sorted((*others, new), key=lambda rate: rate.valid_from))


def rate_on(rates: Iterable[Rate], day: date) -> int | None:
    """The rate of a day; None before the first one."""
    begun = [rate for rate in rates if rate.valid_from <= day]
    return max(begun, key=lambda rate: rate.valid_from).basis_points if begun else None


def commission_on(own: Iterable[Rate], default: Iterable[Rate], day: date) -> int:
    """The commission of a provider on a day, in basis points: its own, or else the default one, or
    else none at all. A job keeps that of the day on which it was agreed (M-15)."""
    found = rate_on(own, day)
    return found if found is not None else rate_on(default, day) or 0


def commission_vat_on(rates: Iterable[Rate], day: date) -> int:
    """The VAT on commissions on a day, in basis points; none before the first rate. The law asks
    for that of the day on which a job is done."""
    return rate_on(rates, day) or 0


# --- A marketplace ----------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Company:
    """The company of an operator, as it is registered."""

    legal_name: str
    company_number: str
    vat_number: str | None
    registered_office: str
    postal_code: str
    city: str
    country: str


def company_of(event: CompanyDeclared) -> Company:
    return Company(
        legal_name=event.legal_name,
        company_number=event.company_number,
        vat_number=event.vat_number,
        registered_office=event.registered_office,
        postal_code=event.postal_code,
        city=event.city,
        country=event.country,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A service of a catalogue."""

    service_code: str
    names: tuple[ServiceName, ...]
    unit: ServiceUnit


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """A version of the terms, or of an internal document, whose id it has then."""

    document_id: str
    version: int
    title: str
    file_id: str
    published_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Marketplace:
    """A marketplace as its facts left it: the state of its decider, and the row of lookups."""

    marketplace_id: str
    marketplace_name: str
    time_zone: str
    currency: str
    language: str
    active: bool = True
    broadcast: bool = False
    required_proposals: int = USUAL_PROPOSALS
    sending_after_days: int = USUAL_SENDING_AFTER
    reminder_after_days: int = USUAL_REMINDER_AFTER
    notice_days: int = USUAL_NOTICE_DAYS
    documents: tuple[RequestedDocument, ...] = ()
    services: tuple[Listed, ...] = ()
    """By their codes."""
    localities: tuple[Locality, ...] = ()
    """Where customers may ask for something on the page."""
    terms: tuple[Published, ...] = ()
    """Every version, the one that holds last."""
    internal_documents: tuple[Published, ...] = ()
    """By their ids, each in its last version."""
    versions: tuple[tuple[str, int], ...] = ()
    """The last version of every internal document there ever was, by its id."""
    rates: tuple[Rate, ...] = ()
    """Of providers without one of their own."""
    commission_vat: tuple[Rate, ...] = ()
    """The VAT on commissions, by its days."""
    company: tuple[Company, ...] = ()
    """One item, once the operator has said which company it is."""

    @property
    def terms_version(self) -> int | None:
        """The version of the terms that holds; None where there are none."""
        return self.terms[-1].version if self.terms else None


def service_of(known: Marketplace, service_code: str) -> Listed | None:
    """The service of the catalogue with that code."""
    return next((one for one in known.services if one.service_code == service_code), None)


def marketplace_after(known: Marketplace | None, event: MarketplaceEvent) -> Marketplace | None:
    """A marketplace once the event has happened; None before it was activated."""
    if isinstance(event, MarketplaceActivated):
        return _activated(known, event)
    if known is None:
        return None
    match event:
        case MarketplaceDeactivated():
            return replace(known, active=False)
        case AssignmentChanged():
            return replace(
                known,
                broadcast=event.broadcast,
                required_proposals=event.required_proposals,
                sending_after_days=event.sending_after_days,
                reminder_after_days=event.reminder_after_days,
            )
        case NoticePeriodChanged():
            return replace(known, notice_days=event.days)
        case DocumentsRequested():
            return replace(known, documents=event.documents)
        case ServiceListed():
            listed = Listed(service_code=event.service_code, names=event.names, unit=event.unit)
            return replace(known, services=_with_service(known, listed))
        case ServiceUnlisted():
            others = (one for one in known.services if one.service_code != event.service_code)
            return replace(known, services=tuple(others))
        case LocalitiesListed():
            return replace(known, localities=event.localities)
        case TermsPublished():
            return replace(known, terms=(*known.terms, _published("", event)))
        case InternalDocumentPublished() | InternalDocumentWithdrawn():
            return _with_document(known, event)
        case CommissionSet():
            new = Rate(event.valid_from, event.basis_points)
            return replace(known, rates=with_rate(known.rates, new))
        case CommissionVatSet():
            new = Rate(event.valid_from, event.basis_points)
            return replace(known, commission_vat=with_rate(known.commission_vat, new))
        case CompanyDeclared():
            return replace(known, company=(company_of(event),))
        case unhandled:
            assert_never(unhandled)


def _activated(known: Marketplace | None, event: MarketplaceActivated) -> Marketplace:
    fresh = Marketplace(
        marketplace_id=event.marketplace_id,
        marketplace_name=event.marketplace_name,
        time_zone=event.time_zone,
        currency=event.currency,
        language=event.language,
    )
    if known is None:
        return fresh
    return replace(
        known,
        marketplace_name=event.marketplace_name,
        time_zone=event.time_zone,
        currency=event.currency,
        language=event.language,
        active=True,
    )


def _with_service(known: Marketplace, new: Listed) -> tuple[Listed, ...]:
    others = (one for one in known.services if one.service_code != new.service_code)
    return tuple(sorted((*others, new), key=lambda one: one.service_code))


def _published(document_id: str, event: TermsPublished | InternalDocumentPublished) -> Published:
    return Published(
        document_id=document_id,
        version=event.version,
        title=event.title,
        file_id=event.file_id,
        published_at=event.published_at,
    )


def _with_document(
    known: Marketplace, event: InternalDocumentPublished | InternalDocumentWithdrawn
) -> Marketplace:
    others = [one for one in known.internal_documents if one.document_id != event.document_id]
    if isinstance(event, InternalDocumentWithdrawn):
        return replace(known, internal_documents=tuple(others))
    all_now = sorted(
        (*others, _published(event.document_id, event)), key=lambda one: one.document_id
    )
    versions = {**dict(known.versions), event.document_id: event.version}
    return replace(
        known, internal_documents=tuple(all_now), versions=tuple(sorted(versions.items()))
    )


# --- A relation -------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Offered:
    """A service of a provider at a marketplace, and how far it is (SM-27)."""

    service_code: str
    standing: ServiceStanding


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """The end of a relation that was announced."""

    end: str
    """The name of a `RelationEnd`, in small letters."""
    last_day: date
    effective_at: datetime
    contracts: tuple[str, ...] = ()
    """Those that end with it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Relation:
    """A marketplace and a provider, as the facts between them left it: the state of its decider,
    and the row of lookups."""

    relation_id: str
    marketplace_id: str
    provider_id: str
    provider_name: str
    marketplace_name: str
    invitation_id: str
    standing: RelationStanding
    told_id: str
    """Somebody of the provider, who is told of decisions: whoever applied or connected last."""
    terms_version: int | None = None
    """The version that the provider accepted last."""
    documents: tuple[str, ...] = ()
    """The files with which the provider applied, in order."""
    services: tuple[Offered, ...] = ()
    """By their codes."""
    ending: tuple[Ending, ...] = ()
    """One item while an end is announced that has not come."""
    rates: tuple[Rate, ...] = ()
    reduction: tuple[Zone, ...] = ()
    """One item where the operator reduced the zone: a layer of its own."""
    confirmed: tuple[str, ...] = ()
    """Files that the operator found genuine."""
    refused: tuple[str, ...] = ()
    """Files that the operator does not take."""
    explained_by: str | None = None
    """Who explained a decision last, about which the provider may complain."""
    complaint_id: str | None = None
    """A complaint that is not answered."""
    answered: tuple[str, ...] = ()
    """Complaints that were answered."""
    deleted_at: datetime | None = None
    """An invitation of before it begins nothing again."""

    @property
    def last_day(self) -> date | None:
        """Nothing may be asked of the provider for a later day."""
        return self.ending[0].last_day if self.ending else None

    def offers(self, service_code: str) -> bool:
        """Whether the provider may be asked for the service now (G-67)."""
        accepted = Offered(service_code=service_code, standing=ServiceStanding.ACCEPTED)
        return self.standing is RelationStanding.ACCEPTED and accepted in self.services


def relation_after(known: Relation | None, event: RelationEvent) -> Relation | None:
    """A relation once the event has happened; None before it was connected."""
    if isinstance(event, RelationConnected):
        return _connected(known, event)
    if known is None:
        return None
    match event:
        case ApplicationSubmitted():
            return replace(
                known,
                standing=RelationStanding.APPLIED,
                told_id=event.applied_by,
                terms_version=event.terms_version,
                documents=tuple(one.file_id for one in event.documents),
            )
        case ApplicationAccepted():
            return replace(known, standing=RelationStanding.ACCEPTED, explained_by=None)
        case ApplicationRefused():
            return replace(known, standing=RelationStanding.REFUSED, explained_by=event.refused_by)
        case RelationSuspended():
            return replace(
                known, standing=RelationStanding.SUSPENDED, explained_by=event.suspended_by
            )
        case SuspensionLifted() | RelationReactivated():
            return replace(known, standing=RelationStanding.ACCEPTED, explained_by=None)
        case EndAnnounced() | EndCalledOff() | RelationDeactivated() | RelationDeleted():
            return _ended(known, event)
        case ComplaintFiled():
            return replace(known, complaint_id=event.complaint_id)
        case ComplaintAnswered():
            answered = (*known.answered, event.complaint_id)
            return replace(known, complaint_id=None, answered=answered)
        case (
            ServiceProposed()
            | ServiceAccepted()
            | ServiceRejected()
            | ServiceDeactivated()
            | ServiceWithdrawn()
        ):
            return replace(known, services=_services_after(known.services, event))
        case CommissionCustomised():
            new = Rate(event.valid_from, event.basis_points)
            return replace(known, rates=with_rate(known.rates, new))
        case ZoneReduced():
            return replace(known, reduction=(event.zone,))
        case ZoneReductionUndone():
            return replace(known, reduction=())
        case DocumentConfirmed() | DocumentRefused():
            return _judged(known, event)
        case unhandled:
            assert_never(unhandled)


def _connected(known: Relation | None, event: RelationConnected) -> Relation:
    """A relation that was deleted begins anew: nothing that was agreed before holds."""
    return Relation(
        relation_id=event.relation_id,
        marketplace_id=event.marketplace_id,
        provider_id=event.provider_id,
        provider_name=event.provider_name,
        marketplace_name=event.marketplace_name,
        invitation_id=event.invitation_id,
        standing=RelationStanding.CONNECTED,
        told_id=event.connected_by,
        terms_version=event.terms_version,
        refused=known.refused if known else (),
    )


def _ended(
    known: Relation, event: EndAnnounced | EndCalledOff | RelationDeactivated | RelationDeleted
) -> Relation:
    match event:
        case EndAnnounced():
            ending = Ending(
                end=event.end.name.lower(),
                last_day=event.last_day,
                effective_at=event.effective_at,
                contracts=event.contracts,
            )
            return replace(known, ending=(ending,), explained_by=event.announced_by)
        case EndCalledOff():
            return replace(known, ending=(), explained_by=None)
        case RelationDeactivated():
            return replace(known, ending=(), standing=RelationStanding.DEACTIVATED)
        case RelationDeleted():
            deleted = replace(known, ending=(), standing=RelationStanding.DELETED)
            return replace(deleted, deleted_at=event.deleted_at)
        case unhandled:
            assert_never(unhandled)


def _services_after(
    services: tuple[Offered, ...],
    event: ServiceProposed
    | ServiceAccepted
    | ServiceRejected
    | ServiceDeactivated
    | ServiceWithdrawn,
) -> tuple[Offered, ...]:
    others = [one for one in services if one.service_code != event.service_code]
    match event:
        case ServiceProposed():
            standing = ServiceStanding.PENDING
        case ServiceAccepted():
            standing = ServiceStanding.ACCEPTED
        case ServiceRejected():
            standing = ServiceStanding.REJECTED
        case ServiceDeactivated():
            standing = ServiceStanding.DEACTIVATED
        case ServiceWithdrawn():
            return tuple(others)
        case unhandled:
            assert_never(unhandled)
    new = Offered(service_code=event.service_code, standing=standing)
    return tuple(sorted((*others, new), key=lambda one: one.service_code))


def _judged(known: Relation, event: DocumentConfirmed | DocumentRefused) -> Relation:
    confirmed = tuple(one for one in known.confirmed if one != event.file_id)
    refused = tuple(one for one in known.refused if one != event.file_id)
    match event:
        case DocumentConfirmed():
            return replace(known, confirmed=(*confirmed, event.file_id), refused=refused)
        case DocumentRefused():
            return replace(
                known,
                confirmed=confirmed,
                refused=(*refused, event.file_id),
                explained_by=event.refused_by,
            )
        case unhandled:
            assert_never(unhandled)
