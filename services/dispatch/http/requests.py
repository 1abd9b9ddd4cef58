"""Requests over HTTP for the operator: created, assigned, chosen for, explained."""

from typing import Annotated

from pydantic import Field

from contracts.common_v1 import Point
from contracts.dispatch.request_v1 import AssignmentTerms, Participant
from contracts.providers import Marketplace, service_of
from infra.http import readable_ids
from infra.http.answers import Answer, Answered, Recorded, Router
from infra.http.history import HistoryPart
from infra.http.models import Body, Id, Instant, MoneyBody, Reference
from infra.http.problems import unknown_reference
from infra.http.request_context import RequestContext
from services.dispatch import request
from services.dispatch.adapters import matching
from services.dispatch.adapters.asking import Asking
from services.dispatch.aggregates import REQUEST
from services.dispatch.http.access import OperatorContext, own_request
from services.dispatch.http.answers import (
    CriterionShown,
    RequestHistory,
    RequestShown,
    criteria_shown,
    request_shown,
)
from services.dispatch.http.fields import Unit, WantedBody
from services.dispatch.http.links import Doors
from services.dispatch.lookups import marketplace_marketplace, marketplace_relation
from services.dispatch.request.broadcasting import AssignByHand
from services.dispatch.request.choosing import CancelRequest, Choose

MOST_BY_HAND = 50

# --- Bodies and answers -----------------------------------------------------


class RequestBody(WantedBody):
    """A request of a customer, entered by the operator or sent by its program."""

    reference: Reference | None = None
    """What the operator calls it, unique in its marketplace: sent again, it is the same one."""


class AssignmentBody(Body):
    provider_ids: Annotated[
        tuple[Id, ...], Field(min_length=1, max_length=MOST_BY_HAND, strict=False)
    ]


class ChoiceBody(Body):
    """A choice names what was seen; 412 when the provider has another price by now."""

    provider_id: Id
    price: MoneyBody
    unit: Unit | None = None
    arrives_from: Instant
    """One of the slots."""


class DoorShown(Answer):
    """The page on which anybody asks something of the marketplace."""

    url: str


class ConsideredShown(Answer):
    """A provider that was looked at for a request (M1)."""

    provider_id: str
    provider_name: str | None
    offered: bool
    criteria: tuple[CriterionShown, ...]


class ExplanationShown(Answer):
    """The providers that were looked at for a request, and why each was offered it or not (M1)."""

    rule: str
    """How those who match are ordered."""
    considered: tuple[ConsideredShown, ...]
    """Those that were offered it by their rank; then the others, the nearest to matching first."""


# --- Routes -----------------------------------------------------------------


def router(doors: Doors) -> Router:
    """The routes, over the links that customers get."""
    routes = Router("Requests")

    @routes.post("/requests", status_code=201)
    async def create_request(body: RequestBody, context: OperatorContext) -> Answered[Recorded]:
        """Create a request; it is broadcast at once where the marketplace broadcasts."""
        marketplace_id = context.principal.organisation_id
        command = await creation(
            doors, context, marketplace_id, body, body.reference, Participant.OPERATOR
        )
        where = f"/dispatch/requests/{command.request_id}"
        return await context.handle(REQUEST, command.request_id, command, created=where)

    @routes.get("/door")
    async def show_door(context: OperatorContext) -> Answered[DoorShown]:
        """Show the address of the page on which anybody asks something of the marketplace."""
        marketplace_id = context.principal.organisation_id
        return Answered(DoorShown(url=await doors.to_ask(marketplace_id)))

    @routes.get("/requests/{request_id}")
    async def show_request(request_id: Id, context: OperatorContext) -> Answered[RequestShown]:
        """Show a request with its proposals side by side, never stale (M2)."""
        found = await context.load(REQUEST, request_id)
        state = own_request(context, found.state)
        names = await names_of(context, state, [*state.dossier.offers])
        shown = request_shown(state, names, doors.to_file(context.at))
        return context.show(shown, found, beside=True)

    @routes.get("/requests/{request_id}/history")
    async def request_history(
        request_id: Id, context: OperatorContext, part: HistoryPart
    ) -> Answered[RequestHistory]:
        """List every fact about a request."""
        own_request(context, (await context.load(REQUEST, request_id)).state)
        return await context.history(REQUEST, request_id, RequestHistory, part)

    @routes.get("/requests/{request_id}/explanation")
    async def explain_request(
        request_id: Id, context: OperatorContext
    ) -> Answered[ExplanationShown]:
        """Show who was looked at for a request, with every criterion (M1)."""
        state = own_request(context, (await context.load(REQUEST, request_id)).state)
        return Answered(await explained(context, state))

    @routes.post("/requests/{request_id}/assignments")
    async def assign_request(
        request_id: Id, body: AssignmentBody, context: OperatorContext
    ) -> Answered[Recorded]:
        """Assign a request to providers by hand; those who have it already keep it.

        Their zones, documents and times are the operator's to judge; the relation and the service
        have to be accepted.
        """
        state = own_request(context, (await context.load(REQUEST, request_id)).state)
        matches = await matching.by_hand(
            context.pool, state.dossier.created, body.provider_ids, context.at
        )
        for index, provider_id in enumerate(body.provider_ids):
            if not any(one.provider_id == provider_id for one in matches):
                raise unknown_reference(f"provider_ids/{index}", "provider")
        command = AssignByHand(matches=matches, by=context.principal.subject, at=context.at)
        return await context.handle(REQUEST, request_id, command)

    @routes.put("/requests/{request_id}/choice")
    async def choose_provider(
        request_id: Id, body: ChoiceBody, context: OperatorContext
    ) -> Answered[Recorded]:
        """Choose a provider for the customer, who said so by other ways than the page."""
        state = own_request(context, (await context.load(REQUEST, request_id)).state)
        command = await choice(body, Participant.OPERATOR, context, state)
        return await context.handle(REQUEST, request_id, command)

    @routes.put("/requests/{request_id}/cancellation")
    async def cancel_request(request_id: Id, context: OperatorContext) -> Answered[Recorded]:
        """Cancel a request for which nobody is chosen; the providers are told."""
        own_request(context, (await context.load(REQUEST, request_id)).state)
        command = CancelRequest(by=Participant.OPERATOR, at=context.at)
        return await context.handle(REQUEST, request_id, command)

    return routes


