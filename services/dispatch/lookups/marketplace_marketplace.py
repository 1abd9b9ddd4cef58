"""Marketplaces, as their operators set them up: whether they broadcast, what they list, when."""

from dataclasses import dataclass, replace
from datetime import datetime
from zoneinfo import ZoneInfo

from contracts.marketplace import marketplace_v1
from contracts.marketplace.marketplace_v1 import MarketplaceActivated, MarketplaceEvent
from contracts.providers import Marketplace, commission_vat_on, marketplace_after
from infra.consumers.views import OutOfOrder, View
from infra.http.problems import unknown_reference
from infra.http.request_context import RequestContext

Reads = MarketplaceEvent


@dataclass(frozen=True, slots=True)
class Kept:
    """A marketplace as its facts left it, and who activated it last, who is told of requests."""

    marketplace_id: str
    keeper_id: str
    marketplace: tuple[Marketplace, ...]
    """One item."""


def key(event: Reads) -> tuple[str]:
    return (event.marketplace_id,)


def project(row: Kept | None, event: Reads) -> Kept:
    after = marketplace_after(row.marketplace[0] if row else None, event)
    if after is None:
        raise OutOfOrder(event)
    if isinstance(event, MarketplaceActivated):
        return Kept(event.marketplace_id, event.activated_by, (after,))
    assert row is not None
    return replace(row, marketplace=(after,))


lookup = View(
    name="marketplaces",
    contract=marketplace_v1.contract,
    reads=Reads,
    row=Kept,
    primary_key=("marketplace_id",),
    key=key,
    project=project,
)


async def require(context: RequestContext, marketplace_id: str) -> Kept:
    """The marketplace, while it is active. Raises the 422 `Problem` of the service otherwise: where
    there is no marketplace, none is listed."""
    found = await context.lookup(lookup, marketplace_id)
    if found is None or not found.marketplace[0].active:
        raise unknown_reference("service_code", "service")
    return found


async def commission_vat(context: RequestContext, marketplace_id: str, at: datetime) -> int:
    """The VAT on the commissions of a marketplace on the day of an instant, by its own clock, in
    basis points."""
    found = await context.lookup(lookup, marketplace_id)
    if found is None:
        return 0
    known = found.marketplace[0]
    return commission_vat_on(known.commission_vat, at.astimezone(ZoneInfo(known.time_zone)).date())
