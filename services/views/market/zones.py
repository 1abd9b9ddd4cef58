"""Where does each provider work, and what has the operator left of it? (OGU-23, M8)"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import Query

from contracts.common_v1 import Zone
from contracts.marketplace.provider_v1 import ZoneDrawn, contract
from contracts.providers import Relation
from infra import zones
from infra.consumers.views import View
from infra.http.answers import Answer, Answered, Listed, Router
from infra.http.models import Instant
from infra.http.pages import Paging
from infra.reading import Table
from services.views.market import relations
from services.views.market.access import EitherContext
from services.views.market.relations import Partner, PartnerFilters, partners

Reads = ZoneDrawn


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """`organisation_id` is that of the provider; `zone` has one item."""

    organisation_id: str
    zone: tuple[Zone, ...]
    drawn_at: datetime


def key(event: Reads) -> tuple[str]:
    return (event.provider_id,)


def project(_: Drawn | None, event: Reads) -> Drawn:
    return Drawn(organisation_id=event.provider_id, zone=(event.zone,), drawn_at=event.drawn_at)


view = View(
    name="zones",
    contract=contract,
    reads=Reads,
    row=Drawn,
    primary_key=("organisation_id",),
    key=key,
    project=project,
)
table = Table(view, "zones")
BY_ID = table.order("zones-by-id", "organisation_id")

# --- The question -----------------------------------------------------------

router = Router("Zones")


class ZoneShown(Answer):
    """A zone: drawn, or named commune by commune."""

    geojson: str | None
    """A Polygon or MultiPolygon of RFC 7946, as text."""
    communes: tuple[str, ...]


class ZoneListed(Answer):
    """The zone of a provider at a marketplace."""

    relation_id: str
    marketplace_id: str
    marketplace_name: str
    provider_id: str
    provider_name: str
    zone: ZoneShown | None
    """As the provider has drawn it."""
    drawn_at: Instant | None
    reduction: ZoneShown | None
    """The zone that the operator reduced it to, as a layer of its own."""
    effective_zone: ZoneShown | None
    """The part that both leave; null where there is none, or only one is drawn."""


@router.get("/zones")
async def list_zones(
    context: EitherContext, page: Paging, filters: Annotated[PartnerFilters, Query()]
) -> Answered[Listed[ZoneListed]]:
    """List the zones of providers by name: the operator those of its providers, a provider its own
    at each of its marketplaces."""

    async def present(rows: Sequence[Partner]) -> list[ZoneListed]:
        ids = {row.provider_id for row in rows}
        wanted = table.of_every_organisation(organisation_id=ids)
        known = {one.organisation_id: one for one in await wanted.many(context.pool, BY_ID)}
        return [listed(row.known[0], known.get(row.provider_id)) for row in rows]

    return await page.show_together(partners(context, filters), relations.BY_NAME, present)


def listed(known: Relation, drawn: Drawn | None) -> ZoneListed:
    layers = (*drawn.zone, *known.reduction) if drawn else ()
    return ZoneListed(
        relation_id=known.relation_id,
        marketplace_id=known.marketplace_id,
        marketplace_name=known.marketplace_name,
        provider_id=known.provider_id,
        provider_name=known.provider_name,
        zone=zone_shown(drawn.zone[0] if drawn else None),
        drawn_at=drawn.drawn_at if drawn else None,
        reduction=zone_shown(known.reduction[0] if known.reduction else None),
        effective_zone=zone_shown(zones.effective(layers) if layers else None),
    )


def zone_shown(zone: Zone | None) -> ZoneShown | None:
    return None if zone is None else ZoneShown.of(zone)
