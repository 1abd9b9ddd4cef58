"""The providers of a marketplace, and the marketplaces of a provider: a row each (OGU-16)."""

from dataclasses import dataclass

from contracts.marketplace.relation_v1 import RelationEvent, contract
from contracts.providers import Relation, RelationStanding, relation_after
from infra.consumers.views import OutOfOrder, View
from infra.reading import Table
from infra.searching import Words, filed_under, words

Reads = RelationEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """`organisation_id` is that of the marketplace; `known` has one item."""

    relation_id: str
    organisation_id: str
    provider_id: str
    standing: str
    filed_name: str
    """The provider's name as names are put in order."""
    search: Words
    known: tuple[Relation, ...]


def key(event: Reads) -> tuple[str]:
    return (event.relation_id,)


def project(row: Row | None, event: Reads) -> Row:
    known = relation_after(row.known[0] if row else None, event)
    if known is None:
        raise OutOfOrder(event)
    return _row(known)


def _row(known: Relation) -> Row:
    return Row(
        relation_id=known.relation_id,
        organisation_id=known.marketplace_id,
        provider_id=known.provider_id,
        standing=known.standing.value,
        filed_name=filed_under(known.provider_name),
        search=words(known.provider_name),
        known=(known,),
    )


view = View(
    name="relations",
    contract=contract,
    reads=Reads,
    row=Row,
    primary_key=("relation_id",),
    key=key,
    project=project,
    indexes=(
        "(organisation_id, filed_name, relation_id)",
        "(provider_id, filed_name, relation_id)",
    ),
)
relations = Table(view, "relations")
BY_NAME = relations.order("by-name", "filed_name", "relation_id")
SHOWN = frozenset(one.value for one in RelationStanding if one is not RelationStanding.DELETED)
"""A relation that was deleted is in no list."""
