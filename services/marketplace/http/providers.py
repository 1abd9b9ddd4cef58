"""The providers of a marketplace over HTTP, for its operator (OGU-16 to OGU-23)."""

from dataclasses import replace
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import Field

from contracts.marketplace.relation_v1 import JobSettlement
from contracts.providers import Relation, RelationStanding, kind_name
from infra.http.answers import Answered, Listed, Recorded, Router
from infra.http.history import HistoryPart
from infra.http.models import Body, Day, Id, Line
from infra.http.pages import Paging, Typed
from infra.http.request_context import RequestContext
from services.marketplace import relation
from services.marketplace.aggregates import PROVIDER, RELATION
from services.marketplace.http.access import OperatorContext, active, between, mine, related
from services.marketplace.http.fields import (
    BasisPoints,
    DocumentName,
    End,
    Explanation,
    Outcome,
    Reason,
    ServiceCode,
)
from services.marketplace.http.relations import (
    RelationHistory,
    RelationListed,
    RelationShown,
    listed,
    shown,
)
from services.marketplace.http.settings import Links
from services.marketplace.http.zones import ZoneBody
from services.marketplace.lookups import dispatch_contract, dispatch_job
from services.marketplace.read_models import relations as rows_of
from services.marketplace.relation import (
    applying,
    complaints,
    documents,
    ending,
    layers,
    offers,
    suspending,
)

Files = Annotated[tuple[Id, ...], Field(max_length=20, strict=False)]

router = Router("Providers")

# --- Bodies -----------------------------------------------------------------


class SeenBody(Body):
    """The application as it was seen; 412 when it is another one now."""

    seen: Files
    """The files with which the provider applied, in order."""


class StatementBody(Body):
    """The reasons of a decision, which the provider is told."""

    reason: Reason
    explanation: Explanation


class RefusalBody(StatementBody):
    seen: Files
    """The files with which the provider applied, in order."""


class SettlementBody(Body):
    """The fate of a job that runs or is to begin."""

    job_id: Id
    outcome: Outcome


class EndBody(StatementBody):
    """The end of a relation, and what becomes of each job that runs or is to begin."""

    end: End
    jobs: Annotated[tuple[SettlementBody, ...], Field(max_length=1_000, strict=False)]
    """Each of them once: an answer of 409 names them."""
    contracts: Annotated[tuple[Id, ...], Field(max_length=1_000, strict=False)] = ()
    """The contracts with visits to come, each once: they end with the last day. Whoever wants them
    to go on gives them to another provider before. An answer of 409 names them."""


class ComplaintAnswerBody(Body):
    upheld: bool
    answer: Explanation


class RejectionBody(Body):
    explanation: Explanation


class CommissionOfProviderBody(Body):
    """A commission of a provider from a day on, today or later."""

    valid_from: Day
    basis_points: BasisPoints | None
    """Null: the default one holds again."""


class ConfirmationBody(Body):
    file_id: Id
    """The file that was looked at; 412 when the provider shows another one now."""
    proof: Line | None = None
    """The code by which the issuer confirms it."""


class DocumentRefusalBody(Body):
    file_id: Id
    """The file that was looked at; 412 when the provider shows another one now."""
    explanation: Explanation


# --- Routes -----------------------------------------------------------------


@router.get("/providers")
async def list_providers(
    context: OperatorContext, page: Paging, q: Typed = "", standing: RelationStanding | None = None
) -> Answered[Listed[RelationListed]]:
    """List the providers of one's marketplace by name; those who are invited and have not come
    yet are among the invitations."""
    rows = rows_of.relations.of(context.principal.organisation_id).searched(q)
    wanted = rows_of.SHOWN if standing is None else {standing.value}
    rows = rows.only(standing=frozenset(wanted))
    return await page.show(rows, rows_of.BY_NAME, lambda row: listed(row.known[0]))


@router.get("/providers/{provider_id}/history")
async def provider_history(
    provider_id: Id, context: OperatorContext, part: HistoryPart
) -> Answered[RelationHistory]:
    """List every fact about a provider on one's marketplace, with the reasons of decisions."""
    known = await of_mine(context, provider_id)
    return await context.history(RELATION, known.relation_id, RelationHistory, part)


@router.put("/providers/{provider_id}/acceptance")
async def accept_provider(
    provider_id: Id, body: SeenBody, context: OperatorContext
) -> Answered[Recorded]:
    """Accept the application: the provider is asked from now on."""
    await active(context, context.principal.organisation_id)
    command = applying.Accept(seen=body.seen, by=context.principal.subject, at=context.at)
    return await carry_out(context, provider_id, command)


