"""A form that is open goes away with the right to pay by it: when the case is closed, deleted or
written anew."""

from datetime import datetime
from typing import assert_never

from contracts.interventions.case_v1 import CaseClosed, CaseDeleted, RevisionBegun
from services.payments.charge.paying import RevokeForm

Reads = CaseClosed | CaseDeleted | RevisionBegun


def react(event: Reads) -> list[RevokeForm]:
    return [
        RevokeForm(organisation_id=event.organisation_id, case_id=event.case_id, at=when(event))
    ]


def when(event: Reads) -> datetime:
    match event:
        case CaseClosed():
            return event.closed_at
        case CaseDeleted():
            return event.deleted_at
        case RevisionBegun():
            return event.begun_at
        case unhandled:
            assert_never(unhandled)
