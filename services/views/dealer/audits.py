"""Which audits were completed at a dealership? (FLB-022, FLB-073)"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Annotated, ClassVar, Final, assert_never

from fastapi import Query

from contracts.audits.audit_v1 import (
    AuditBegun,
    AuditCompleted,
    SubjectForgotten,
    WorkLevel,
    contract,
)
from contracts.dealerships.dealership_v1 import Licence
from contracts.runtime import REDACTED
from infra.consumers.views import OutOfOrder, View
from infra.http.answers import Answer, Answered, Listed, Router
from infra.http.models import Id, Instant
from infra.http.pages import Filters, Paging, Typed
from infra.http.request_context import RequestContext, requires
from infra.http.vehicles import normal_plate
from infra.lookups import dealerships
from infra.reading import Rows, Table
from infra.tokens import Role
from services.views.dealer.access import OF_CASES
from services.views.dealer.colleagues import Colleagues, ColleagueShown, colleagues

router = Router("Audits")
Reads = AuditBegun | AuditCompleted | SubjectForgotten
READERS: Final[tuple[Role, ...]] = (*OF_CASES, "audit_manager")
AuditsContext = Annotated[RequestContext, requires(*READERS)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Audit:
    """An audit; `found_by` is its identifier by letters and digits, however it was typed."""

    audit_id: str
    organisation_id: str
    dealership_id: str
    template_id: str
    identifier: str
    found_by: str
    auditor_id: str
    begun_at: datetime
    completed_at: datetime | None = None
    findings: int = 0
    advised: int = 0
    urgent: int = 0


def key(event: Reads) -> tuple[str]:
    return (event.audit_id,)


def project(row: Audit | None, event: Reads) -> Audit:
    if isinstance(event, AuditBegun):
        return Audit(
            audit_id=event.audit_id,
            organisation_id=event.organisation_id,
            dealership_id=event.dealership_id,
            template_id=event.template_id,
            identifier=event.identifier,
            found_by="" if event.identifier == REDACTED else normal_plate(event.identifier),
            auditor_id=event.auditor_id,
            begun_at=event.begun_at,
        )
    if row is None:
        raise OutOfOrder(event)
    match event:
        case AuditCompleted():
            levels = [one.level for one in event.findings]
            return replace(
                row,
                completed_at=event.completed_at,
                findings=len(levels),
                advised=levels.count(WorkLevel.ADVISED),
                urgent=levels.count(WorkLevel.URGENT),
            )
        case SubjectForgotten():
            return replace(row, identifier=REDACTED, found_by="")
        case unhandled:
            assert_never(unhandled)


view = View(
    name="audits",
    contract=contract,
    reads=Reads,
    row=Audit,
    primary_key=("audit_id",),
    key=key,
    project=project,
    indexes=(
        "(dealership_id, completed_at desc, audit_id desc) where completed_at is not null",
        "(dealership_id, found_by text_pattern_ops) where completed_at is not null",
    ),
    subject="audit_id",
    personal=("identifier",),
)
audits = Table(view, "audits")
NEWEST = audits.order("newest-audits", "completed_at", "audit_id", descending=True)


class AuditFilters(Filters):
    """Which audits."""

    no_columns: ClassVar[frozenset[str]] = frozenset({"q"})

    auditor_id: Id | None = None
    template_id: Id | None = None
    q: Typed | None = None
    """The beginning of the identifier, in any writing."""


class AuditListed(Answer):
    """A completed audit."""

    audit_id: str
    dealership_id: str
    template_id: str
    identifier: str
    """X once the case to which it was linked is anonymised."""
    auditor: ColleagueShown
    begun_at: Instant
    completed_at: Instant | None
    findings: int
    """Of every level."""
    advised: int
    urgent: int


@router.get("/dealerships/{dealership_id}/audits")
async def list_audits(
    dealership_id: Id,
    context: AuditsContext,
    filters: Annotated[AuditFilters, Query()],
    page: Paging,
) -> Answered[Listed[AuditListed]]:
    """List the completed audits of a dealership, the newest first, or find them by their
    identifier; those of a dealership without the licence are shown to nobody."""
    await dealerships.licensed(context, dealership_id, Licence.ODITOO, *READERS)

    async def present(rows: Sequence[Audit]) -> list[AuditListed]:
        who = await colleagues(context, {row.auditor_id for row in rows})
        return [listed(row, who) for row in rows]

    return await page.show_together(wanted(context, dealership_id, filters), NEWEST, present)


def wanted(context: RequestContext, dealership_id: str, filters: AuditFilters) -> Rows[Audit]:
    mine = audits.of(context.principal.organisation_id, dealership_id=dealership_id)
    rows = filters.narrow(mine.where("completed_at is not null"))
    if not filters.q:
        return rows
    begins = normal_plate(filters.q)
    return rows.where("starts_with(found_by, %(begins)s) and found_by <> ''", begins=begins)


def listed(row: Audit, who: Colleagues) -> AuditListed:
    return AuditListed(
        audit_id=row.audit_id,
        dealership_id=row.dealership_id,
        template_id=row.template_id,
        identifier=row.identifier,
        auditor=who[row.auditor_id],
        begun_at=row.begun_at,
        completed_at=row.completed_at,
        findings=row.findings,
        advised=row.advised,
        urgent=row.urgent,
    )