@router.put("/providers/{provider_id}/refusal")
async def refuse_provider(
    provider_id: Id, body: RefusalBody, context: OperatorContext
) -> Answered[Recorded]:
    """Refuse the application, for a reason; the provider may apply again."""
    command = applying.Refuse(
        seen=body.seen,
        reason=body.reason,
        explanation=body.explanation,
        by=context.principal.subject,
        at=context.at,
    )
    return await carry_out(context, provider_id, command)


@router.put("/providers/{provider_id}/suspension")
async def suspend_provider(
    provider_id: Id, body: StatementBody, context: OperatorContext
) -> Answered[Recorded]:
    """Suspend a provider, for a reason: no new requests, and what runs goes on."""
    command = suspending.Suspend(
        reason=body.reason,
        explanation=body.explanation,
        by=context.principal.subject,
        at=context.at,
    )
    return await carry_out(context, provider_id, command)


@router.delete("/providers/{provider_id}/suspension")
async def lift_suspension(provider_id: Id, context: OperatorContext) -> Answered[Recorded]:
    """Lift the suspension: the provider gets requests again."""
    command = suspending.LiftSuspension(by=context.principal.subject, at=context.at)
    return await carry_out(context, provider_id, command)


@router.put("/providers/{provider_id}/ending")
async def end_relation(
    provider_id: Id, body: EndBody, context: OperatorContext
) -> Answered[Recorded]:
    """Deactivate a provider, or remove it, for a reason, once it is said of every job what
    becomes of it; 409 names the jobs.

    It takes effect when the notice is over; at once for a reason that is excused from notice,
    or where the provider does not work here yet.
    """
    known = await of_mine(context, provider_id)
    settings = await mine(context)
    today = context.at.astimezone(ZoneInfo(settings.time_zone)).date()
    command = ending.AnnounceEnd(
        end=body.end,
        reason=body.reason,
        explanation=body.explanation,
        jobs=tuple(JobSettlement(job_id=one.job_id, outcome=one.outcome) for one in body.jobs),
        open_jobs=await dispatch_job.open_jobs(context, known),
        contracts=body.contracts,
        open_contracts=(),
        notice_days=settings.notice_days,
        time_zone=settings.time_zone,
        by=context.principal.subject,
        at=context.at,
    )
    last_day, _ = ending.end_of(command, known)
    left = await dispatch_contract.open_contracts(context, known, today, last_day)
    return await carry_out(context, provider_id, replace(command, open_contracts=left))


@router.delete("/providers/{provider_id}/ending")
async def call_off_end(provider_id: Id, context: OperatorContext) -> Answered[Recorded]:
    """Call off an end that was announced and has not come."""
    command = ending.CallOffEnd(by=context.principal.subject, at=context.at)
    return await carry_out(context, provider_id, command)


@router.put("/providers/{provider_id}/reactivation")
async def reactivate_provider(provider_id: Id, context: OperatorContext) -> Answered[Recorded]:
    """Take up a relation again that was deactivated."""
    await active(context, context.principal.organisation_id)
    command = ending.Reactivate(by=context.principal.subject, at=context.at)
    return await carry_out(context, provider_id, command)


@router.put("/providers/{provider_id}/complaints/{complaint_id}/answer")
async def answer_complaint(
    provider_id: Id, complaint_id: Id, body: ComplaintAnswerBody, context: OperatorContext
) -> Answered[Recorded]:
    """Answer a complaint. It changes no decision: whoever upholds it takes that back."""
    command = complaints.AnswerComplaint(
        complaint_id=complaint_id,
        upheld=body.upheld,
        answer=body.answer,
        by=context.principal.subject,
        at=context.at,
    )
    return await carry_out(context, provider_id, command)


@router.put("/providers/{provider_id}/services/{service_code}/acceptance")
async def accept_service(
    provider_id: Id, service_code: ServiceCode, context: OperatorContext
) -> Answered[Recorded]:
    """Accept a service: the provider may be asked for it."""
    command = offers.AcceptService(
        service_code=service_code, by=context.principal.subject, at=context.at
    )
    return await carry_out(context, provider_id, command)


