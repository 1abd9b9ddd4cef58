"""The customer reads a reminder and makes a choice, for good; or an adviser enters what they said
(FLB-159 to FLB-162)."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, assert_never

from contracts.reminders.reminder_v1 import (
    ContactHandled,
    ContactRequested,
    DueWork,
    ReminderAnswered,
    ReminderChoice,
    ReminderEvent,
    ReminderRead,
    RemindersDeclined,
    ReminderSent,
    WorkAccepted,
    WorkRefused,
)
from services.reminders.reminder import booking
from services.reminders.reminder.matter import Matter, total

# --- Commands ---------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenPage:
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class BookWorks:
    """All that is not among the accepted works is refused. `bookable`: the dealership has a link at
    which appointments are made (FLB-159); `appointment` is one in a slot of its workshop (R7)."""

    accepted: tuple[str, ...]
    bookable: bool
    appointment: booking.Appointment | None = None
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RefuseAll:
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestContact:
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class DeclineReminders:
    """STOP: no more reminders, by whatever channel (R3). `wording` is what the page said,
    or the form of a mail program (RFC 8058); for a text message see `replying`."""

    wording: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class TakeDownChoice:
    """An adviser spoke to the customer (FLB-162)."""

    organisation_id: str
    accepted: tuple[str, ...]
    seen: int
    by: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class HandleContact:
    organisation_id: str
    by: str
    at: datetime


Choosing = BookWorks | RefuseAll
OfCustomer = OpenPage | Choosing | RequestContact | DeclineReminders

# --- Rejections -------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class NothingToBook:
    """The dealership has no link at which appointments are made."""


@dataclass(frozen=True, slots=True)
class NoWorkChosen:
    """A customer who wants none refuses all."""

    field: ClassVar[str] = "accepted"


@dataclass(frozen=True, slots=True)
class NoSuchWork:
    field: ClassVar[str] = "accepted"
    work_id: str


@dataclass(frozen=True, slots=True)
class NoContactRequested:
    pass


Rejection = NothingToBook | NoWorkChosen | NoSuchWork | NoContactRequested

# --- Decisions --------------------------------------------------------------

Decision = list[ReminderEvent] | Rejection


def choose(command: Choosing, matter: Matter) -> Decision:
    """Once, for good (FLB-161)."""
    if isinstance(command, RefuseAll):
        choice, accepted = ReminderChoice.REFUSED_ALL, frozenset[str]()
    else:
        if not command.bookable and command.appointment is None:
            return NothingToBook()
        if not command.accepted:
            return NoWorkChosen()
        choice, accepted = ReminderChoice.BOOKED, frozenset(command.accepted)
    if missing := unknown(accepted, matter):
        return missing
    events: list[ReminderEvent] = [*answer(choice, accepted, matter, None, command.at)]
    if isinstance(command, BookWorks) and command.appointment is not None:
        events.append(booking.made(command.appointment, matter, command.at))
    return events


def take_down(command: TakeDownChoice, matter: Matter) -> Decision:
    accepted = frozenset(command.accepted)
    choice = ReminderChoice.TAKEN_DOWN
    return unknown(accepted, matter) or [*answer(choice, accepted, matter, command.by, command.at)]


def unknown(accepted: Collection[str], matter: Matter) -> NoSuchWork | None:
    there = {one.work_id for one in matter.open_works}
    missing = sorted(one for one in accepted if one not in there)
    return NoSuchWork(missing[0]) if missing else None


def is_answer(command: Choosing | TakeDownChoice, known: ReminderAnswered, matter: Matter) -> bool:
    """Whether the command is the choice that is known, once more."""
    taken = {one.work.work_id for one in matter.decided if isinstance(one, WorkAccepted)}
    match command:
        case RefuseAll():
            return known.choice is ReminderChoice.REFUSED_ALL
        case BookWorks():
            chosen = known.choice is ReminderChoice.BOOKED and taken == set(command.accepted)
            return chosen and booking.is_made(command.appointment, matter)
        case TakeDownChoice():
            mine = (ReminderChoice.TAKEN_DOWN, command.by)
            return (known.choice, known.taken_down_by) == mine and taken == set(command.accepted)
        case unhandled:
            assert_never(unhandled)


def answer(
    choice: ReminderChoice,
    accepted: Collection[str],
    matter: Matter,
    by: str | None,
    at: datetime,
) -> Iterator[ReminderEvent]:
    created = matter.created
    wanted: list[DueWork] = []
    for work in matter.open_works:
        if work.work_id in accepted:
            wanted.append(work)
            yield WorkAccepted(
                reminder_id=created.reminder_id,
                organisation_id=created.organisation_id,
                dealership_id=created.dealership_id,
                work=work,
                taken_down_by=by,
                accepted_at=at,
            )
        else:
            yield WorkRefused(
                reminder_id=created.reminder_id,
                organisation_id=created.organisation_id,
                dealership_id=created.dealership_id,
                work=work,
                taken_down_by=by,
                refused_at=at,
            )
    yield ReminderAnswered(
        reminder_id=created.reminder_id,
        organisation_id=created.organisation_id,
        dealership_id=created.dealership_id,
        choice=choice,
        accepted=total(tuple(wanted), created.currency),
        accepted_works=len(wanted),
        refused_works=len(matter.open_works) - len(wanted),
        taken_down_by=by,
        answered_at=at,
    )


def request_contact(
    command: RequestContact, matter: Matter, sent: ReminderSent | None
) -> list[ReminderEvent]:
    if isinstance(matter.contact, ContactRequested):
        return []
    created = matter.created
    return [
        ContactRequested(
            reminder_id=created.reminder_id,
            organisation_id=created.organisation_id,
            dealership_id=created.dealership_id,
            advisor_id=(sent.sender_id if sent else None) or created.created_by,
            requested_at=command.at,
        )
    ]


def handle_contact(command: HandleContact, matter: Matter) -> Decision:
    if matter.contact is None:
        return NoContactRequested()
    if isinstance(matter.contact, ContactHandled):
        return []
    created = matter.created
    return [
        ContactHandled(
            reminder_id=created.reminder_id,
            organisation_id=created.organisation_id,
            dealership_id=created.dealership_id,
            handled_by=command.by,
            handled_at=command.at,
        )
    ]


def decline(command: DeclineReminders, matter: Matter) -> list[ReminderEvent]:
    """`customers` takes it down for both channels, by which all reminders of theirs stop."""
    if matter.declined is not None:
        return []
    created = matter.created
    told = [*matter.invitations.values()][-1]
    return [
        RemindersDeclined(
            reminder_id=created.reminder_id,
            organisation_id=created.organisation_id,
            dealership_id=created.dealership_id,
            customer_id=told.customer_id,
            wording=command.wording,
            declined_at=command.at,
            phone=None,
            language=None,
            dealership_called=None,
        )
    ]


def read(command: OpenPage, matter: Matter) -> ReminderRead:
    created = matter.created
    return ReminderRead(
        reminder_id=created.reminder_id,
        organisation_id=created.organisation_id,
        dealership_id=created.dealership_id,
        read_at=command.at,
    )
