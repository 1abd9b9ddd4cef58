"""Audits over HTTP: linked to a case, and as works for a reminder (FLB-098, FLB-099, FLB-157)."""

from typing import Annotated

from fastapi import Query
from pydantic import Field

from contracts.audits.audit_v1 import Finding
from contracts.dealers import Dealership
from contracts.dealerships.dealership_v1 import Licence
from contracts.interventions.case_v1 import PriceMode, Work, WorkLevel
from infra.http.answers import Answer, Answered, MoneyShown, Recorded, Router
from infra.http.models import Body, Id, Instant, Reference
from infra.http.request_context import RequestContext
from infra.lookups import dealerships
from services.interventions.aggregates import CASE
from services.interventions.case import bringing, works
from services.interventions.case.dossier import Dossier
from services.interventions.http.access import WriterContext, dealership_of, to_write
from services.interventions.http.fields import LevelNamed, ModeNamed
from services.interventions.http.found import (
    AGENT,
    AgentContext,
    Priced,
    WorkFound,
    proposed,
    to_do,
)
from services.interventions.lookups import audits_audit
from services.interventions.lookups.audits_audit import Audit

router = Router("Audits")


class AuditLinkBody(Body):
    """An audit to link."""

    audit_id: Id
    works: Annotated[int, Field(ge=0, le=works.MOST_WORKS)]
    """How many works were on the list of the case, as it was seen; 412 when that is not so any
    more."""


class AuditFindingPrice(Answer):
    amount: MoneyShown
    mode: ModeNamed


class AuditFinding(Answer):
    """A work that the audit found; it becomes one of the case."""

    label: str
    level: LevelNamed
    price: AuditFindingPrice | None


class LinkableAudit(Answer):
    """A completed audit of the dealership."""

    audit_id: str
    identifier: str
    auditor_id: str
    completed_at: Instant | None
    findings: tuple[AuditFinding, ...]
    linked: bool
    """Whether it was linked to the case: then its works are there already, or were struck."""


class LinkableAudits(Answer):
    identifier: str
    """What they were searched by."""
    audits: tuple[LinkableAudit, ...]
    """The one that was completed last comes first."""


class AuditFound(Answer):
    """Findings of an audit that are to be done: those that are advised or urgent."""

    audit_id: str
    identifier: str
    completed_at: Instant | None
    works: tuple[WorkFound, ...]


class AuditsFound(Answer):
    audits: tuple[AuditFound, ...]
    """The one that was completed last comes first."""


@router.get("/cases/{case_id}/linkable-audits")
async def list_linkable_audits(
    case_id: Id,
    context: WriterContext,
    identifier: Annotated[
        Reference | None, Query(description="That of the case when left out.")
    ] = None,
) -> Answered[LinkableAudits]:
    """List the completed audits of the dealership of a case by their identifier, in any writing:
    without one, those that have the reference of the case."""
    dossier = (await to_write(context, case_id)).dossier
    await require_oditoo(context, dossier)
    wanted = identifier or dossier.reference
    found = await audits_audit.completed(context, dossier.created.dealership_id, wanted)
    return Answered(
        LinkableAudits(identifier=wanted, audits=tuple(linkable(one, dossier) for one in found))
    )


@router.post("/cases/{case_id}/audits")
async def link_audit(
    case_id: Id, body: AuditLinkBody, context: WriterContext
) -> Answered[Recorded]:
    """Link a completed audit to the case: the works that it found come on the list, once."""
    dossier = (await to_write(context, case_id)).dossier
    await require_oditoo(context, dossier)
    audit = await audits_audit.require(context, "audit_id", body.audit_id, dossier)
    who = context.principal
    command = bringing.LinkAudit(
        organisation_id=who.organisation_id,
        audit_id=audit.audit_id,
        works=tuple(work_of(one, work_id, dossier) for work_id, one in by_id(audit)),
        works_seen=body.works,
        by=who.subject,
        at=context.occurred_at,
    )
    return await context.handle(CASE, case_id, command)


@router.get("/dealerships/{dealership_id}/completed-audits")
async def find_completed_audits(
    dealership_id: Id, context: AgentContext, identifier: Annotated[Reference, Query()]
) -> Answered[AuditsFound]:
    """Find the completed audits of the dealership by their identifier, in any writing, with their
    works as a reminder takes them."""
    dealership = await dealerships.licensed(context, dealership_id, Licence.ODITOO, AGENT)
    found = await audits_audit.completed(context, dealership_id, identifier)
    return Answered(AuditsFound(audits=tuple(audit_found(one, dealership) for one in found)))


async def require_oditoo(context: RequestContext, dossier: Dossier) -> None:
    """Refuse what the dealership of the case is not licensed for. Raises a 403 `Problem`."""
    dealerships.require_licence(await dealership_of(context, dossier), Licence.ODITOO)


def by_id(audit: Audit) -> list[tuple[str, Finding]]:
    """The findings of an audit, each by the id of the work that it becomes."""
    return [(f"{audit.audit_id}-{n:03}", one) for n, one in enumerate(audit.findings, 1)]


def work_of(one: Finding, work_id: str, dossier: Dossier) -> Work:
    """A finding as a work of the case."""
    return proposed(work_id, one.label, WorkLevel[one.level.name], priced(one), dossier)


def priced(one: Finding) -> Priced | None:
    return (one.price.amount, PriceMode[one.price.mode.name]) if one.price else None


def audit_found(one: Audit, dealership: Dealership) -> AuditFound:
    found = (
        to_do(work_id, each.label, WorkLevel[each.level.name], priced(each), dealership)
        for work_id, each in by_id(one)
    )
    return AuditFound(
        audit_id=one.audit_id,
        identifier=one.identifier,
        completed_at=one.completed_at,
        works=tuple(work for work in found if work is not None),
    )


def finding_shown(one: Finding) -> AuditFinding:
    price = None
    if one.price is not None:
        amount, mode = MoneyShown.of(one.price.amount), PriceMode[one.price.mode.name]
        price = AuditFindingPrice(amount=amount, mode=mode)
    return AuditFinding(label=one.label, level=WorkLevel[one.level.name], price=price)


def linkable(one: Audit, dossier: Dossier) -> LinkableAudit:
    return LinkableAudit(
        audit_id=one.audit_id,
        identifier=one.identifier,
        auditor_id=one.auditor_id,
        completed_at=one.completed_at,
        findings=tuple(map(finding_shown, one.findings)),
        linked=one.audit_id in dossier.audits,
    )
