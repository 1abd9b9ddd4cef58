"""The marketplaces and their catalogues, which give services and operators their names."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from contracts.marketplace.marketplace_v1 import MarketplaceEvent, contract
from contracts.providers import Marketplace, marketplace_after
from infra.consumers.views import OutOfOrder, View
from infra.http.request_context import RequestContext
from infra.reading import Table

Reads = MarketplaceEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalogue:
    """`organisation_id` is that of the marketplace; `known` has one item."""

    organisation_id: str
    known: tuple[Marketplace, ...]


def key(event: Reads) -> tuple[str]:
    return (event.marketplace_id,)


def project(row: Catalogue | None, event: Reads) -> Catalogue:
    known = marketplace_after(row.known[0] if row else None, event)
    if known is None:
        raise OutOfOrder(event)
    return Catalogue(organisation_id=known.marketplace_id, known=(known,))


view = View(
    name="marketplaces",
    contract=contract,
    reads=Reads,
    row=Catalogue,
    primary_key=("organisation_id",),
    key=key,
    project=project,
)
table = Table(view, "marketplaces")
BY_ID = table.order("marketplaces-by-id", "organisation_id")


async def marketplaces(context: RequestContext, ids: Iterable[str]) -> Mapping[str, Marketplace]:
    """These marketplaces by their ids, as far as they are known."""
    wanted = table.of_every_organisation(organisation_id=set(ids))
    return {row.organisation_id: row.known[0] for row in await wanted.many(context.pool, BY_ID)}
