"""Answers about a relation that both sides are shown, each from its own side (G-69)."""

from datetime import date
from zoneinfo import ZoneInfo

from contracts.common_v1 import Zone
from contracts.marketplace import relation_v1
from contracts.marketplace.provider_v1 import ShownDocument
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
from contracts.providers import (
    DocumentFault,
    Marketplace,
    Relation,
    RelationStanding,
    ServiceStanding,
    commission_on,
    good_until,
    kind_name,
    lacking,
)
from infra import zones
from infra.http.answers import Answer
from infra.http.history import History
from infra.http.models import Day, Id, Instant
from infra.http.request_context import RequestContext
from services.marketplace.http.fields import (
    DocumentName,
    End,
    Outcome,
    Reason,
)
from services.marketplace.http.settings import Links, RateShown
from services.marketplace.provider import Provider


class ZoneShown(Answer):
    """A zone: drawn, or named commune by commune."""

    geojson: str | None
    """A Polygon or MultiPolygon of RFC 7946, as text."""
    communes: tuple[str, ...]


class OfferedShown(Answer):
    """A service that the provider offers, and how far it is."""

    service_code: str
    standing: ServiceStanding


class EndingShown(Answer):
    """The end that was announced."""

    end: End
    last_day: Day
    effective_at: Instant


class CompanyDocumentShown(Answer):
    """A document of the provider: asked for, shown, or both."""

    kind: DocumentName
    requested: bool
    fault: DocumentFault | None
    """Why it does not count today; null where it does."""
    file_id: str | None
    url: str | None
    """A link that opens the file for a while."""
    issued_on: Day | None
    expires_on: Day | None
    good_until: Day | None
    """The last day on which it counts."""
    confirmed: bool
    """The operator found it genuine."""


class RelationShown(Answer):
    """A provider on a marketplace."""

    relation_id: str
    marketplace_id: str
    marketplace_name: str
    provider_id: str
    provider_name: str
    standing: RelationStanding
    ending: EndingShown | None
    terms_version: int | None
    """The version that the provider accepted last."""
    complaint_id: str | None
    """A complaint that waits for its answer."""
    application: tuple[str, ...]
    """The files with which the provider applied."""
    services: tuple[OfferedShown, ...]
    documents: tuple[CompanyDocumentShown, ...]
    zone: ZoneShown | None
    """As the provider has drawn it."""
    reduction: ZoneShown | None
    """What the operator reduced it to, as a layer of its own."""
    effective_zone: ZoneShown | None
    """What both leave; null where they leave nothing, or one is drawn and the other is not."""
    commission_basis_points: int
    """That of today."""
    commissions: tuple[RateShown, ...]
    """Those of this provider alone, by their days; without a rate the default one holds."""


class RelationListed(Answer):
    """A provider on a marketplace, in a list."""

    relation_id: str
    marketplace_id: str
    marketplace_name: str
    provider_id: str
    provider_name: str
    standing: RelationStanding
    ending: EndingShown | None
    complaint_id: str | None
    services: tuple[OfferedShown, ...]


class AppliedFact(Answer):
    kind: str
    paper_id: str
    file_id: str
    issued_on: Day
    expires_on: Day | None


class ApplicationFact(Answer):
    relation_id: str
    marketplace_id: str
    provider_id: str
    documents: tuple[AppliedFact, ...]
    terms_version: int | None
    applied_by: str
    applied_at: Instant


class SettledJob(Answer):
    job_id: Id
    outcome: Outcome


class EndFact(Answer):
    relation_id: str
    marketplace_id: str
    provider_id: str
    end: End
    reason: Reason
    explanation: str
    jobs: tuple[SettledJob, ...]
    contracts: tuple[str, ...]
    """Those that end with the last day."""
    last_day: Day
    effective_at: Instant
    announced_by: str
    announced_at: Instant


class ReductionFact(Answer):
    relation_id: str
    marketplace_id: str
    provider_id: str
    zone: ZoneShown
    reduced_by: str
    reduced_at: Instant


_IDS = ("relation_id", "marketplace_id", "provider_id")


