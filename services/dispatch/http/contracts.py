"""Contracts over HTTP: agreed for a request, paused, changed, and their visits (M12)."""

from datetime import date, datetime, timedelta
from typing import Annotated

from fastapi import Query

from contracts.dispatch import contract_v1
from contracts.dispatch.contract_v1 import (
    ContractAgreed,
    ContractContinued,
    ContractEnded,
    ContractPaused,
    ContractReassigned,
    CustomerTold,
    RuleChanged,
    VisitMoved,
    VisitPlanned,
    VisitSwapped,
)
from contracts.dispatch.request_v1 import RequestCreated
from contracts.recurrence import at_clock
from infra.http import readable_ids
from infra.http.answers import Answer, Answered, Listed, MoneyShown, Recorded, Router
from infra.http.history import History, HistoryPart
from infra.http.models import Body, Day, Id, Instant, MoneyBody
from infra.http.problems import unknown_reference
from infra.http.request_context import RequestContext
from services.dispatch import contract, request
from services.dispatch.adapters import matching
from services.dispatch.aggregates import CONTRACT, REQUEST
from services.dispatch.contract.visits import Course, has_visit, time_of, visits
from services.dispatch.http.access import OperatorContext, require_contract
from services.dispatch.http.fields import BasisPoints, Minute, RuleBody, Unit
from services.dispatch.request.broadcasting import Match

router = Router("Contracts")

MOST_DAYS = 366

# --- Bodies and answers -----------------------------------------------------


class ContractBody(RuleBody):
    """Visits of the provider who was chosen for a request, at its customer's."""

    request_id: Id
    price: MoneyBody
    """Of a visit without VAT; of one unit, where there is one."""
    unit: Unit | None = None
    vat_basis_points: BasisPoints


class PauseBody(Body):
    """Both days are included."""

    from_day: Day
    until_day: Day


class MoveBody(Body):
    to_day: Day
    to_minute: Minute


class SwapBody(Body):
    provider_id: Id
    """Who makes this visit in place of the provider of the contract."""


class ReassignmentBody(Body):
    provider_id: Id
    """The provider that makes the visits from then on."""
    first_day: Day


class EndBody(Body):
    last_day: Day
    """There may still be a visit on it."""


class RuleShown(Answer):
    rule: str
    first_day: Day
    minute: int


class PauseShown(Answer):
    from_day: Day
    until_day: Day


class TurnShown(Answer):
    """A provider that makes the visits from a day on."""

    provider_id: str
    first_day: Day


class ContractShown(Answer):
    """A recurring service."""

    contract_id: str
    request_id: str
    provider_id: str
    service_code: str
    price: MoneyShown
    unit: str | None
    vat_basis_points: int
    commission_basis_points: int
    rules: tuple[RuleShown, ...]
    """Each counts until the day before the next one."""
    pauses: tuple[PauseShown, ...]
    turns: tuple[TurnShown, ...]
    """The providers that took over, each until the day before the next one."""
    last_day: Day | None
    time_zone: str
    locality: str
    address: str
    customer_name: str
    agreed_at: Instant


class VisitShown(Answer):
    """A visit; one that is a job already is changed there."""

    day: Day
    """The day of the rule, which names it."""
    arrives_from: Instant
    provider_id: str
    job_id: str | None


class AgreedFact(Answer):
    contract_id: str
    request_id: str
    provider_id: str
    price: MoneyShown
    unit: str | None
    rule: str
    first_day: Day
    minute: int
    agreed_by: str
    agreed_at: Instant


class ContractHistory(
    History,
    of=contract_v1.contract,
    shows={
        ContractAgreed: AgreedFact,
        VisitPlanned: ("visit", "job_id", "provider_id", "arrives_from", "planned_at"),
        ContractPaused: ("from_day", "until_day", "paused_by", "paused_at"),
        VisitMoved: ("visit", "to_day", "to_minute", "moved_by", "moved_at"),
        ContractReassigned: ("provider_id", "first_day", "reassigned_by", "reassigned_at"),
        VisitSwapped: ("visit", "provider_id", "swapped_by", "swapped_at"),
        RuleChanged: ("rule", "first_day", "minute", "changed_by", "changed_at"),
        ContractEnded: (
            *("last_day", "leaver_id", "also_leaves_id", "also_last_day"),
            *("ended_by", "ended_at"),
        ),
        ContractContinued: ("last_day", "stayer_id", "continued_by", "continued_at"),
        CustomerTold: ("last_day", "told_at"),
    },
):
    """Every fact about a contract, oldest first."""


