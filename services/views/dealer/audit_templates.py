"""The titles of templates of audits, also of those that were deleted: audits still name them."""

from dataclasses import dataclass

from contracts.audits.template_v1 import TemplateSaved, contract
from infra.consumers.views import View

Reads = TemplateSaved


@dataclass(frozen=True, slots=True)
class AuditTemplate:
    template_id: str
    organisation_id: str
    title: str


def key(event: Reads) -> tuple[str]:
    return (event.template_id,)


def project(_: AuditTemplate | None, event: Reads) -> AuditTemplate:
    return AuditTemplate(event.template_id, event.organisation_id, event.title)


view = View(
    name="audit_templates",
    contract=contract,
    reads=Reads,
    row=AuditTemplate,
    primary_key=("template_id",),
    key=key,
    project=project,
)
