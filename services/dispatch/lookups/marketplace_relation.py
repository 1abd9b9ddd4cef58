"""The relations of marketplaces and providers: who may be asked, for what, on which terms."""

from dataclasses import dataclass

from contracts.marketplace import relation_v1
from contracts.marketplace.relation_v1 import RelationEvent
from contracts.providers import Relation, relation_after
from infra.consumers.views import OutOfOrder, View
from infra.database import Pool

Reads = RelationEvent


@dataclass(frozen=True, slots=True)
class Known:
    """A relation as its facts left it."""

    relation_id: str
    marketplace_id: str
    provider_id: str
    provider_name: str
    relation: tuple[Relation, ...]
    """One item."""


def key(event: Reads) -> tuple[str]:
    return (event.relation_id,)


def project(row: Known | None, event: Reads) -> Known:
    after = relation_after(row.relation[0] if row else None, event)
    if after is None:
        raise OutOfOrder(event)
    return Known(
        relation_id=after.relation_id,
        marketplace_id=after.marketplace_id,
        provider_id=after.provider_id,
        provider_name=after.provider_name,
        relation=(after,),
    )


lookup = View(
    name="relations",
    contract=relation_v1.contract,
    reads=Reads,
    row=Known,
    primary_key=("relation_id",),
    key=key,
    project=project,
    indexes=("(marketplace_id, provider_id)",),
)
"""The index leads from a provider whose zone has a place to what is between it and the marketplace,
and lists the providers of a marketplace in an order."""


async def names(pool: Pool, marketplace_id: str, provider_ids: list[str]) -> dict[str, str]:
    """The names of providers of a marketplace, by their ids."""
    async with pool.connection() as connection:
        cursor = await connection.execute(
            "select provider_id, provider_name from relations"
            " where marketplace_id = %s and provider_id = any(%s)",
            (marketplace_id, provider_ids),
        )
        return dict(await cursor.fetchall())
