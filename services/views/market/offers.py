"""Which provider was offered which request, why, and what was answered? (OGU-24, M1, M2)"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Annotated, assert_never

from fastapi import Query

from contracts.dispatch.request_v1 import (
    Criterion,
    CriterionResult,
    OfferDeclined,
    OfferEnd,
    OfferEnded,
    OfferWay,
    ProposalMade,
    ProviderChosen,
    ReplacementBegun,
    RequestOffered,
    contract,
)
from infra.consumers.views import OutOfOrder, View
from infra.http.answers import Answer, Answered, Listed, MoneyShown, Router
from infra.http.models import Id, Instant, Named
from infra.http.pages import Filters, Paging
from infra.reading import Table
from services.views.market import requests
from services.views.market.access import EitherContext, of_side
from services.views.market.relations import Names, names_of

Reads = (
    RequestOffered | ProposalMade | OfferDeclined | ProviderChosen | OfferEnded | ReplacementBegun
)


class OfferStatus(StrEnum):
    """How far a request is with one provider."""

    AWAITING = "awaiting"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    CHOSEN = "chosen"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """`organisation_id` is that of the marketplace; `proposal` has at most one item."""

    request_id: str
    provider_id: str
    organisation_id: str
    status: str
    way: str
    round: int
    rank: int
    service_code: str
    locality: str
    criteria: tuple[CriterionResult, ...]
    commission_basis_points: int
    offered_at: datetime
    answer_by: datetime
    proposal: tuple[ProposalMade, ...] = ()
    end: str | None = None
    job_id: str | None = None


def key(event: Reads) -> tuple[str, str]:
    return (event.request_id, event.provider_id)


def project(row: Offer | None, event: Reads) -> Offer:
    if isinstance(event, RequestOffered):
        return offered(row, event)
    if row is None:
        raise OutOfOrder(event)
    match event:
        case ProposalMade():
            return replace(row, status=OfferStatus.ACCEPTED.value, proposal=(event,), end=None)
        case OfferDeclined():
            return replace(row, status=OfferStatus.DECLINED.value, proposal=())
        case ProviderChosen():
            return replace(row, status=OfferStatus.CHOSEN.value, job_id=event.job_id)
        case OfferEnded():
            return replace(row, status=OfferStatus.CLOSED.value, end=event.cause.name.lower())
        case ReplacementBegun():
            return replace(row, status=OfferStatus.CLOSED.value, job_id=None)
        case unhandled:
            assert_never(unhandled)


def offered(row: Offer | None, event: RequestOffered) -> Offer:
    """The offer, once more for who has it already: an answer stands within the same search."""
    new = Offer(
        request_id=event.request_id,
        provider_id=event.provider_id,
        organisation_id=event.organisation_id,
        status=OfferStatus.AWAITING.value,
        way=event.way.name.lower(),
        round=event.round,
        rank=event.rank,
        service_code=event.service_code,
        locality=event.locality,
        criteria=event.criteria,
        commission_basis_points=event.commission_basis_points,
        offered_at=event.offered_at,
        answer_by=event.answer_by,
    )
    if row is None or row.status == OfferStatus.CLOSED:
        return new
    return replace(new, status=row.status, proposal=row.proposal, job_id=row.job_id)


view = View(
    name="offers",
    contract=contract,
    reads=Reads,
    row=Offer,
    primary_key=("request_id", "provider_id"),
    key=key,
    project=project,
    indexes=(
        "(organisation_id, offered_at, request_id, provider_id)",
        "(provider_id, offered_at, request_id)",
    ),
)
table = Table(view, "offers")
LATEST = table.order("latest-offer", "offered_at", "request_id", "provider_id", descending=True)

# --- The question -----------------------------------------------------------

router = Router("Offers")


class OfferFilters(Filters):
    """Which offers are wanted."""

    status: OfferStatus | None = None
    request_id: Id | None = None
    provider_id: Id | None = None
    service_code: Id | None = None


class CriterionShown(Answer):
    """A condition on providers, and whether this one met it."""

    criterion: Annotated[Criterion, Named()]
    met: bool
    fact: str
    """What decided: a status, a day, or the documents that are lacking."""


class ProposalListed(Answer):
    """The last proposal of a provider; operator and provider see what is kept of it."""

    price: MoneyShown
    """Without VAT; of one unit, where there is one."""
    unit: str | None
    vat_basis_points: int
    including_vat: MoneyShown
    commission: MoneyShown
    """The operator's part of the amount without VAT."""
    net: MoneyShown
    """The provider's part: the amount without VAT, less the commission."""
    commission_vat: MoneyShown | None
    """The VAT that the operator invoices with its commission, as of the day of the proposal."""
    payout: MoneyShown | None
    """The provider's part of what the customer pays: less the commission and its VAT."""
    slots: tuple[Instant, ...]
    """The beginnings of arrival windows of two hours."""
    scope: str
    valid_until: Instant
    made_at: Instant


