"""A marketplace: activated, told how to assign requests, and given the terms providers work on."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar, assert_never

from contracts.marketplace.marketplace_v1 import (
    AssignmentChanged,
    CommissionSet,
    CommissionVatSet,
    CompanyDeclared,
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
from contracts.providers import (
    Marketplace,
    Published,
    Rate,
    company_of,
    kind_name,
    marketplace_after,
    service_of,
)
from services.marketplace import terms

MOST_DAYS = 365
MOST_PROPOSALS = 100
MOST_SERVICES = 500
MOST_DOCUMENTS = 200
MOST_LOCALITIES = 500

# --- Commands ---------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Activate:
    marketplace_id: str
    marketplace_name: str
    time_zone: str
    currency: str
    language: str
    by: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Deactivate:
    by: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeAssignment:
    broadcast: bool
    required_proposals: int
    sending_after_days: int
    reminder_after_days: int
    by: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeNoticePeriod:
    days: int
    by: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestDocuments:
    """All that are asked for from now on."""

    documents: tuple[RequestedDocument, ...]
    by: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ListService:
    service_code: str
    names: tuple[ServiceName, ...]
    unit: ServiceUnit
    by: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class UnlistService:
    service_code: str
    by: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ListLocalities:
    """All places at which customers may ask for a service from now on."""

    localities: tuple[Locality, ...]
    by: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishTerms:
    """`instead_of` is the version that the operator saw; 0 where there was none."""

    title: str
    file_id: str
    instead_of: int
    by: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishInternalDocument:
    """The file is a new version of the document, or its first one."""

    document_id: str
    title: str
    file_id: str
    by: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class WithdrawInternalDocument:
    document_id: str
    by: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SetCommission:
    """`today` is the day in the time zone of the marketplace."""

    basis_points: int
    valid_from: date
    today: date
    by: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SetCommissionVat:
    """`today` is the day in the time zone of the marketplace."""

    basis_points: int
    valid_from: date
    today: date
    by: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class DeclareCompany:
    """The company that writes the invoices of commissions; numbers are in their one form."""

    legal_name: str
    company_number: str
    vat_number: str | None
    registered_office: str
    postal_code: str
    city: str
    country: str
    by: str
    at: datetime


Setting = (
    ChangeAssignment
    | ChangeNoticePeriod
    | RequestDocuments
    | ListService
    | UnlistService
    | ListLocalities
)
Publishing = PublishTerms | PublishInternalDocument | WithdrawInternalDocument
Money = SetCommission | SetCommissionVat | DeclareCompany
Command = Activate | Deactivate | Setting | Publishing | Money

# --- Rejections -------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class NoSuchMarketplace:
    """It was never activated."""


@dataclass(frozen=True, slots=True)
class MarketplaceIsOff:
    """The module is not active (OGU-01)."""


@dataclass(frozen=True, slots=True)
class CurrencyIsFixed:
    """All that was agreed so far is in this currency."""

    field: ClassVar[str] = "currency"
    currency: str


@dataclass(frozen=True, slots=True)
class NumberNotPossible:
    """Both ends are included."""

    field: str
    number: int
    least: int
    most: int


@dataclass(frozen=True, slots=True)
class NamedTwice:
    field: str
    name: str


@dataclass(frozen=True, slots=True)
class TooMany:
    """There are as many as there may be."""

    most: int


@dataclass(frozen=True, slots=True)
class TermsWerePublished:
    """Another version came since the operator looked."""

    version: int


Rejection = (
    NoSuchMarketplace
    | MarketplaceIsOff
    | CurrencyIsFixed
    | NumberNotPossible
    | NamedTwice
    | TooMany
    | TermsWerePublished
    | terms.BadRate
)

# --- State ------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class NotActivated:
    pass


@dataclass(frozen=True, slots=True)
class Known:
    marketplace: Marketplace


State = NotActivated | Known
initial: State = NotActivated()


def evolve(state: State, event: MarketplaceEvent) -> State:
    """Take history as recorded: a rule added today must not break yesterday's events."""
    known = state.marketplace if isinstance(state, Known) else None
    after = marketplace_after(known, event)
    return state if after is None else Known(after)


# --- Decisions --------------------------------------------------------------

Decision = list[MarketplaceEvent] | Rejection


