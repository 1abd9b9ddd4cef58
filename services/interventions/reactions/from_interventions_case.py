"""Colleagues are told of what happens in a case, where the dealership wants it (G-52); a customer
whose question how the visit was fell due is asked (I15)."""

from datetime import datetime
from typing import assert_never

from contracts.interventions.case_v1 import (
    CaseAnswered,
    CaseClosed,
    CaseCreated,
    CaseNotice,
    CaseRead,
    CaseSent,
    ContactRequested,
    VisitQuestionDue,
)
from contracts.runtime import REDACTED
from services.interventions.case.telling import TellColleagues
from services.interventions.case.visit import AskVisit

Reads = CaseCreated | CaseSent | CaseRead | CaseAnswered | ContactRequested | CaseClosed
Questions = VisitQuestionDue


def react(event: Reads) -> list[TellColleagues]:
    """A version is read first once; somebody may ask to be called again."""
    match event:
        case CaseCreated():
            return [_told(event, CaseNotice.CREATED, "created", event.created_at, event.author_id)]
        case CaseSent(version=version):
            return [
                _told(event, CaseNotice.SENT, f"sent-{version}", event.sent_at, event.sender_id)
            ]
        case CaseRead(version=version):
            return [_told(event, CaseNotice.READ, f"read-{version}", event.read_at)]
        case CaseAnswered():
            by = event.taken_down_by
            return [_told(event, CaseNotice.ANSWERED, "answered", event.answered_at, by)]
        case ContactRequested(requested_at=at):
            return [_told(event, CaseNotice.CONTACT_REQUESTED, f"contact-{at.isoformat()}", at)]
        case CaseClosed():
            return [_told(event, CaseNotice.CLOSED, "closed", event.closed_at, event.closed_by)]
        case unhandled:
            assert_never(unhandled)


def ask(event: Questions) -> list[AskVisit]:
    """The question; how the customer may be written to is looked up."""
    return [
        AskVisit(
            case_id=event.case_id,
            dealership_id=event.dealership_id,
            contact_id=event.contact_id,
            link_id=event.link_id,
            # A phone that is read again after it was forgotten is none.
            phone=None if event.phone == REDACTED else event.phone,
            due_at=event.due_at,
        )
    ]


def _told(
    event: Reads, notice: CaseNotice, cause: str, at: datetime, by: str | None = None
) -> TellColleagues:
    return TellColleagues(
        case_id=event.case_id,
        dealership_id=event.dealership_id,
        notice=notice,
        cause=cause,
        by=by,
        at=at,
    )


def target(command: TellColleagues | AskVisit) -> str:
    """The case that takes the command."""
    return command.case_id
