"""How the visit was: the customer is asked once, a day after their case is closed (I15)."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import assert_never

from contracts import dealers
from contracts.dealers import Dealership
from contracts.interventions.case_v1 import (
    CaseClosed,
    CaseDeleted,
    CaseEvent,
    CaseSent,
    CustomerInvited,
    LinkIssued,
    SendingChannel,
    SubjectForgotten,
    VisitQuestionAsked,
    VisitQuestionDropped,
    VisitQuestionDue,
    VisitQuestionPutOff,
    VisitQuestionReason,
    VisitRated,
)
from contracts.runtime import REDACTED
from contracts.timers import CancelTimer, SetTimer
from services.interventions.case import answering
from services.interventions.case.answering import Holder
from services.interventions.case.dossier import CUSTOMER, Dossier
from services.interventions.case.recipients import usable
from services.interventions.case.sending import may_be_there

AFTER = timedelta(hours=24)
BEST = 10
CALLED = 6
"""Whoever gives this or less is called."""
QUESTION = "visit-question"

# --- Commands ---------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """How the customer may be written to now: by which channels, or why by none. `lawful_at` is
    now, or when it is day where they are (R3)."""

    dealership: Dealership
    channels: frozenset[SendingChannel]
    closed: VisitQuestionReason | None
    link: str
    now: datetime
    lawful_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class FallDue:
    """Comes from the timer."""

    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AskVisit:
    """Follows from the question that fell due; the terms are looked up."""

    case_id: str
    dealership_id: str
    contact_id: str
    link_id: str
    phone: str | None
    due_at: datetime
    terms: Terms | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RateVisit:
    """`score` is one from 0 to `BEST`."""

    holder: Holder
    score: int
    at: datetime


OfItself = FallDue | AskVisit
Command = OfItself | RateVisit

# --- Rejections -------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class VisitNotAsked:
    """Nobody asked whoever holds the link how the visit was, or not yet."""


@dataclass(frozen=True, slots=True)
class VisitIsRated:
    """The first word counts."""

    score: int


Rejection = VisitNotAsked | VisitIsRated

# --- Decisions --------------------------------------------------------------

Decision = list[CaseEvent] | Rejection | answering.Rejection


def asked_after(dossier: Dossier, at: datetime) -> datetime | None:
    """When the customer of a case that is closed at that time is asked; None where they are not:
    in sales, where there was no visit, and where they were not written to before."""
    if dossier.is_sales or dossier.forgotten or not ways(dossier):
        return None
    return at + AFTER if usable(dossier, CUSTOMER, at) else None


def ways(dossier: Dossier) -> tuple[CustomerInvited, ...]:
    """The messages by which the customer was told of the last version and which may have arrived,
    text messages first."""
    own = (
        one
        for one in dossier.invitations.values()
        if one.recipient_id == CUSTOMER and one.version == dossier.version
    )
    there = [one for one in own if may_be_there(dossier.outcomes.get(one.invitation_id))]
    return tuple(sorted(there, key=lambda one: one.channel is not SendingChannel.SMS))


def decide_of_itself(command: OfItself, dossier: Dossier, closed: CaseClosed) -> list[CaseEvent]:
    match command:
        case FallDue():
            return fall_due(command, dossier, closed)
        case AskVisit():
            return ask(command, dossier)
        case unhandled:
            assert_never(unhandled)


def fall_due(command: FallDue, dossier: Dossier, closed: CaseClosed) -> list[CaseEvent]:
    """Once for each time that it was planned for."""
    match dossier.visit:
        case None:
            planned = closed.asked_after
        case VisitQuestionPutOff(asked_after=later):
            planned = later
        case VisitQuestionDue() | VisitQuestionAsked() | VisitQuestionDropped() | VisitRated():
            planned = None
        case unhandled:
            assert_never(unhandled)
    link = dossier.link_of(CUSTOMER)
    if planned is None or command.at < planned or link is None:
        return []
    created = dossier.created
    return [
        VisitQuestionDue(
            case_id=created.case_id,
            organisation_id=created.organisation_id,
            dealership_id=created.dealership_id,
            contact_id=dossier.contact_id,
            link_id=link.link_id,
            phone=phone_of(dossier),
            due_at=planned,
        )
    ]


def phone_of(dossier: Dossier) -> str | None:
    """The phone of the customer, while anybody can read it."""
    if dossier.customer is None or is_unreadable(dossier):
        return None
    return dossier.customer.phone


def ask(command: AskVisit, dossier: Dossier) -> list[CaseEvent]:
    """Decide by what is known now. A question that fell due at another time is another one."""
    due, terms = dossier.visit, command.terms
    if terms is None or not isinstance(due, VisitQuestionDue) or due.due_at != command.due_at:
        return []
    if (reason := unasked(dossier, terms)) is not None:
        return [dropped(dossier, reason, terms.now)]
    if terms.lawful_at > terms.now:
        return [put_off(dossier, terms)]
    told = next(one for one in ways(dossier) if one.channel in terms.channels)
    return [asked(dossier, told, terms)]


def unasked(dossier: Dossier, terms: Terms) -> VisitQuestionReason | None:
    """Why the customer is not asked at all; None where they are."""
    works = dealers.effective(terms.dealership, dossier.brand)
    if dossier.forgotten or is_unreadable(dossier):
        return VisitQuestionReason.CUSTOMER_ERASED
    if not (works or dealers.all_in_all(terms.dealership)).visit_question_allowed:
        return VisitQuestionReason.SWITCHED_OFF
    if terms.closed is not None:
        return terms.closed
    if usable(dossier, CUSTOMER, terms.now) is None:
        return VisitQuestionReason.LINK_IS_VOID
    reached = any(one.channel in terms.channels for one in ways(dossier))
    return None if reached else VisitQuestionReason.NO_CHANNEL


def is_unreadable(dossier: Dossier) -> bool:
    """Whether the key of the case is destroyed, of which the case may hear later."""
    told = (address for one in ways(dossier) for address in (one.email, one.phone))
    return REDACTED in told


def asks(dossier: Dossier, link: LinkIssued) -> bool:
    """Whether the holder of the link is, or was, asked: nobody but the customer is."""
    is_asked = isinstance(dossier.visit, VisitQuestionAsked | VisitRated)
    return is_asked and link.recipient_id == CUSTOMER


def rate(command: RateVisit, dossier: Dossier, link: LinkIssued, sent: CaseSent | None) -> Decision:
    """Decide for a case that asks. A score that asks for a call is a request for one, where there
    is none yet."""
    if barred := answering.may_not_answer(command.holder, dossier, link):
        return barred
    if isinstance(known := dossier.visit, VisitRated):
        return [] if known.score == command.score else VisitIsRated(known.score)
    if command.score > CALLED:
        return [rated(command, dossier)]
    call = answering.RequestContact(holder=command.holder, at=command.at)
    return [rated(command, dossier), *answering.request_contact(call, dossier, link, sent)]


# --- Events -----------------------------------------------------------------


def put_off(dossier: Dossier, terms: Terms) -> VisitQuestionPutOff:
    created = dossier.created
    return VisitQuestionPutOff(
        case_id=created.case_id,
        organisation_id=created.organisation_id,
        dealership_id=created.dealership_id,
        asked_after=terms.lawful_at,
        put_off_at=terms.now,
    )


def dropped(dossier: Dossier, reason: VisitQuestionReason, at: datetime) -> VisitQuestionDropped:
    created = dossier.created
    return VisitQuestionDropped(
        case_id=created.case_id,
        organisation_id=created.organisation_id,
        dealership_id=created.dealership_id,
        reason=reason,
        dropped_at=at,
    )


def asked(dossier: Dossier, told: CustomerInvited, terms: Terms) -> VisitQuestionAsked:
    """By the way by which they were told of the case."""
    house = terms.dealership
    works = dealers.effective(house, dossier.brand) or dealers.all_in_all(house)
    return VisitQuestionAsked(
        case_id=told.case_id,
        organisation_id=told.organisation_id,
        dealership_id=told.dealership_id,
        channel=told.channel,
        email=told.email,
        phone=told.phone,
        language=told.language,
        link=terms.link,
        dealership_called=works.dealership_name,
        asked_at=terms.now,
    )


def rated(command: RateVisit, dossier: Dossier) -> VisitRated:
    created = dossier.created
    return VisitRated(
        case_id=created.case_id,
        organisation_id=created.organisation_id,
        dealership_id=created.dealership_id,
        link_id=command.holder.link_id,
        score=command.score,
        rated_at=command.at,
    )


# --- Timers -----------------------------------------------------------------


def timers(event: CaseEvent) -> tuple[SetTimer | CancelTimer, ...]:
    """One wakes the case a day after it was closed, and once more in the morning after a night."""
    match event:
        case CaseClosed(asked_after=datetime() as at) | VisitQuestionPutOff(asked_after=at):
            return (SetTimer(QUESTION, at),)
        case CaseDeleted() | SubjectForgotten():
            return (CancelTimer(QUESTION),)
        case _:
            return ()
