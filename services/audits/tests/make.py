"""Valid messages with sensible defaults; a test names only what it is about."""

from datetime import UTC, datetime, timedelta

from contracts.audits.audit_v1 import (
    AuditBegun,
    AuditCompleted,
    Finding,
    FindingPrice,
    PriceMode,
    SubjectForgotten,
    WorkLevel,
)
from contracts.audits.template_v1 import TemplateDeleted, TemplateItem, TemplateSaved
from contracts.common_v1 import Money
from services.audits.audit import BeginAudit, CompleteAudit, ForgetAudit, ForgetLinkedAudit
from services.audits.template import DeleteTemplate, SaveTemplate

NOON = datetime(2030, 5, 1, 12, 0, tzinfo=UTC)
LATER = NOON + timedelta(minutes=40)
GROUP, LILLE = "lumen", "GLILLE"

# --- Audits -----------------------------------------------------------------


def finding(id: str = "pads", amount_minor: int | None = 18_900, currency: str = "EUR") -> Finding:
    money = None if amount_minor is None else Money(amount_minor, currency)
    return Finding(
        finding_id=id,
        label="Front brake pads",
        level=WorkLevel.URGENT,
        price=FindingPrice(money, PriceMode.INCLUDING_VAT) if money else None,
    )


def begin(
    identifier: str = "OR-48213", by: str = "tablet", at: datetime = NOON, auditor: str = "karim"
) -> BeginAudit:
    return BeginAudit(
        audit_id="AU1",
        organisation_id=GROUP,
        dealership_id=LILLE,
        template_id="AT1",
        identifier=identifier,
        auditor_id=auditor,
        by=by,
        at=at,
    )


def complete(
    *findings: Finding, organisation: str = GROUP, by: str = "tablet", at: datetime = LATER
) -> CompleteAudit:
    return CompleteAudit(
        organisation_id=organisation, findings=findings, currency="EUR", by=by, at=at
    )


def forget(organisation: str = GROUP) -> ForgetAudit:
    return ForgetAudit(organisation_id=organisation, at=LATER)


def forget_linked(organisation: str = GROUP) -> ForgetLinkedAudit:
    return ForgetLinkedAudit(audit_id="AU1", organisation_id=organisation, at=LATER)


def begun(identifier: str = "OR-48213") -> AuditBegun:
    return AuditBegun(
        audit_id="AU1",
        organisation_id=GROUP,
        dealership_id=LILLE,
        template_id="AT1",
        identifier=identifier,
        auditor_id="karim",
        begun_by="tablet",
        begun_at=NOON,
    )


def completed(*findings: Finding) -> AuditCompleted:
    return AuditCompleted(
        audit_id="AU1",
        organisation_id=GROUP,
        dealership_id=LILLE,
        findings=findings,
        completed_by="tablet",
        completed_at=LATER,
    )


def forgotten() -> SubjectForgotten:
    return SubjectForgotten(
        audit_id="AU1", organisation_id=GROUP, dealership_id=LILLE, forgotten_at=LATER
    )


# --- Templates --------------------------------------------------------------


def save_template(
    *items: str, title: str = "Tour", organisation: str = GROUP, dealership: str = LILLE
) -> SaveTemplate:
    return SaveTemplate(
        template_id="AT1",
        organisation_id=organisation,
        dealership_id=dealership,
        title=title,
        items=tuple(TemplateItem(item_id=one, label=one.title()) for one in items),
        by="ines",
        at=NOON,
    )


def template_saved(*items: str, title: str = "Tour") -> TemplateSaved:
    return TemplateSaved(
        template_id="AT1",
        organisation_id=GROUP,
        dealership_id=LILLE,
        title=title,
        items=tuple(TemplateItem(item_id=one, label=one.title()) for one in items),
        saved_by="ines",
        saved_at=NOON,
    )


def delete_template(organisation: str = GROUP, dealership: str = LILLE) -> DeleteTemplate:
    return DeleteTemplate(
        organisation_id=organisation, dealership_id=dealership, by="ines", at=LATER
    )


def template_deleted() -> TemplateDeleted:
    return TemplateDeleted(
        template_id="AT1",
        organisation_id=GROUP,
        dealership_id=LILLE,
        deleted_by="ines",
        deleted_at=LATER,
    )