# --- Routes -----------------------------------------------------------------


@router.post("/contracts", status_code=201)
async def agree(body: ContractBody, context: OperatorContext) -> Answered[Recorded]:
    """Agree on visits by a rule of RFC 5545; each becomes a job a week before."""
    state = (await context.load(REQUEST, body.request_id)).state
    own = context.principal.organisation_id
    if not isinstance(state, request.Chosen) or state.dossier.created.organisation_id != own:
        raise unknown_reference("request_id", "request")
    command = await agreement(body, state, context)
    where = f"/dispatch/contracts/{command.contract_id}"
    return await context.handle(CONTRACT, command.contract_id, command, created=where)


@router.get("/contracts/{contract_id}")
async def show_contract(contract_id: Id, context: OperatorContext) -> Answered[ContractShown]:
    """Show a contract, never stale."""
    course = await require_contract(context, contract_id)
    found = await context.load(CONTRACT, contract_id)
    return context.show(shown(course), found)


@router.get("/contracts/{contract_id}/history")
async def contract_history(
    contract_id: Id, context: OperatorContext, part: HistoryPart
) -> Answered[ContractHistory]:
    """List every fact about a contract."""
    await require_contract(context, contract_id)
    return await context.history(CONTRACT, contract_id, ContractHistory, part)


@router.get("/contracts/{contract_id}/visits")
async def list_visits(
    contract_id: Id,
    context: OperatorContext,
    since: Annotated[Day, Query()],
    days: Annotated[int, Query(ge=1, le=MOST_DAYS)] = 31,
) -> Answered[Listed[VisitShown]]:
    """List the visits of these days, by the days of the rule that name them."""
    course = await require_contract(context, contract_id)
    found = visits(course, since, since + timedelta(days=days - 1))
    items = [
        VisitShown(
            day=one.day,
            arrives_from=one.arrives_from,
            provider_id=one.provider_id,
            job_id=course.planned[one.day].job_id if one.day in course.planned else None,
        )
        for one in found
    ]
    return Answered(Listed[VisitShown](items=items, next=None))


@router.post("/contracts/{contract_id}/pauses")
async def pause(contract_id: Id, body: PauseBody, context: OperatorContext) -> Answered[Recorded]:
    """Take the visits of some days out; those that are jobs already stay."""
    await require_contract(context, contract_id)
    command = contract.PauseContract(
        from_day=body.from_day,
        until_day=body.until_day,
        by=context.principal.subject,
        at=context.at,
    )
    return await context.handle(CONTRACT, contract_id, command)


@router.put("/contracts/{contract_id}/visits/{visit}/time")
async def move_visit(
    contract_id: Id, visit: Day, body: MoveBody, context: OperatorContext
) -> Answered[Recorded]:
    """Make one visit at another time; the rule stays as it is."""
    await require_contract(context, contract_id)
    command = contract.MoveVisit(
        visit=visit,
        to_day=body.to_day,
        to_minute=body.to_minute,
        by=context.principal.subject,
        at=context.at,
    )
    return await context.handle(CONTRACT, contract_id, command)


@router.put("/contracts/{contract_id}/visits/{visit}/provider")
async def swap_visit(
    contract_id: Id, visit: Day, body: SwapBody, context: OperatorContext
) -> Answered[Recorded]:
    """Let another provider of the marketplace make one visit, for its own commission (that of the
    time of the request)."""
    course = await require_contract(context, contract_id)
    begins = at_clock(visit, 0, course.agreed.time_zone)
    if has_visit(course, visit):
        begins = time_of(course, visit)
    match, barred = await another(context, course, body.provider_id, begins)
    command = contract.SwapVisit(
        visit=visit,
        provider_id=body.provider_id,
        barred=barred,
        manager_id=match.manager_id,
        commission_basis_points=match.commission_basis_points,
        by=context.principal.subject,
        at=context.at,
    )
    return await context.handle(CONTRACT, contract_id, command)


