"""Which documents go between a marketplace and its providers, and which are good? (OGU-27, M7)"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import Query

from contracts.marketplace.marketplace_v1 import DocumentKind
from contracts.marketplace.provider_v1 import DocumentShown, ShownDocument, contract
from contracts.providers import (
    DocumentFault,
    Marketplace,
    Published,
    Relation,
    good_until,
    kind_name,
    lacking,
)
from infra.consumers.views import View
from infra.http.answers import Answer, Answered, Listed, Router
from infra.http.models import Day, Instant, Named
from infra.http.pages import Paging
from infra.reading import Table
from services.views.market import relations
from services.views.market.access import EitherContext
from services.views.market.marketplaces import marketplaces
from services.views.market.relations import Partner, PartnerFilters, partners

Reads = DocumentShown


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """`organisation_id` is that of the provider; the last document of each kind."""

    organisation_id: str
    documents: tuple[ShownDocument, ...]


def key(event: Reads) -> tuple[str]:
    return (event.provider_id,)


def project(row: Shown | None, event: Reads) -> Shown:
    new, before = event.document, row.documents if row else ()
    others = tuple(one for one in before if one.kind != new.kind)
    return Shown(organisation_id=event.provider_id, documents=(*others, new))


view = View(
    name="documents",
    contract=contract,
    reads=Reads,
    row=Shown,
    primary_key=("organisation_id",),
    key=key,
    project=project,
)
table = Table(view, "documents")
BY_ID = table.order("documents-by-id", "organisation_id")

# --- The question -----------------------------------------------------------

router = Router("Documents")


class PublishedShown(Answer):
    """The terms of use or an internal document of a marketplace, in the version that holds."""

    document_id: str
    """Empty for the terms of use."""
    version: int
    title: str
    file_id: str
    published_at: Instant


class CompanyDocument(Answer):
    """A document that the marketplace asks for, as the provider shows it."""

    kind: Annotated[DocumentKind, Named()]
    fault: DocumentFault | None
    """Why it does not count today; null where it does."""
    file_id: str | None
    issued_on: Day | None
    expires_on: Day | None
    good_until: Day | None
    """The last day on which it counts."""
    confirmed: bool
    """The operator found it genuine."""


class DocumentsListed(Answer):
    """The documents between a marketplace and a provider. Files are opened where the relation is
    shown."""

    relation_id: str
    marketplace_id: str
    marketplace_name: str
    provider_id: str
    provider_name: str
    accepted_terms_version: int | None
    """The version that the provider accepted last."""
    terms: PublishedShown | None
    """Those that hold."""
    internal_documents: tuple[PublishedShown, ...]
    company_documents: tuple[CompanyDocument, ...]
    """Those that are asked for, whether they are there or not."""


@router.get("/documents")
async def list_documents(
    context: EitherContext, page: Paging, filters: Annotated[PartnerFilters, Query()]
) -> Answered[Listed[DocumentsListed]]:
    """List the documents of relations by the name of the provider: the operator those of its
    providers, a provider its own at each of its marketplaces."""

    async def present(rows: Sequence[Partner]) -> list[DocumentsListed]:
        ids = {row.provider_id for row in rows}
        wanted = table.of_every_organisation(organisation_id=ids)
        shown = {one.organisation_id: one for one in await wanted.many(context.pool, BY_ID)}
        known = await marketplaces(context, (row.organisation_id for row in rows))
        return [
            listed(
                row.known[0],
                known.get(row.organisation_id),
                shown[row.provider_id].documents if row.provider_id in shown else (),
                context.at,
            )
            for row in rows
        ]

    return await page.show_together(partners(context, filters), relations.BY_NAME, present)


def listed(
    known: Relation,
    marketplace: Marketplace | None,
    shown: tuple[ShownDocument, ...],
    at: datetime,
) -> DocumentsListed:
    company: tuple[CompanyDocument, ...] = ()
    if marketplace is not None:
        today = at.astimezone(ZoneInfo(marketplace.time_zone)).date()
        company = company_documents(known, marketplace, shown, today)
    terms = marketplace.terms if marketplace else ()
    return DocumentsListed(
        relation_id=known.relation_id,
        marketplace_id=known.marketplace_id,
        marketplace_name=known.marketplace_name,
        provider_id=known.provider_id,
        provider_name=known.provider_name,
        accepted_terms_version=known.terms_version,
        terms=published(terms[-1]) if terms else None,
        internal_documents=(
            tuple(map(published, marketplace.internal_documents)) if marketplace else ()
        ),
        company_documents=company,
    )


def published(one: Published) -> PublishedShown:
    return PublishedShown.of(one)


def company_documents(
    known: Relation, marketplace: Marketplace, shown: tuple[ShownDocument, ...], today: date
) -> tuple[CompanyDocument, ...]:
    """In the order in which they are asked for."""
    missing = lacking(marketplace.documents, shown, today, known.refused)
    faults = {one.kind: one.fault for one in missing}
    by_kind = {one.kind: one for one in shown}
    found = []
    for rule in marketplace.documents:
        name = kind_name(rule.kind)
        one = by_kind.get(name)
        found.append(
            CompanyDocument(
                kind=rule.kind,
                fault=faults.get(name),
                file_id=one.file_id if one else None,
                issued_on=one.issued_on if one else None,
                expires_on=one.expires_on if one else None,
                good_until=good_until(rule, one) if one else None,
                confirmed=one is not None and one.file_id in known.confirmed,
            )
        )
    return tuple(found)
