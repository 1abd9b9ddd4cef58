"""The numbers of each completed audit, and what failed in it: they name nobody."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import assert_never

from contracts.audits.audit_v1 import AuditBegun, AuditCompleted, Finding, WorkLevel, contract
from infra.consumers.views import OutOfOrder, View

Reads = AuditBegun | AuditCompleted
FAILED = frozenset({WorkLevel.ADVISED, WorkLevel.URGENT})
"""The levels of what is to be done: an item that was found so has failed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FailedItem:
    """An item of the template, or one that the device made up, that is to be done."""

    item_id: str
    label: str
    urgent: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditFigures:
    """Findings by their level; `completed_at` is None while it is in progress."""

    audit_id: str
    organisation_id: str
    dealership_id: str
    template_id: str
    completed_at: datetime | None = None
    ok: int = 0
    complimentary: int = 0
    advised: int = 0
    urgent: int = 0
    failed: tuple[FailedItem, ...] = ()


def key(event: Reads) -> tuple[str]:
    return (event.audit_id,)


def project(row: AuditFigures | None, event: Reads) -> AuditFigures:
    if isinstance(event, AuditBegun):
        return AuditFigures(
            audit_id=event.audit_id,
            organisation_id=event.organisation_id,
            dealership_id=event.dealership_id,
            template_id=event.template_id,
        )
    if row is None:
        raise OutOfOrder(event)
    match event:
        case AuditCompleted():
            levels = [one.level for one in event.findings]
            return replace(
                row,
                completed_at=event.completed_at,
                ok=levels.count(WorkLevel.OK),
                complimentary=levels.count(WorkLevel.COMPLIMENTARY),
                advised=levels.count(WorkLevel.ADVISED),
                urgent=levels.count(WorkLevel.URGENT),
                failed=tuple(failed(one) for one in event.findings if one.level in FAILED),
            )
        case unhandled:
            assert_never(unhandled)


def failed(finding: Finding) -> FailedItem:
    return FailedItem(
        item_id=finding.finding_id,
        label=finding.label,
        urgent=finding.level is WorkLevel.URGENT,
    )


view = View(
    name="audit_figures",
    contract=contract,
    reads=Reads,
    row=AuditFigures,
    primary_key=("audit_id",),
    key=key,
    project=project,
    indexes=("(dealership_id, completed_at) where completed_at is not null",),
)