def decide(command: Command, state: State) -> Decision:
    """New facts, an empty list when they are already recorded, or the rule that says no."""
    if isinstance(command, Activate):
        return activate(command, state)
    if isinstance(state, NotActivated):
        return NoSuchMarketplace()
    known = state.marketplace
    match command:
        case Deactivate():
            return deactivate(command, known)
        case SetCommission():
            return set_commission(command, known)
        case SetCommissionVat():
            return set_commission_vat(command, known)
        case DeclareCompany():
            return declare_company(command, known)
        case PublishTerms() | PublishInternalDocument() | WithdrawInternalDocument():
            return publish(command, known)
        case _:
            return change(command, known)


def activate(command: Activate, state: State) -> Decision:
    event = MarketplaceActivated(
        marketplace_id=command.marketplace_id,
        marketplace_name=command.marketplace_name,
        time_zone=command.time_zone,
        currency=command.currency,
        language=command.language,
        activated_by=command.by,
        activated_at=command.at,
    )
    known = state.marketplace if isinstance(state, Known) else None
    if known is not None and known.currency != command.currency:
        return CurrencyIsFixed(known.currency)
    return [] if known is not None and known == marketplace_after(known, event) else [event]


def deactivate(command: Deactivate, known: Marketplace) -> Decision:
    if not known.active:
        return []
    return [
        MarketplaceDeactivated(
            marketplace_id=known.marketplace_id,
            deactivated_by=command.by,
            deactivated_at=command.at,
        )
    ]


def change(command: Setting, known: Marketplace) -> Decision:
    """Settings hold whether the module is active or not."""
    match command:
        case ChangeAssignment():
            return change_assignment(command, known)
        case ChangeNoticePeriod(days=days):
            if not 0 <= days <= MOST_DAYS:
                return NumberNotPossible("days", days, 0, MOST_DAYS)
            changed = NoticePeriodChanged(
                marketplace_id=known.marketplace_id,
                days=days,
                changed_by=command.by,
                changed_at=command.at,
            )
            return [] if days == known.notice_days else [changed]
        case RequestDocuments():
            return request_documents(command, known)
        case ListService():
            return list_service(command, known)
        case UnlistService(service_code=code):
            if service_of(known, code) is None:
                return []
            return [
                ServiceUnlisted(
                    marketplace_id=known.marketplace_id,
                    service_code=code,
                    unlisted_by=command.by,
                    unlisted_at=command.at,
                )
            ]
        case ListLocalities():
            return list_localities(command, known)
        case unhandled:
            assert_never(unhandled)


def change_assignment(command: ChangeAssignment, known: Marketplace) -> Decision:
    limits = (
        ("required_proposals", command.required_proposals, MOST_PROPOSALS),
        ("sending_after_days", command.sending_after_days, MOST_DAYS),
        ("reminder_after_days", command.reminder_after_days, MOST_DAYS),
    )
    for field, number, most in limits:
        if not 1 <= number <= most:
            return NumberNotPossible(field, number, 1, most)
    event = AssignmentChanged(
        marketplace_id=known.marketplace_id,
        broadcast=command.broadcast,
        required_proposals=command.required_proposals,
        sending_after_days=command.sending_after_days,
        reminder_after_days=command.reminder_after_days,
        changed_by=command.by,
        changed_at=command.at,
    )
    return [] if marketplace_after(known, event) == known else [event]


def repeated(names: Sequence[str]) -> str | None:
    """The first name that stands there twice."""
    return next((name for name in names if names.count(name) > 1), None)


def request_documents(command: RequestDocuments, known: Marketplace) -> Decision:
    if name := repeated([kind_name(one.kind) for one in command.documents]):
        return NamedTwice("documents", name)
    if command.documents == known.documents:
        return []
    return [
        DocumentsRequested(
            marketplace_id=known.marketplace_id,
            documents=command.documents,
            requested_by=command.by,
            requested_at=command.at,
        )
    ]


def list_service(command: ListService, known: Marketplace) -> Decision:
    if name := repeated([one.language for one in command.names]):
        return NamedTwice("names", name)
    if service_of(known, command.service_code) is None and len(known.services) >= MOST_SERVICES:
        return TooMany(MOST_SERVICES)
    event = ServiceListed(
        marketplace_id=known.marketplace_id,
        service_code=command.service_code,
        names=command.names,
        unit=command.unit,
        listed_by=command.by,
        listed_at=command.at,
    )
    return [] if marketplace_after(known, event) == known else [event]