class OfferListed(Answer):
    """A request with one provider that was offered it: no customer, and no street."""

    request_id: str
    marketplace_id: str
    marketplace_name: str | None
    provider_id: str
    provider_name: str | None
    status: OfferStatus
    end: Annotated[OfferEnd, Named()] | None
    """Why it is closed; null where the provider itself cancelled the job."""
    way: Annotated[OfferWay, Named()]
    round: int
    rank: int
    """1 for the first: whoever was offered a request least recently."""
    service_code: str
    locality: str
    wanted_from: Instant | None
    wanted_until: Instant | None
    criteria: tuple[CriterionShown, ...]
    """Why the provider was offered it, as it was then."""
    commission_basis_points: int
    """That of the day of the request."""
    offered_at: Instant
    answer_by: Instant
    proposal: ProposalListed | None
    job_id: str | None


@router.get("/offers")
async def list_offers(
    context: EitherContext, page: Paging, filters: Annotated[OfferFilters, Query()]
) -> Answered[Listed[OfferListed]]:
    """List the requests that providers were offered, the latest first: the operator those of all
    its providers, side by side for one request; a provider its own and nothing of others."""

    async def present(rows: Sequence[Offer]) -> list[OfferListed]:
        names = await names_of(context, ((row.organisation_id, row.provider_id) for row in rows))
        ids = {row.request_id for row in rows}
        asked = requests.table.of_every_organisation(request_id=ids)
        found = await asked.many(context.pool, requests.NEWEST)
        wanted = {one.request_id: one for one in found}
        return [listed(row, names, wanted) for row in rows]

    return await page.show_together(filters.narrow(of_side(context, table)), LATEST, present)


def listed(row: Offer, names: Names, wanted: Mapping[str, requests.Request]) -> OfferListed:
    asked = wanted.get(row.request_id)
    return OfferListed(
        request_id=row.request_id,
        marketplace_id=row.organisation_id,
        marketplace_name=names.marketplaces.get(row.organisation_id),
        provider_id=row.provider_id,
        provider_name=names.providers.get(row.provider_id),
        status=OfferStatus(row.status),
        end=OfferEnd[row.end.upper()] if row.end else None,
        way=OfferWay[row.way.upper()],
        round=row.round,
        rank=row.rank,
        service_code=row.service_code,
        locality=row.locality,
        wanted_from=asked.wanted_from if asked else None,
        wanted_until=asked.wanted_until if asked else None,
        criteria=tuple(map(CriterionShown.of, row.criteria)),
        commission_basis_points=row.commission_basis_points,
        offered_at=row.offered_at,
        answer_by=row.answer_by,
        proposal=proposal_listed(row.proposal[0]) if row.proposal else None,
        job_id=row.job_id,
    )


def proposal_listed(made: ProposalMade) -> ProposalListed:
    commission_vat, payout = made.fees.commission_vat, made.fees.payout
    return ProposalListed(
        price=MoneyShown.of(made.price),
        unit=made.unit,
        vat_basis_points=made.vat_basis_points,
        including_vat=MoneyShown.of(made.fees.including_vat),
        commission=MoneyShown.of(made.fees.commission),
        net=MoneyShown.of(made.fees.net),
        commission_vat=MoneyShown.of(commission_vat) if commission_vat else None,
        payout=MoneyShown.of(payout) if payout else None,
        slots=made.slots,
        scope=made.scope,
        valid_until=made.valid_until,
        made_at=made.made_at,
    )