@router.put("/providers/{provider_id}/services/{service_code}/rejection")
async def reject_service(
    provider_id: Id, service_code: ServiceCode, body: RejectionBody, context: OperatorContext
) -> Answered[Recorded]:
    """Reject a service that the provider proposed, and say why."""
    command = offers.RejectService(
        service_code=service_code,
        explanation=body.explanation,
        by=context.principal.subject,
        at=context.at,
    )
    return await carry_out(context, provider_id, command)


@router.delete("/providers/{provider_id}/services/{service_code}/acceptance")
async def deactivate_service(
    provider_id: Id, service_code: ServiceCode, context: OperatorContext
) -> Answered[Recorded]:
    """Deactivate a service: the provider is asked for it no more."""
    command = offers.DeactivateService(
        service_code=service_code, by=context.principal.subject, at=context.at
    )
    return await carry_out(context, provider_id, command)


@router.put("/providers/{provider_id}/commission")
async def customise_commission(
    provider_id: Id,
    body: CommissionOfProviderBody,
    context: OperatorContext,
) -> Answered[Recorded]:
    """Give a provider a commission of its own from a day on; jobs agreed before keep
    theirs."""
    zone = ZoneInfo((await mine(context)).time_zone)
    command = layers.CustomiseCommission(
        basis_points=body.basis_points,
        valid_from=body.valid_from,
        today=context.at.astimezone(zone).date(),
        by=context.principal.subject,
        at=context.at,
    )
    return await carry_out(context, provider_id, command)


@router.put("/providers/{provider_id}/zone")
async def reduce_zone(
    provider_id: Id, body: ZoneBody, context: OperatorContext
) -> Answered[Recorded]:
    """Reduce the zone of a provider to what is in this one as well."""
    command = layers.ReduceZone(zone=body.zone(), by=context.principal.subject, at=context.at)
    return await carry_out(context, provider_id, command)


@router.delete("/providers/{provider_id}/zone")
async def undo_reduction(provider_id: Id, context: OperatorContext) -> Answered[Recorded]:
    """Undo the reduction: the zone counts as the provider has drawn it."""
    command = layers.UndoReduction(by=context.principal.subject, at=context.at)
    return await carry_out(context, provider_id, command)


@router.put("/providers/{provider_id}/documents/{document_kind}/confirmation")
async def confirm_document(
    provider_id: Id, document_kind: DocumentName, body: ConfirmationBody, context: OperatorContext
) -> Answered[Recorded]:
    """Confirm that a document is genuine."""
    command = documents.ConfirmDocument(
        kind=kind_name(document_kind),
        file_id=body.file_id,
        shown=await shown_file(context, provider_id, kind_name(document_kind)),
        proof=body.proof,
        by=context.principal.subject,
        at=context.at,
    )
    return await carry_out(context, provider_id, command)


@router.put("/providers/{provider_id}/documents/{document_kind}/refusal")
async def refuse_document(
    provider_id: Id,
    document_kind: DocumentName,
    body: DocumentRefusalBody,
    context: OperatorContext,
) -> Answered[Recorded]:
    """Refuse a document, and say why: the provider is asked nothing before it shows
    another."""
    command = documents.RefuseDocument(
        kind=kind_name(document_kind),
        file_id=body.file_id,
        shown=await shown_file(context, provider_id, kind_name(document_kind)),
        explanation=body.explanation,
        by=context.principal.subject,
        at=context.at,
    )
    return await carry_out(context, provider_id, command)


def routes(links: Links) -> Router:
    """The routes that show documents, over what makes links to files."""
    shown_here = Router("Providers")

    @shown_here.get("/providers/{provider_id}")
    async def show_provider(provider_id: Id, context: OperatorContext) -> Answered[RelationShown]:
        """Show a provider of one's marketplace: its services, documents, zone and commission."""
        known = await of_mine(context, provider_id)
        state = (await context.load(PROVIDER, provider_id)).state
        return Answered(shown(known, await mine(context), state, links, context))

    return shown_here


async def of_mine(context: RequestContext, provider_id: str) -> Relation:
    """The relation of a provider with one's marketplace. Raises 404."""
    return await related(context, between(context, provider_id=provider_id))


async def carry_out(
    context: RequestContext, provider_id: str, command: relation.Command
) -> Answered[Recorded]:
    return await context.handle(RELATION, between(context, provider_id=provider_id), command)


async def shown_file(context: RequestContext, provider_id: str, kind: str) -> str | None:
    """The file that a provider of one's marketplace shows as such a document now. Raises 404."""
    await of_mine(context, provider_id)
    state = (await context.load(PROVIDER, provider_id)).state
    return next((one.file_id for one in state.documents if one.kind == kind), None)