# --- What is asked, and what is shown ---------------------------------------


async def creation(
    doors: Doors,
    context: RequestContext,
    marketplace_id: str,
    body: WantedBody,
    reference: str | None,
    by: Participant,
) -> request.CreateRequest:
    """The command. Raises the 422 `Problem` of a service that the marketplace does not have now."""
    kept = await marketplace_marketplace.require(context, marketplace_id)
    [marketplace] = kept.marketplace
    if service_of(marketplace, body.service_code) is None:
        raise unknown_reference("service_code", "service")
    request_id = context.new_id(readable_ids.SERVICE_REQUEST, reference)
    phone = body.customer_phone
    return request.CreateRequest(
        request_id=request_id,
        organisation_id=marketplace_id,
        service_code=body.service_code,
        customer_name=body.customer_name,
        customer_email=body.customer_email,
        customer_phone=context.phone("customer_phone", phone) if phone else None,
        language=body.language,
        address=body.address,
        place=Point(latitude=body.place.latitude, longitude=body.place.longitude),
        locality=body.locality,
        postal_code=body.postal_code,
        commune_code=body.commune_code,
        details=body.details,
        wanted_from=body.wanted_from,
        wanted_until=body.wanted_until,
        terms=terms_of(marketplace),
        time_zone=marketplace.time_zone,
        currency=marketplace.currency,
        customer_link=await doors.to_request(request_id),
        manager_id=kept.keeper_id,
        by=by,
        at=context.at,
    )


def terms_of(marketplace: Marketplace) -> AssignmentTerms:
    return AssignmentTerms(
        broadcast=marketplace.broadcast,
        required_proposals=marketplace.required_proposals,
        send_after_days=marketplace.sending_after_days,
        again_after_days=marketplace.reminder_after_days,
    )


async def choice(
    body: ChoiceBody, by: Participant, context: RequestContext, state: request.Created
) -> Choose:
    created = state.dossier.created
    return Choose(
        provider_id=body.provider_id,
        barred=await matching.is_barred(
            context.pool,
            created.organisation_id,
            body.provider_id,
            created.service_code,
            body.arrives_from,
        ),
        price=body.price.money(),
        unit=body.unit,
        arrives_from=body.arrives_from,
        job_id=context.new_id(readable_ids.SERVICE_JOB),
        by=by,
        at=context.at,
    )


async def admit(
    counted: Asking, context: RequestContext, command: request.CreateRequest, client: str
) -> None:
    """Count a request of who came by the link of a marketplace; one that is sent again is counted
    once. Raises a 429 `Problem` that says when to try again."""
    known = (await context.load(REQUEST, command.request_id)).state
    if isinstance(known, request.Uncreated):
        await counted.count(command.organisation_id, client, context.at)


async def names_of(
    context: RequestContext, state: request.Created, provider_ids: list[str]
) -> dict[str, str]:
    """The names by which the marketplace knows providers."""
    marketplace_id = state.dossier.created.organisation_id
    return await marketplace_relation.names(context.pool, marketplace_id, provider_ids)


async def explained(context: RequestContext, state: request.Created) -> ExplanationShown:
    """As it was recorded when they were looked at."""
    held = state.dossier
    offers = sorted(held.offers.values(), key=lambda one: (one.round, one.rank))
    passed = [one for one in held.passed_over if one.provider_id not in held.offers]
    found = [(one.provider_id, one.criteria, True) for one in offers]
    found += [(one.provider_id, one.criteria, False) for one in passed]
    names = await names_of(context, state, [provider_id for provider_id, _, _ in found])
    return ExplanationShown(
        rule=request.broadcasting.FAIR_ORDER,
        considered=tuple(
            ConsideredShown(
                provider_id=provider_id,
                provider_name=names.get(provider_id),
                offered=offered,
                criteria=criteria_shown(criteria),
            )
            for provider_id, criteria, offered in found
        ),
    )
