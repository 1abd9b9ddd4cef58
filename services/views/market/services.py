"""Which services do providers offer at which marketplace, and how far is each? (OGU-22)"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Annotated, assert_never

from fastapi import Query

from contracts.marketplace.marketplace_v1 import ServiceUnit
from contracts.marketplace.relation_v1 import (
    ServiceAccepted,
    ServiceDeactivated,
    ServiceProposed,
    ServiceRejected,
    ServiceWithdrawn,
    contract,
)
from contracts.providers import Marketplace, ServiceStanding, service_of
from infra.consumers.views import OutOfOrder, View
from infra.http.answers import Answer, Answered, Listed, Router
from infra.http.models import Id, Instant, Named
from infra.http.pages import Filters, Paging
from infra.reading import Table
from services.views.market.access import EitherContext, of_side
from services.views.market.marketplaces import marketplaces
from services.views.market.relations import Names, names_of

Reads = ServiceProposed | ServiceAccepted | ServiceRejected | ServiceDeactivated | ServiceWithdrawn


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceOfProvider:
    """A service that a provider offers; `organisation_id` is that of the marketplace."""

    relation_id: str
    service_code: str
    organisation_id: str
    provider_id: str
    standing: str
    explanation: str | None
    """Of a rejection."""
    proposed_at: datetime
    changed_at: datetime


def key(event: Reads) -> tuple[str, str]:
    return (event.relation_id, event.service_code)


def project(row: ServiceOfProvider | None, event: Reads) -> ServiceOfProvider | None:
    match event:
        case ServiceProposed():
            return ServiceOfProvider(
                relation_id=event.relation_id,
                service_code=event.service_code,
                organisation_id=event.marketplace_id,
                provider_id=event.provider_id,
                standing=ServiceStanding.PENDING.value,
                explanation=None,
                proposed_at=event.proposed_at,
                changed_at=event.proposed_at,
            )
        case ServiceAccepted():
            return decided(row, event, ServiceStanding.ACCEPTED, event.accepted_at)
        case ServiceRejected():
            rejected = decided(row, event, ServiceStanding.REJECTED, event.rejected_at)
            return replace(rejected, explanation=event.explanation)
        case ServiceDeactivated():
            return decided(row, event, ServiceStanding.DEACTIVATED, event.deactivated_at)
        case ServiceWithdrawn():
            return None
        case unhandled:
            assert_never(unhandled)


def decided(
    row: ServiceOfProvider | None, event: Reads, standing: ServiceStanding, at: datetime
) -> ServiceOfProvider:
    if row is None:
        raise OutOfOrder(event)
    return replace(row, standing=standing.value, explanation=None, changed_at=at)


view = View(
    name="services",
    contract=contract,
    reads=Reads,
    row=ServiceOfProvider,
    primary_key=("relation_id", "service_code"),
    key=key,
    project=project,
    indexes=(
        "(organisation_id, changed_at, relation_id, service_code)",
        "(provider_id, changed_at, relation_id, service_code)",
    ),
    subject="provider_id",
    personal=("explanation",),
)
table = Table(view, "services")
LATEST = table.order(
    "services-latest", "changed_at", "relation_id", "service_code", descending=True
)

# --- The question -----------------------------------------------------------

router = Router("Services")


class OfferedServiceFilters(Filters):
    """Which services are wanted."""

    standing: ServiceStanding | None = None
    provider_id: Id | None = None
    service_code: Id | None = None


class NameShown(Answer):
    language: str
    text: str


class OfferedService(Answer):
    """A service that a provider offers at a marketplace."""

    relation_id: str
    marketplace_id: str
    marketplace_name: str | None
    provider_id: str
    provider_name: str | None
    service_code: str
    names: tuple[NameShown, ...]
    """By languages; none of a service that is in the catalogue no more."""
    unit: Annotated[ServiceUnit, Named()] | None
    standing: ServiceStanding
    explanation: str | None
    """Of a rejection."""
    proposed_at: Instant
    changed_at: Instant


@router.get("/services")
async def list_services(
    context: EitherContext, page: Paging, filters: Annotated[OfferedServiceFilters, Query()]
) -> Answered[Listed[OfferedService]]:
    """List the services that are offered, the last decided first: the operator those of its
    providers, a provider its own."""

    async def present(rows: Sequence[ServiceOfProvider]) -> list[OfferedService]:
        names = await names_of(context, ((row.organisation_id, row.provider_id) for row in rows))
        known = await marketplaces(context, (row.organisation_id for row in rows))
        return [offered(row, names, known) for row in rows]

    found = filters.narrow(of_side(context, table))
    return await page.show_together(found, LATEST, present)


def offered(
    row: ServiceOfProvider, names: Names, known: Mapping[str, Marketplace]
) -> OfferedService:
    at = known.get(row.organisation_id)
    listed = service_of(at, row.service_code) if at else None
    return OfferedService(
        relation_id=row.relation_id,
        marketplace_id=row.organisation_id,
        marketplace_name=names.marketplaces.get(row.organisation_id),
        provider_id=row.provider_id,
        provider_name=names.providers.get(row.provider_id),
        service_code=row.service_code,
        names=tuple(map(NameShown.of, listed.names)) if listed else (),
        unit=listed.unit if listed else None,
        standing=ServiceStanding(row.standing),
        explanation=row.explanation,
        proposed_at=row.proposed_at,
        changed_at=row.changed_at,
    )