@router.put("/contracts/{contract_id}/provider")
async def reassign(
    contract_id: Id, body: ReassignmentBody, context: OperatorContext
) -> Answered[Recorded]:
    """Let another provider of the marketplace make the visits from a day on, for its own
    commission (that of the time of the request); visits that are jobs stay."""
    course = await require_contract(context, contract_id)
    begins = at_clock(body.first_day, 0, course.agreed.time_zone)
    match, barred = await another(context, course, body.provider_id, begins)
    command = contract.ReassignContract(
        provider_id=body.provider_id,
        barred=barred,
        manager_id=match.manager_id,
        commission_basis_points=match.commission_basis_points,
        first_day=body.first_day,
        by=context.principal.subject,
        at=context.at,
    )
    return await context.handle(CONTRACT, contract_id, command)


@router.put("/contracts/{contract_id}/rule")
async def change_rule(
    contract_id: Id, body: RuleBody, context: OperatorContext
) -> Answered[Recorded]:
    """Follow another rule from a day on; what was before stays as it was."""
    await require_contract(context, contract_id)
    command = contract.ChangeRule(
        rule=body.rule,
        first_day=body.first_day,
        minute=body.minute,
        by=context.principal.subject,
        at=context.at,
    )
    return await context.handle(CONTRACT, contract_id, command)


@router.put("/contracts/{contract_id}/end")
async def end(contract_id: Id, body: EndBody, context: OperatorContext) -> Answered[Recorded]:
    """End a contract with a day; it may be put off until that day is over."""
    await require_contract(context, contract_id)
    command = contract.EndContract(
        last_day=body.last_day, by=context.principal.subject, at=context.at
    )
    return await context.handle(CONTRACT, contract_id, command)


# --- What is asked, and what is shown ---------------------------------------


async def agreement(
    body: ContractBody, state: request.Chosen, context: RequestContext
) -> contract.AgreeContract:
    created, chosen = state.dossier.created, state.chosen
    first = at_clock(body.first_day, body.minute, created.time_zone)
    return contract.AgreeContract(
        barred=await barred_from(context, created, chosen.provider_id, first),
        contract_id=context.new_id(readable_ids.SERVICE_CONTRACT),
        organisation_id=created.organisation_id,
        request_id=created.request_id,
        provider_id=chosen.provider_id,
        manager_id=chosen.manager_id,
        service_code=created.service_code,
        price=body.price.money(),
        currency=created.currency,
        unit=body.unit,
        vat_basis_points=body.vat_basis_points,
        commission_basis_points=chosen.commission_basis_points,
        rule=body.rule,
        first_day=body.first_day,
        minute=body.minute,
        time_zone=created.time_zone,
        locality=created.locality,
        customer_name=created.customer_name,
        customer_email=created.customer_email,
        customer_phone=created.customer_phone,
        address=created.address,
        customer_link=created.customer_link,
        language=created.language,
        by=context.principal.subject,
        at=context.at,
    )


async def another(
    context: RequestContext, course: Course, provider_id: str, begins: datetime
) -> tuple[Match, bool]:
    """A provider for a contract, and whether it may not have a job then. Raises the 422 `Problem`
    of one that the operator may not pick at all."""
    state = (await context.load(REQUEST, course.agreed.request_id)).state
    assert not isinstance(state, request.Uncreated)
    created = state.dossier.created
    found = await matching.by_hand(context.pool, created, (provider_id,), context.at)
    if not found:
        raise unknown_reference("provider_id", "provider")
    return found[0], await barred_from(context, created, provider_id, begins)


async def barred_from(
    context: RequestContext, created: RequestCreated, provider_id: str, begins: datetime
) -> bool:
    return await matching.is_barred(
        context.pool, created.organisation_id, provider_id, created.service_code, begins
    )


def shown(course: Course) -> ContractShown:
    agreed = course.agreed
    return ContractShown(
        contract_id=agreed.contract_id,
        request_id=agreed.request_id,
        provider_id=agreed.provider_id,
        service_code=agreed.service_code,
        price=MoneyShown.of(agreed.price),
        unit=agreed.unit,
        vat_basis_points=agreed.vat_basis_points,
        commission_basis_points=agreed.commission_basis_points,
        rules=tuple(RuleShown.of(one) for one in course.rules),
        pauses=tuple(PauseShown.of(one) for one in course.pauses),
        turns=tuple(TurnShown.of(one) for one in course.turns),
        last_day=None if course.last_day.year == date.max.year else course.last_day,
        time_zone=agreed.time_zone,
        locality=agreed.locality,
        address=agreed.address,
        customer_name=agreed.customer_name,
        agreed_at=agreed.agreed_at,
    )