class RelationHistory(
    History,
    of=relation_v1.contract,
    shows={
        RelationConnected: (
            *_IDS,
            *("provider_name", "marketplace_name", "invitation_id", "terms_version"),
            *("connected_by", "connected_at"),
        ),
        ApplicationSubmitted: ApplicationFact,
        ApplicationAccepted: (*_IDS, "accepted_by", "accepted_at"),
        ApplicationRefused: (*_IDS, "reason", "explanation", "refused_by", "refused_at"),
        RelationSuspended: (*_IDS, "reason", "explanation", "suspended_by", "suspended_at"),
        SuspensionLifted: (*_IDS, "lifted_by", "lifted_at"),
        EndAnnounced: EndFact,
        EndCalledOff: (*_IDS, "called_off_by", "called_off_at"),
        RelationDeactivated: (*_IDS, "deactivated_at"),
        RelationReactivated: (*_IDS, "reactivated_by", "reactivated_at"),
        RelationDeleted: (*_IDS, "deleted_at"),
        ComplaintFiled: (*_IDS, "complaint_id", "complaint", "filed_by", "filed_at"),
        ComplaintAnswered: (
            *_IDS,
            *("complaint_id", "upheld", "answer", "answered_by", "answered_at"),
        ),
        ServiceProposed: (*_IDS, "service_code", "proposed_by", "proposed_at"),
        ServiceAccepted: (*_IDS, "service_code", "accepted_by", "accepted_at"),
        ServiceRejected: (*_IDS, "service_code", "explanation", "rejected_by", "rejected_at"),
        ServiceDeactivated: (*_IDS, "service_code", "deactivated_by", "deactivated_at"),
        ServiceWithdrawn: (*_IDS, "service_code", "withdrawn_by", "withdrawn_at"),
        CommissionCustomised: (
            *_IDS,
            *("basis_points", "valid_from", "customised_by", "customised_at"),
        ),
        ZoneReduced: ReductionFact,
        ZoneReductionUndone: (*_IDS, "undone_by", "undone_at"),
        DocumentConfirmed: (
            *_IDS,
            *("kind", "file_id", "proof", "confirmed_by", "confirmed_at"),
        ),
        DocumentRefused: (
            *_IDS,
            *("kind", "file_id", "explanation", "refused_by", "refused_at"),
        ),
    },
):
    """Every fact about a provider on a marketplace, oldest first: also each decision and why."""


def zone_shown(zone: Zone | None) -> ZoneShown | None:
    return None if zone is None else ZoneShown.of(zone)


def listed(known: Relation) -> RelationListed:
    return RelationListed(
        relation_id=known.relation_id,
        marketplace_id=known.marketplace_id,
        marketplace_name=known.marketplace_name,
        provider_id=known.provider_id,
        provider_name=known.provider_name,
        standing=known.standing,
        ending=ending_shown(known),
        complaint_id=known.complaint_id,
        services=tuple(map(OfferedShown.of, known.services)),
    )


def ending_shown(known: Relation) -> EndingShown | None:
    if not known.ending:
        return None
    [one] = known.ending
    return EndingShown(
        end=relation_v1.RelationEnd[one.end.upper()],
        last_day=one.last_day,
        effective_at=one.effective_at,
    )


def shown(
    known: Relation,
    marketplace: Marketplace,
    provider: Provider,
    links: Links,
    context: RequestContext,
) -> RelationShown:
    """The relation with the documents, the zone and the commission as they are today."""
    today = context.at.astimezone(ZoneInfo(marketplace.time_zone)).date()
    layers = (*(() if provider.zone is None else (provider.zone,)), *known.reduction)
    return RelationShown(
        relation_id=known.relation_id,
        marketplace_id=known.marketplace_id,
        marketplace_name=known.marketplace_name,
        provider_id=known.provider_id,
        provider_name=known.provider_name,
        standing=known.standing,
        ending=ending_shown(known),
        terms_version=known.terms_version,
        complaint_id=known.complaint_id,
        application=known.documents,
        services=tuple(map(OfferedShown.of, known.services)),
        documents=documents_of(known, marketplace, provider, today, links, context),
        zone=zone_shown(provider.zone),
        reduction=zone_shown(known.reduction[0] if known.reduction else None),
        effective_zone=zone_shown(zones.effective(layers) if provider.zone else None),
        commission_basis_points=commission_on(known.rates, marketplace.rates, today),
        commissions=tuple(map(RateShown.of, known.rates)),
    )


def documents_of(
    known: Relation,
    marketplace: Marketplace,
    provider: Provider,
    today: date,
    links: Links,
    context: RequestContext,
) -> tuple[CompanyDocumentShown, ...]:
    """The documents that are asked for: whether they are there, and until when they count."""
    faults = {
        one.kind: one.fault
        for one in lacking(marketplace.documents, provider.documents, today, known.refused)
    }
    shown_by = {one.kind: one for one in provider.documents}
    found = []
    for rule in marketplace.documents:
        one: ShownDocument | None = shown_by.get(kind_name(rule.kind))
        found.append(
            CompanyDocumentShown(
                kind=rule.kind,
                requested=True,
                fault=faults.get(kind_name(rule.kind)),
                file_id=one.file_id if one else None,
                url=links.of(context, one.file_id) if one else None,
                issued_on=one.issued_on if one else None,
                expires_on=one.expires_on if one else None,
                good_until=good_until(rule, one) if one else None,
                confirmed=one is not None and one.file_id in known.confirmed,
            )
        )
    return tuple(found)
