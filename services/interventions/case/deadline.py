"""The time by which an answer is wanted (I8): the customer is urged before, the adviser told then.

It is an instant: an hour before it is an hour, also in the night in which clocks change.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import assert_never

from contracts.interventions.case_v1 import (
    AnswerOverdue,
    AnswerUrged,
    CaseAnswered,
    CaseClosed,
    CaseEvent,
    CaseSent,
    CustomerInvited,
    RevisionBegun,
    SendingChannel,
    SendingFailed,
    VersionFixed,
)
from contracts.timers import CancelTimer, SetTimer
from services.interventions.case.dossier import CUSTOMER, Dossier
from services.interventions.case.recipients import usable

URGED = (60, 15)
"""Minutes before."""
URGE = "urge:"
OVERDUE = "overdue"
NAMES = (*(f"{URGE}{minutes}" for minutes in URGED), OVERDUE)

# --- Commands ---------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class UrgeAnswer:
    """Comes from the timer."""

    minutes: int
    at: datetime


@dataclass(frozen=True, slots=True)
class NoteOverdue:
    """Comes from the timer."""

    at: datetime


Command = UrgeAnswer | NoteOverdue

# --- Decisions --------------------------------------------------------------


def decide(command: Command, dossier: Dossier, sent: CaseSent | None) -> list[CaseEvent]:
    """For a case that was shown and has no answer; a timer of a former version says nothing."""
    match command:
        case UrgeAnswer():
            return urge(command, dossier)
        case NoteOverdue():
            return overdue(command, dossier, sent)
        case unhandled:
            assert_never(unhandled)


def urge(command: UrgeAnswer, dossier: Dossier) -> list[CaseEvent]:
    """By the way by which the customer was told last; whoever was only handed a link is not."""
    if dossier.urged is not None and dossier.urged.minutes <= command.minutes:
        return []
    version, told = dossier.versions[-1], last_told(dossier)
    due = version.answer_by and version.answer_by - timedelta(minutes=command.minutes)
    if told is None or due is None or command.at < due:
        return []
    if usable(dossier, CUSTOMER, command.at) is None:
        return []
    return [
        AnswerUrged(
            case_id=told.case_id,
            organisation_id=told.organisation_id,
            dealership_id=told.dealership_id,
            minutes=command.minutes,
            version=version.version,
            channel=told.channel,
            email=told.email,
            phone=told.phone,
            language=told.language,
            link=told.link,
            dealership_called=told.dealership_called,
            urged_at=command.at,
        )
    ]


def last_told(dossier: Dossier) -> CustomerInvited | None:
    """The customer's last invitation, by text message before e-mail: it is read sooner."""
    own = [
        one
        for one in dossier.invitations.values()
        if one.recipient_id == CUSTOMER and one.version == dossier.version
    ]
    return max(own, key=lambda one: one.channel is SendingChannel.SMS, default=None)


def overdue(command: NoteOverdue, dossier: Dossier, sent: CaseSent | None) -> list[CaseEvent]:
    version = dossier.versions[-1]
    if dossier.overdue or version.answer_by is None or command.at < version.answer_by:
        return []
    created = dossier.created
    return [
        AnswerOverdue(
            case_id=created.case_id,
            organisation_id=created.organisation_id,
            dealership_id=created.dealership_id,
            version=version.version,
            sender_id=sent.sender_id if sent else created.author_id,
            overdue_at=command.at,
        )
    ]


# --- Timers -----------------------------------------------------------------


def timers(event: CaseEvent) -> tuple[SetTimer | CancelTimer, ...]:
    """They run from the version on, until it is answered, worked on again or closed."""
    match event:
        case VersionFixed(answer_by=datetime()):
            return started(event)
        case CaseAnswered() | CaseClosed() | RevisionBegun() | SendingFailed():
            return tuple(CancelTimer(name) for name in NAMES)
        case _:
            return ()


def started(version: VersionFixed) -> tuple[SetTimer, ...]:
    """Those that are still to come: nobody is urged late. That the time is over is noted also of a
    version that comes after it, so that what was promised for an answer in time is promised no
    more."""
    assert version.answer_by is not None
    due = {f"{URGE}{m}": version.answer_by - timedelta(minutes=m) for m in URGED}
    due[OVERDUE] = version.answer_by
    return tuple(
        SetTimer(name, at) for name, at in due.items() if at > version.fixed_at or name == OVERDUE
    )


def on_timer(name: str, _: str, due: datetime) -> Command:
    """The command of a timer that came due. LookupError when no timer has that name."""
    if name == OVERDUE:
        return NoteOverdue(due)
    if name in NAMES:
        return UrgeAnswer(int(name.removeprefix(URGE)), due)
    raise LookupError(name)
