"""All that a reminder holds, whatever its status: the works, what goes with them, who was told."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import assert_never

from contracts.common_v1 import Money
from contracts.reminders.reminder_v1 import (
    AppointmentCancelled,
    AppointmentMade,
    AttachmentsChanged,
    CallAsked,
    ContactHandled,
    ContactRequested,
    CustomerInvited,
    CustomerReplied,
    DueWork,
    InvitationFollowed,
    MessageComposed,
    PlaceUnused,
    ReminderChannel,
    ReminderCreated,
    ReminderHeld,
    ReminderMessage,
    ReminderReleased,
    RemindersDeclined,
    SendingDue,
    SendingPlanned,
    WorkAccepted,
    WorkEnded,
    WorkRefused,
    WorksChanged,
)

Event = (
    WorksChanged
    | MessageComposed
    | AttachmentsChanged
    | SendingPlanned
    | SendingDue
    | ReminderHeld
    | ReminderReleased
    | CustomerInvited
    | InvitationFollowed
    | WorkAccepted
    | WorkRefused
    | ContactRequested
    | ContactHandled
    | CallAsked
    | RemindersDeclined
    | CustomerReplied
    | AppointmentMade
    | AppointmentCancelled
    | PlaceUnused
    | WorkEnded
)
"""They leave the status of the reminder as it is."""


@dataclass(frozen=True, slots=True)
class Matter:
    """The content of a reminder. `due` are the sendings whose time has come, by their time."""

    created: ReminderCreated
    works: tuple[DueWork, ...]
    send_on: date
    send_at: datetime
    held: bool = False
    message: MessageComposed | None = None
    attachments: AttachmentsChanged | None = None
    due: frozenset[datetime] = frozenset()
    planned: SendingPlanned | None = None
    """The last word about when it goes out, after the first."""
    invitations: Mapping[str, CustomerInvited] = field(default_factory=dict)
    outcomes: Mapping[str, InvitationFollowed] = field(default_factory=dict)
    """The last of each invitation."""
    decided: tuple[WorkAccepted | WorkRefused, ...] = ()
    contact: ContactRequested | ContactHandled | None = None
    called: CallAsked | None = None
    declined: RemindersDeclined | None = None
    replies: frozenset[str] = frozenset()
    """The ids of what the customer replied to text messages."""
    appointment: AppointmentMade | AppointmentCancelled | None = None
    unused: frozenset[datetime] = frozenset()
    """When places were taken that led to no answer."""
    ended: Mapping[str, WorkEnded] = field(default_factory=dict)
    """The last of each work."""

    @property
    def open_works(self) -> tuple[DueWork, ...]:
        """Those that the customer is still reminded of, in their order."""
        return tuple(one for one in self.works if one.work_id not in self.ended)

    @property
    def used(self) -> tuple[ReminderChannel, ...]:
        """The channels that were written by, each once."""
        return tuple(dict.fromkeys(one.channel for one in self.invitations.values()))

    @property
    def kinds(self) -> frozenset[ReminderMessage]:
        """The kinds of the messages so far."""
        return frozenset(one.kind for one in self.invitations.values())

    @property
    def files(self) -> frozenset[str]:
        there = self.attachments.attachments if self.attachments else ()
        return frozenset(one.file_id for one in there)


def begun(event: ReminderCreated) -> Matter:
    """The content of one that was just made."""
    return Matter(event, event.works, event.send_on, event.send_at)


def evolve(matter: Matter, event: Event) -> Matter:
    match event:
        case WorksChanged():
            return replace(matter, works=event.works)
        case MessageComposed():
            return replace(matter, message=event)
        case AttachmentsChanged():
            return replace(matter, attachments=event)
        case SendingPlanned():
            return planned(matter, event)
        case SendingDue():
            return replace(matter, due=matter.due | {event.due_at})
        case ReminderHeld():
            return replace(matter, held=True)
        case ReminderReleased():
            return replace(matter, held=False)
        case CustomerInvited():
            known = {**matter.invitations, event.invitation_id: event}
            return replace(matter, invitations=known)
        case InvitationFollowed():
            return replace(matter, outcomes={**matter.outcomes, event.invitation_id: event})
        case WorkAccepted() | WorkRefused():
            return replace(matter, decided=(*matter.decided, event))
        case ContactRequested() | ContactHandled():
            return replace(matter, contact=event)
        case CallAsked():
            return replace(matter, called=event)
        case RemindersDeclined():
            return replace(matter, declined=event)
        case CustomerReplied():
            return replace(matter, replies=matter.replies | {event.reply_id})
        case AppointmentMade() | AppointmentCancelled():
            return replace(matter, appointment=event)
        case PlaceUnused():
            return replace(matter, unused=matter.unused | {event.taken_at})
        case WorkEnded():
            return replace(matter, ended={**matter.ended, event.work_id: event})
        case unhandled:
            assert_never(unhandled)


def planned(matter: Matter, event: SendingPlanned) -> Matter:
    """A message after the first one says nothing of when the reminder went out."""
    if event.kind is not ReminderMessage.REMINDER:
        return replace(matter, planned=event)
    return replace(matter, planned=event, send_on=event.send_on, send_at=event.send_at)


def total(works: tuple[DueWork, ...], currency: str) -> Money:
    """The sum of the works that have a price (G-45)."""
    return Money(sum(one.price.amount_minor for one in works if one.price), currency)
