"""The names of marketplaces and of their providers, as customers read them."""

from dataclasses import dataclass

from contracts.marketplace.relation_v1 import RelationConnected, contract
from infra.consumers.views import View

Reads = RelationConnected


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """A marketplace and one of its providers, as they were called when they met."""

    relation_id: str
    marketplace_name: str
    provider_name: str


def key(event: Reads) -> tuple[str]:
    return (event.relation_id,)


def project(_: Names | None, event: Reads) -> Names:
    return Names(
        relation_id=event.relation_id,
        marketplace_name=event.marketplace_name,
        provider_name=event.provider_name,
    )


lookup = View(
    name="names",
    contract=contract,
    reads=Reads,
    row=Names,
    primary_key=("relation_id",),
    key=key,
    project=project,
)
