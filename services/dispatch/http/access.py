"""The callers whom routes admit: operators of marketplaces, providers, and customers by link."""

from typing import Annotated

from fastapi import Path

from infra.http.auth import Principal
from infra.http.request_context import PublicRequest, RequestContext, public, requires
from services.dispatch import contract, job, request
from services.dispatch.aggregates import CONTRACT, JOB, REQUEST
from services.dispatch.contract.visits import Course
from services.dispatch.http.links import Doors

OPERATOR, PROVIDER = "marketplace_manager", "provider_manager"
OperatorContext = Annotated[RequestContext, requires("marketplace_manager")]
ProviderContext = Annotated[RequestContext, requires("provider_manager")]
EitherContext = Annotated[RequestContext, requires("marketplace_manager", "provider_manager")]
Anybody = Annotated[PublicRequest, public()]
Token = Annotated[str, Path(pattern=r"^[A-Za-z0-9._~:-]{1,300}$")]


def own_request(context: RequestContext, state: request.Request) -> request.Created:
    """A request of the caller's marketplace. Raises the same 404 for any other."""
    if (
        isinstance(state, request.Uncreated)
        or state.dossier.created.organisation_id != context.principal.organisation_id
    ):
        raise context.refuse(request.NoSuchRequest())
    return state


def offered_request(context: RequestContext, state: request.Request) -> request.Created:
    """A request that was offered to the caller. Raises the same 404 for any other."""
    provider_id = context.principal.organisation_id
    if isinstance(state, request.Uncreated) or provider_id not in state.dossier.offers:
        raise context.refuse(request.NoSuchRequest())
    return state


def is_operator_of(context: RequestContext, organisation_id: str) -> bool:
    who = context.principal
    return OPERATOR in who.roles and who.organisation_id == organisation_id


def own_job(context: RequestContext, state: job.Job) -> job.Known:
    """A job of the caller's marketplace, or of the caller as its provider. Raises 404."""
    who = context.principal
    if not isinstance(state, job.Unplanned):
        provides = PROVIDER in who.roles and who.organisation_id == state.plan.provider_id
        if provides or is_operator_of(context, state.plan.organisation_id):
            return state
    raise context.refuse(job.NoSuchJob())


async def require_job(context: RequestContext, job_id: str) -> job.Known:
    return own_job(context, (await context.load(JOB, job_id)).state)


async def require_contract(context: RequestContext, contract_id: str) -> Course:
    """A contract of the caller's marketplace. Raises 404."""
    state = (await context.load(CONTRACT, contract_id)).state
    if (
        not isinstance(state, Course)
        or state.agreed.organisation_id != context.principal.organisation_id
    ):
        raise context.refuse(contract.NoSuchContract())
    return state


async def customer_of(
    doors: Doors, context: PublicRequest, token: str
) -> tuple[RequestContext, request.Created]:
    """The request that a link opens, and its holder as a caller. Raises the 404 of what is not
    there for a token that nobody was given."""
    request_id = await doors.request_of(token)
    state = (await context.load(REQUEST, request_id)).state if request_id else request.initial
    if isinstance(state, request.Uncreated):
        raise context.refuse(request.NoSuchRequest())
    created = state.dossier.created
    who = Principal(f"link:{created.request_id}", created.organisation_id, frozenset())
    return context.as_principal(who), state


async def on_phone(
    doors: Doors, context: PublicRequest, token: str
) -> tuple[RequestContext, job.Known]:
    """The job that the link of a phone opens, and its holder as a caller. Raises 404."""
    job_id = await doors.job_of(token)
    state = (await context.load(JOB, job_id)).state if job_id else job.initial
    if isinstance(state, job.Unplanned):
        raise context.refuse(job.NoSuchJob())
    who = Principal(f"link:{state.plan.job_id}", state.plan.provider_id, frozenset())
    return context.as_principal(who), state
