"""Which streams the service keeps, and what decides about each."""

from contracts.audits import audit_v1, template_v1
from infra.commands import Aggregate
from services.audits import audit, template

AUDIT = Aggregate(
    contract=audit_v1.contract,
    decide=audit.decide,
    evolve=audit.evolve,
    initial=audit.initial,
    forget=lambda _, organisation, at: audit.ForgetAudit(organisation_id=organisation, at=at),
)
TEMPLATE = Aggregate(
    contract=template_v1.contract,
    decide=template.decide,
    evolve=template.evolve,
    initial=template.initial,
)
