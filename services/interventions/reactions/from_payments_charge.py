"""Colleagues are told that a case was paid online, where the dealership wants it (G-52)."""

from contracts.interventions.case_v1 import CaseNotice
from contracts.payments.charge_v1 import ChargePaid
from services.interventions.case.telling import TellColleagues

Reads = ChargePaid


def react(event: Reads) -> list[TellColleagues]:
    return [
        TellColleagues(
            case_id=event.case_id,
            dealership_id=event.dealership_id,
            notice=CaseNotice.PAID,
            cause=f"paid-{event.charge_id}",
            by=None,
            at=event.paid_at,
        )
    ]


def target(command: TellColleagues) -> str:
    """The case that was paid."""
    return command.case_id
