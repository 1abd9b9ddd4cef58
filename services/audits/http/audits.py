"""Audits over HTTP: begun and completed by devices, which may send both late and twice."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field, StringConstraints

from contracts.accounts.user_v1 import Role
from contracts.audits import audit_v1
from contracts.audits.audit_v1 import (
    AuditBegun,
    AuditCompleted,
    Finding,
    FindingPrice,
    PriceMode,
    SubjectForgotten,
    WorkLevel,
)
from contracts.dealers import Dealership
from infra.http import readable_ids
from infra.http.answers import Answer, Answered, MoneyShown, Recorded, Router
from infra.http.history import AsOf, History, HistoryPart
from infra.http.models import Body, ChosenId, Id, Instant, Line, MoneyBody, Named, Reference
from infra.http.problems import unknown_reference
from infra.http.request_context import RequestContext
from infra.lookups import dealerships, users
from infra.lookups.devices import DEVICE
from infra.tokens import Role as RoleName
from services.audits import audit, template
from services.audits.aggregates import AUDIT, TEMPLATE
from services.audits.audit import MOST_FINDINGS, NoSuchAudit
from services.audits.http.access import (
    AUDITORS,
    READERS,
    AuditorContext,
    ReaderContext,
    licensed,
)

router = Router("Audits")

Level = Annotated[WorkLevel, Named()]
Mode = Annotated[PriceMode, Named()]
FindingId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$")]
"""The item of the template, or an id that the device makes up; unique within the audit."""
AUDITING = (Role.TECHNICIAN, Role.AUDITOR, Role.AUDIT_MANAGER)

# --- Bodies -----------------------------------------------------------------


class AuditBody(Body):
    """An audit to begin."""

    key: ChosenId
    """What the client calls the audit, unique in its organisation: sent again, it is the same."""
    dealership_id: Id
    template_id: Id
    """One that the dealership has, or had: a device may have been offline since."""
    identifier: Reference
    """The reference of the case: the number of a repair order, a plate or a name."""
    auditor_id: Id | None = None
    """The colleague who was picked on a device; whoever signed in when left out."""


class FindingPriceBody(Body):
    amount: MoneyBody
    mode: Mode


class FindingBody(Body):
    """A work that was found."""

    finding_id: FindingId
    label: Line
    level: Level
    price: FindingPriceBody | None = None


class AuditCompletionBody(Body):
    """All that was found, in the order in which it is shown."""

    findings: Annotated[tuple[FindingBody, ...], Field(max_length=MOST_FINDINGS, strict=False)]


# --- Answers ----------------------------------------------------------------


class AuditStatus(StrEnum):
    """How far an audit has come."""

    IN_PROGRESS = "in_progress"
    COMPLETED = "completed"


class FindingPriceShown(Answer):
    amount: MoneyShown
    mode: Mode


class FindingShown(Answer):
    """A work that was found."""

    finding_id: str
    label: str
    level: Level
    price: FindingPriceShown | None


class AuditShown(Answer):
    audit_id: str
    dealership_id: str
    template_id: str
    identifier: str
    """X once the case to which it was linked is anonymised."""
    status: AuditStatus
    auditor_id: str
    begun_by: str
    """The device, or whoever signed in."""
    begun_at: Instant
    findings: tuple[FindingShown, ...]
    """None while it is in progress."""
    completed_by: str | None
    completed_at: Instant | None


class AuditCompletedFact(Answer):
    """An audit was completed."""

    audit_id: str
    organisation_id: str
    dealership_id: str
    findings: tuple[FindingShown, ...]
    completed_by: str
    completed_at: Instant


class AuditHistory(
    History,
    of=audit_v1.contract,
    shows={
        AuditBegun: (
            *("audit_id", "organisation_id", "dealership_id", "template_id", "identifier"),
            *("auditor_id", "begun_by", "begun_at"),
        ),
        AuditCompleted: AuditCompletedFact,
        SubjectForgotten: ("audit_id", "organisation_id", "dealership_id", "forgotten_at"),
    },
):
    """Every fact about an audit, oldest first."""


# --- Routes -----------------------------------------------------------------


@router.post("/audits", status_code=201)
async def begin_audit(body: AuditBody, context: AuditorContext) -> Answered[Recorded]:
    """Begin an audit; the answer has the id by which it is completed.

    A device that was offline sends this first: until it is answered, the completion is a 404.
    """
    await dealerships.require(context, "dealership_id", body.dealership_id)
    await licensed(context, body.dealership_id, *AUDITORS)
    await require_template(context, body.template_id, body.dealership_id)
    who = context.principal
    auditor = body.auditor_id or who.subject
    if body.auditor_id is not None or DEVICE in who.roles:
        await users.require_at(context, "auditor_id", auditor, body.dealership_id, *AUDITING)
    command = audit.BeginAudit(
        audit_id=context.new_id(readable_ids.AUDIT, body.key),
        organisation_id=who.organisation_id,
        dealership_id=body.dealership_id,
        template_id=body.template_id,
        identifier=body.identifier,
        auditor_id=auditor,
        by=who.subject,
        at=context.occurred_at,
    )
    where = f"/audits/audits/{command.audit_id}"
    return await context.handle(AUDIT, command.audit_id, command, created=where)


@router.put("/audits/{audit_id}/completion")
async def complete_audit(
    audit_id: Id, body: AuditCompletionBody, context: AuditorContext
) -> Answered[Recorded]:
    """Say all that was found; from then on the audit stays as it is."""
    state = (await context.load(AUDIT, audit_id)).state
    _, dealership = await ours(context, state, *AUDITORS)
    command = audit.CompleteAudit(
        organisation_id=context.principal.organisation_id,
        findings=tuple(map(finding, body.findings)),
        currency=dealership.currency,
        by=context.principal.subject,
        at=context.occurred_at,
    )
    return await context.handle(AUDIT, audit_id, command)


@router.get("/audits/{audit_id}")
async def show_audit(
    audit_id: Id, context: ReaderContext, as_of: AsOf = None
) -> Answered[AuditShown]:
    """Show an audit, never stale."""
    found = await context.load(AUDIT, audit_id, as_of)
    state, _ = await ours(context, found.state, *READERS)
    return context.show(shown(state), found, past=as_of is not None)


@router.get("/audits/{audit_id}/history")
async def audit_history(
    audit_id: Id, context: ReaderContext, part: HistoryPart
) -> Answered[AuditHistory]:
    """List every fact about an audit."""
    await ours(context, (await context.load(AUDIT, audit_id)).state, *READERS)
    return await context.history(AUDIT, audit_id, AuditHistory, part)


# --- What is asked, and what is shown ---------------------------------------


async def ours(
    context: RequestContext, state: audit.Audit, *roles: RoleName
) -> tuple[audit.Begun, Dealership]:
    """An audit, with its dealership, at which the caller has one of the roles. Raises the same 404
    for any other, and 403 as `licensed` does."""
    if (
        isinstance(state, audit.Unbegun)
        or state.begun.organisation_id != context.principal.organisation_id
        or state.begun.dealership_id not in context.dealerships(*roles)
    ):
        raise context.refuse(NoSuchAudit())
    return state, await licensed(context, state.begun.dealership_id, *roles)


async def require_template(context: RequestContext, template_id: str, dealership_id: str) -> None:
    """A template that the dealership has or had. Raises the 422 `Problem` of the field."""
    state = (await context.load(TEMPLATE, template_id)).state
    mine = (context.principal.organisation_id, dealership_id)
    if isinstance(state, template.Unwritten) or (
        (state.saved.organisation_id, state.saved.dealership_id) != mine
    ):
        raise unknown_reference("template_id", "template")


def finding(body: FindingBody) -> Finding:
    price = body.price
    return Finding(
        finding_id=body.finding_id,
        label=body.label,
        level=body.level,
        price=FindingPrice(price.amount.money(), price.mode) if price else None,
    )


def shown(state: audit.Begun) -> AuditShown:
    begun = state.begun
    completed = state.completed if isinstance(state, audit.Completed) else None
    return AuditShown(
        audit_id=begun.audit_id,
        dealership_id=begun.dealership_id,
        template_id=begun.template_id,
        identifier=begun.identifier,
        status=AuditStatus.COMPLETED if completed else AuditStatus.IN_PROGRESS,
        auditor_id=begun.auditor_id,
        begun_by=begun.begun_by,
        begun_at=begun.begun_at,
        findings=tuple(map(FindingShown.of, completed.findings)) if completed else (),
        completed_by=completed.completed_by if completed else None,
        completed_at=completed.completed_at if completed else None,
    )
