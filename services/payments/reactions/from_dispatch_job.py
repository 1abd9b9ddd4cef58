"""A job that is done is owed to its provider, less the commission of the marketplace (G-68)."""

from contracts.common_v1 import Money
from contracts.dispatch.job_v1 import JobDone
from contracts.providers import relation_id
from services.payments.settlement import CreditJob

Reads = JobDone


def react(event: Reads) -> list[CreditJob]:
    """Nothing follows from jobs of before 2026-12, of which the VAT is not known."""
    if event.vat is None:
        return []
    return [
        CreditJob(
            settlement_id=relation_id(event.organisation_id, event.provider_id),
            organisation_id=event.organisation_id,
            provider_id=event.provider_id,
            job_id=event.job_id,
            amount=event.amount,
            vat=event.vat,
            commission=event.commission,
            commission_vat=event.commission_vat or Money(0, event.amount.currency),
            commission_vat_basis_points=event.commission_vat_basis_points,
            at=event.done_at,
        )
    ]


def target(command: CreditJob) -> str:
    """The settlement whose stream takes the command."""
    return command.settlement_id
