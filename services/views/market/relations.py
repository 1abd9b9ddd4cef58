"""May a marketplace write to a provider about offers, and what are both called? (OGU-26)"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated

from fastapi import Query

from contracts.marketplace.relation_v1 import RelationEvent, contract
from contracts.providers import Relation, RelationStanding, relation_after
from infra.consumers.views import OutOfOrder, View
from infra.http.answers import Answer, Answered, Listed, Router
from infra.http.models import Instant
from infra.http.pages import Filters, Paging, Typed
from infra.http.request_context import RequestContext
from infra.reading import Rows, Table
from infra.searching import Words, filed_under, words
from services.views.market import consents
from services.views.market.access import EitherContext, of_side

Reads = RelationEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class Partner:
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


def project(row: Partner | None, event: Reads) -> Partner:
    known = relation_after(row.known[0] if row else None, event)
    if known is None:
        raise OutOfOrder(event)
    return Partner(
        relation_id=known.relation_id,
        organisation_id=known.marketplace_id,
        provider_id=known.provider_id,
        standing=known.standing.value,
        filed_name=filed_under(known.provider_name),
        search=words(known.provider_name, known.marketplace_name),
        known=(known,),
    )


view = View(
    name="relations",
    contract=contract,
    reads=Reads,
    row=Partner,
    primary_key=("relation_id",),
    key=key,
    project=project,
    indexes=(
        "(organisation_id, filed_name, relation_id)",
        "(provider_id, filed_name, relation_id)",
    ),
)
table = Table(view, "relations")
BY_NAME = table.order("relations-by-name", "filed_name", "relation_id")
LASTING = [one.value for one in RelationStanding if one is not RelationStanding.DELETED]
"""A relation that was deleted is in no list; it gives names to what was done before."""


@dataclass(frozen=True, slots=True)
class Names:
    """The names of both sides, by their ids."""

    providers: Mapping[str, str]
    marketplaces: Mapping[str, str]


async def names_of(context: RequestContext, pairs: Iterable[tuple[str, str]]) -> Names:
    """The names of marketplaces and providers of these pairs, as far as they are known."""
    wanted = set(pairs)
    found = await (
        table.of_every_organisation(
            organisation_id={marketplace for marketplace, _ in wanted},
            provider_id={provider for _, provider in wanted},
        )
    ).many(context.pool, BY_NAME)
    known = [row.known[0] for row in found]
    return Names(
        {one.provider_id: one.provider_name for one in known},
        {one.marketplace_id: one.marketplace_name for one in known},
    )


# --- The question -----------------------------------------------------------

router = Router("Consents")


class PartnerFilters(Filters):
    """Which relations are wanted."""

    no_columns = frozenset({"q"})

    standing: RelationStanding | None = None
    q: Typed = ""


class ConsentListed(Answer):
    """Whether a provider agreed to be written to about offers."""

    relation_id: str
    marketplace_id: str
    marketplace_name: str
    provider_id: str
    provider_name: str
    standing: RelationStanding
    given: bool
    """False until the provider said so."""
    changed_at: Instant | None
    """Null where the provider never said anything."""


@router.get("/consents")
async def list_consents(
    context: EitherContext, page: Paging, filters: Annotated[PartnerFilters, Query()]
) -> Answered[Listed[ConsentListed]]:
    """List who may be written to about offers, by name: the operator its providers, a provider its
    marketplaces."""

    async def present(rows: Sequence[Partner]) -> list[ConsentListed]:
        known = await consents.consents(context, (row.provider_id for row in rows))
        return [consent_listed(row.known[0], known.get(row.provider_id)) for row in rows]

    return await page.show_together(partners(context, filters), BY_NAME, present)


def partners(context: RequestContext, filters: PartnerFilters) -> Rows[Partner]:
    """The relations of the caller, from its own side."""
    mine = of_side(context, table).where("standing = any(%(lasting)s)", lasting=LASTING)
    return filters.narrow(mine).searched(filters.q)


def consent_listed(known: Relation, consent: consents.Consent | None) -> ConsentListed:
    return ConsentListed(
        relation_id=known.relation_id,
        marketplace_id=known.marketplace_id,
        marketplace_name=known.marketplace_name,
        provider_id=known.provider_id,
        provider_name=known.provider_name,
        standing=known.standing,
        given=consent is not None and consent.given,
        changed_at=consent.changed_at if consent else None,
    )
