"""Offers over HTTP for a provider: shown with what is left of a price, answered, explained."""

from typing import Annotated

from fastapi import Query
from pydantic import Field

from contracts.common_v1 import Money
from infra.http.answers import Answer, Answered, Recorded, Router
from infra.http.models import Body, Id, Instant, MoneyBody
from services.dispatch import request
from services.dispatch.adapters import matching
from services.dispatch.aggregates import REQUEST
from services.dispatch.http.access import ProviderContext, offered_request
from services.dispatch.http.answers import (
    CriterionShown,
    FeesShown,
    OfferShown,
    criteria_shown,
    fees_shown,
    offer_shown,
)
from services.dispatch.http.fields import BasisPoints, Unit, Written
from services.dispatch.http.links import Doors
from services.dispatch.lookups import marketplace_marketplace
from services.dispatch.request.proposing import MOST_SLOTS, Decline, Propose
from services.dispatch.terms import MOST_PRICE_MINOR, WHOLE_BASIS_POINTS, fees

router = Router("Offers")


class ProposalBody(Body):
    """A proposal; the last one of a provider counts, until one is chosen."""

    price: MoneyBody
    """Without VAT; of one unit, where there is one."""
    unit: Unit | None = None
    """The thing that the price is of, like an hour; left out where it is for the whole."""
    vat_basis_points: BasisPoints
    """2000 is 20 %."""
    slots: Annotated[tuple[Instant, ...], Field(min_length=1, max_length=MOST_SLOTS, strict=False)]
    """The beginnings of arrival windows of two hours."""
    scope: Written
    valid_until: Instant


class OwnExplanation(Answer):
    """Why a request reached the caller, or did not (M1)."""

    offered: bool
    recorded: bool
    """Whether it is as it was when providers were looked at; otherwise it is as it is now."""
    criteria: tuple[CriterionShown, ...]


def shown(doors: Doors) -> Router:
    """The route that shows an offer, over the links to its photos."""
    routes = Router("Offers")

    @routes.get("/offers/{request_id}")
    async def show_offer(request_id: Id, context: ProviderContext) -> Answered[OfferShown]:
        """Show a request that was offered to the caller, never stale."""
        found = await context.load(REQUEST, request_id)
        state = offered_request(context, found.state)
        own_id = context.principal.organisation_id
        answer = offer_shown(state, own_id, doors.to_file(context.at))
        return context.show(answer, found, beside=True)

    return routes


@router.get("/offers/{request_id}/fees")
async def show_fees(
    request_id: Id,
    context: ProviderContext,
    amount_minor: Annotated[int, Query(ge=1, le=MOST_PRICE_MINOR)],
    vat_basis_points: Annotated[int, Query(ge=0, le=WHOLE_BASIS_POINTS)],
) -> Answered[FeesShown]:
    """Show what the caller would be left with of a price, before answering (M15)."""
    state = offered_request(context, (await context.load(REQUEST, request_id)).state)
    offer = state.dossier.offers[context.principal.organisation_id]
    price = Money(amount_minor, state.dossier.created.currency)
    commission_vat = await marketplace_marketplace.commission_vat(
        context, state.dossier.created.organisation_id, context.at
    )
    found = fees(price, vat_basis_points, offer.commission_basis_points, commission_vat)
    return Answered(fees_shown(found))


@router.put("/offers/{request_id}/proposal")
async def propose(
    request_id: Id, body: ProposalBody, context: ProviderContext
) -> Answered[Recorded]:
    """Propose to take a request. 409 once a provider is chosen."""
    held = offered_request(context, (await context.load(REQUEST, request_id)).state).dossier
    provider_id = context.principal.organisation_id
    command = Propose(
        provider_id=provider_id,
        barred=await matching.is_barred(
            context.pool,
            held.created.organisation_id,
            provider_id,
            held.created.service_code,
            min(body.slots),
        ),
        price=body.price.money(),
        unit=body.unit,
        vat_basis_points=body.vat_basis_points,
        commission_vat_basis_points=await marketplace_marketplace.commission_vat(
            context, held.created.organisation_id, context.at
        ),
        slots=body.slots,
        scope=body.scope,
        valid_until=body.valid_until,
        by=context.principal.subject,
        at=context.at,
    )
    return await context.handle(REQUEST, request_id, command)


@router.put("/offers/{request_id}/declining")
async def decline(request_id: Id, context: ProviderContext) -> Answered[Recorded]:
    """Decline a request; a proposal that the customer does not have yet is taken back by it."""
    who = context.principal
    command = Decline(provider_id=who.organisation_id, by=who.subject, at=context.at)
    return await context.handle(REQUEST, request_id, command)


@router.get("/offers/{request_id}/explanation")
async def explain_offer(request_id: Id, context: ProviderContext) -> Answered[OwnExplanation]:
    """Show why a request reached the caller or not: to who has a relation with its marketplace.

    Nothing is told of others.
    """
    provider_id = context.principal.organisation_id
    state = (await context.load(REQUEST, request_id)).state
    if isinstance(state, request.Uncreated):
        raise context.refuse(request.NoSuchRequest())
    held = state.dossier
    if offer := held.offers.get(provider_id):
        return Answered(own(True, True, criteria_shown(offer.criteria)))
    for one in held.passed_over:
        if one.provider_id == provider_id:
            return Answered(own(False, True, criteria_shown(one.criteria)))
    if isinstance(state, request.Forgotten):
        raise context.refuse(request.NoSuchRequest())
    now = await matching.judged(context.pool, held.created, (provider_id,), context.at)
    if not now:
        raise context.refuse(request.NoSuchRequest())
    return Answered(own(False, False, criteria_shown(now[0].criteria)))


def own(offered: bool, recorded: bool, criteria: tuple[CriterionShown, ...]) -> OwnExplanation:
    return OwnExplanation(offered=offered, recorded=recorded, criteria=criteria)