def list_localities(command: ListLocalities, known: Marketplace) -> Decision:
    """A place is known by its postal code and its commune."""
    if name := repeated([f"{o.postal_code} {o.commune_code}" for o in command.localities]):
        return NamedTwice("localities", name)
    if len(command.localities) > MOST_LOCALITIES:
        return TooMany(MOST_LOCALITIES)
    if command.localities == known.localities:
        return []
    return [
        LocalitiesListed(
            marketplace_id=known.marketplace_id,
            localities=command.localities,
            listed_by=command.by,
            listed_at=command.at,
        )
    ]


def publish(command: Publishing, known: Marketplace) -> Decision:
    match command:
        case PublishTerms():
            return publish_terms(command, known)
        case PublishInternalDocument():
            return publish_internal_document(command, known)
        case WithdrawInternalDocument(document_id=id):
            if document_of(known, id) is None:
                return []
            return [
                InternalDocumentWithdrawn(
                    marketplace_id=known.marketplace_id,
                    document_id=id,
                    withdrawn_by=command.by,
                    withdrawn_at=command.at,
                )
            ]
        case unhandled:
            assert_never(unhandled)


def document_of(known: Marketplace, document_id: str) -> Published | None:
    """The internal document with that id, in its last version."""
    return next((one for one in known.internal_documents if one.document_id == document_id), None)


def publish_terms(command: PublishTerms, known: Marketplace) -> Decision:
    last = known.terms[-1] if known.terms else None
    if last is not None and (last.title, last.file_id) == (command.title, command.file_id):
        return []
    version = last.version if last else 0
    if command.instead_of != version:
        return TermsWerePublished(version)
    if len(known.terms) >= MOST_DOCUMENTS:
        return TooMany(MOST_DOCUMENTS)
    return [
        TermsPublished(
            marketplace_id=known.marketplace_id,
            version=version + 1,
            title=command.title,
            file_id=command.file_id,
            published_by=command.by,
            published_at=command.at,
        )
    ]


def publish_internal_document(command: PublishInternalDocument, known: Marketplace) -> Decision:
    last = document_of(known, command.document_id)
    if last is not None and (last.title, last.file_id) == (command.title, command.file_id):
        return []
    versions = dict(known.versions)
    if command.document_id not in versions and len(versions) >= MOST_DOCUMENTS:
        return TooMany(MOST_DOCUMENTS)
    return [
        InternalDocumentPublished(
            marketplace_id=known.marketplace_id,
            document_id=command.document_id,
            version=versions.get(command.document_id, 0) + 1,
            title=command.title,
            file_id=command.file_id,
            published_by=command.by,
            published_at=command.at,
        )
    ]


def set_commission(command: SetCommission, known: Marketplace) -> Decision:
    if Rate(command.valid_from, command.basis_points) in known.rates:
        return []
    if bad := terms.bad_rate(command.basis_points, command.valid_from, command.today):
        return bad
    return [
        CommissionSet(
            marketplace_id=known.marketplace_id,
            basis_points=command.basis_points,
            valid_from=command.valid_from,
            set_by=command.by,
            set_at=command.at,
        )
    ]


def set_commission_vat(command: SetCommissionVat, known: Marketplace) -> Decision:
    if Rate(command.valid_from, command.basis_points) in known.commission_vat:
        return []
    if bad := terms.bad_rate(command.basis_points, command.valid_from, command.today):
        return bad
    return [
        CommissionVatSet(
            marketplace_id=known.marketplace_id,
            basis_points=command.basis_points,
            valid_from=command.valid_from,
            set_by=command.by,
            set_at=command.at,
        )
    ]


def declare_company(command: DeclareCompany, known: Marketplace) -> Decision:
    declared = CompanyDeclared(
        marketplace_id=known.marketplace_id,
        legal_name=command.legal_name,
        company_number=command.company_number,
        vat_number=command.vat_number,
        registered_office=command.registered_office,
        postal_code=command.postal_code,
        city=command.city,
        country=command.country,
        declared_by=command.by,
        declared_at=command.at,
    )
    same = known.company and known.company[0] == company_of(declared)
    return [] if same else [declared]
