"""A case was made anonymous: who the audits that were linked to it were about is forgotten with
it (G-50)."""

from contracts.interventions.case_v1 import SubjectForgotten
from services.audits.audit import ForgetLinkedAudit

Reads = SubjectForgotten


def react(event: Reads) -> list[ForgetLinkedAudit]:
    return [
        ForgetLinkedAudit(
            audit_id=audit_id, organisation_id=event.organisation_id, at=event.forgotten_at
        )
        for audit_id in event.audit_ids
    ]


def target(command: ForgetLinkedAudit) -> str:
    """The audit to make anonymous."""
    return command.audit_id
