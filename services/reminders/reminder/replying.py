"""The customer replies to a text message about a reminder (R3)."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from contracts.reminders.reminder_v1 import (
    CustomerReplied,
    ReminderEvent,
    RemindersDeclined,
    ReminderSent,
)
from services.reminders.reminder.answering import RequestContact, request_contact
from services.reminders.reminder.matter import Matter


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowReply:
    """Follows from a reply; `stops` says that it wants no more."""

    reminder_id: str
    invitation_id: str
    reply_id: str
    stops: bool
    text: str
    at: datetime


def follow_reply(
    command: FollowReply, matter: Matter, sent: ReminderSent | None, *, live: bool
) -> list[ReminderEvent]:
    """A wish to stop counts whatever became of the reminder. Whoever says anything else is to be
    called, unless the reminder is over, and is written to no more by itself."""
    told = matter.invitations.get(command.invitation_id)
    if told is None:
        return []
    created = matter.created
    if not command.stops:
        return [*replied(command, matter, told.customer_id, sent, live=live)]
    if matter.declined is not None:
        return []
    return [
        RemindersDeclined(
            reminder_id=created.reminder_id,
            organisation_id=created.organisation_id,
            dealership_id=created.dealership_id,
            customer_id=told.customer_id,
            wording=command.text,
            declined_at=command.at,
            phone=told.phone,
            language=told.language,
            dealership_called=told.dealership_called,
        )
    ]


def replied(
    command: FollowReply,
    matter: Matter,
    customer_id: str,
    sent: ReminderSent | None,
    *,
    live: bool,
) -> Iterator[ReminderEvent]:
    if command.reply_id in matter.replies:
        return
    created = matter.created
    yield CustomerReplied(
        reminder_id=created.reminder_id,
        organisation_id=created.organisation_id,
        dealership_id=created.dealership_id,
        customer_id=customer_id,
        reply_id=command.reply_id,
        text=command.text,
        replied_at=command.at,
    )
    if live:
        yield from request_contact(RequestContact(at=command.at), matter, sent)
