"""Marketplaces as their operators set them up."""

from dataclasses import dataclass

from contracts.marketplace import marketplace_v1
from contracts.marketplace.marketplace_v1 import MarketplaceEvent
from contracts.providers import Marketplace, marketplace_after
from infra.consumers.views import OutOfOrder, View

Reads = MarketplaceEvent


@dataclass(frozen=True, slots=True)
class Kept:
    """A marketplace as its facts left it."""

    marketplace_id: str
    marketplace: tuple[Marketplace, ...]
    """One item."""


def key(event: Reads) -> tuple[str]:
    return (event.marketplace_id,)


def project(row: Kept | None, event: Reads) -> Kept:
    after = marketplace_after(row.marketplace[0] if row else None, event)
    if after is None:
        raise OutOfOrder(event)
    return Kept(event.marketplace_id, (after,))


lookup = View(
    name="marketplaces",
    contract=marketplace_v1.contract,
    reads=Reads,
    row=Kept,
    primary_key=("marketplace_id",),
    key=key,
    project=project,
)
