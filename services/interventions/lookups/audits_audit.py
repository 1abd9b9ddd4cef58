"""Audits, for cases: the completed ones of a dealership can be linked (FLB-099)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import assert_never

from contracts.audits.audit_v1 import (
    AuditBegun,
    AuditCompleted,
    Finding,
    SubjectForgotten,
    contract,
)
from contracts.runtime import REDACTED
from infra.consumers.views import OutOfOrder, View
from infra.http.problems import unknown_reference
from infra.http.request_context import RequestContext
from infra.http.vehicles import normal_plate
from infra.reading import Table
from services.interventions.case.dossier import Dossier

Reads = AuditBegun | AuditCompleted | SubjectForgotten
MOST_FOUND = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Audit:
    """An audit; `found_by` is its identifier by letters and digits, however it was typed. It is
    found by nothing once it is forgotten."""

    audit_id: str
    organisation_id: str
    dealership_id: str
    auditor_id: str
    identifier: str
    found_by: str
    findings: tuple[Finding, ...] = ()
    completed_at: datetime | None = None


def key(event: Reads) -> tuple[str]:
    return (event.audit_id,)


def project(row: Audit | None, event: Reads) -> Audit:
    if isinstance(event, AuditBegun):
        return Audit(
            audit_id=event.audit_id,
            organisation_id=event.organisation_id,
            dealership_id=event.dealership_id,
            auditor_id=event.auditor_id,
            identifier=event.identifier,
            found_by="" if event.identifier == REDACTED else normal_plate(event.identifier),
        )
    if row is None:
        raise OutOfOrder(event)
    match event:
        case AuditCompleted():
            return replace(row, findings=event.findings, completed_at=event.completed_at)
        case SubjectForgotten():
            return replace(row, identifier=REDACTED, found_by="")
        case unhandled:
            assert_never(unhandled)


lookup = View(
    name="audits",
    contract=contract,
    reads=Reads,
    row=Audit,
    primary_key=("audit_id",),
    key=key,
    project=project,
    indexes=("(dealership_id, found_by, completed_at desc, audit_id)",),
    subject="audit_id",
    personal=("identifier",),
)
audits = Table(lookup, "audits")
NEWEST = audits.order("newest-audits", "completed_at", "audit_id", descending=True)


async def completed(
    context: RequestContext, dealership_id: str, identifier: str
) -> Sequence[Audit]:
    """The last `MOST_FOUND` completed audits of a dealership that have the identifier, in any
    writing; the latest first."""
    found_by = normal_plate(identifier)
    if not found_by:
        return ()
    mine = context.principal.organisation_id
    rows = audits.of(mine, dealership_id=dealership_id, found_by=found_by).where(
        "completed_at is not null"
    )
    return await rows.page(context.pool, NEWEST, after=None, limit=MOST_FOUND)


async def require(context: RequestContext, field: str, audit_id: str, dossier: Dossier) -> Audit:
    """The completed audit that a field of the body names, of the dealership of the case. Raises the
    422 `Problem` of the field."""
    found = await context.lookup(lookup, audit_id)
    created = dossier.created
    mine = (created.organisation_id, created.dealership_id)
    if (
        found is None
        or found.completed_at is None
        or (found.organisation_id, found.dealership_id) != mine
    ):
        raise unknown_reference(field, "audit")
    return found
