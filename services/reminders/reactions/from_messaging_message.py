"""Messages to customers who are reminded: what became of them is told to the reminder."""

from datetime import datetime
from typing import assert_never

from contracts.messaging.message_v1 import MessageDelivered, MessageFailed, MessageSent
from contracts.reminders.reminder_v1 import InvitationOutcome
from services.reminders.reminder.sending import FollowInvitation

Reads = MessageSent | MessageDelivered | MessageFailed
INVITATION = "reminder_invitation/"
"""Begins what a message is about that a reminder asked for."""


def react(event: Reads) -> list[FollowInvitation]:
    """A command for the messages of reminders, none for any other."""
    kind, at = _fate(event)
    if event.about is None or not event.about.startswith(INVITATION):
        return []
    invitation_id = event.about.removeprefix(INVITATION)
    return [
        FollowInvitation(
            reminder_id=invitation_id.partition(".")[0],
            invitation_id=invitation_id,
            message_id=event.message_id,
            outcome=kind,
            at=at,
        )
    ]


def target(command: FollowInvitation) -> str:
    """The reminder that the message is about."""
    return command.reminder_id


def _fate(event: Reads) -> tuple[InvitationOutcome, datetime]:
    match event:
        case MessageSent():
            return InvitationOutcome.SENT, event.sent_at
        case MessageDelivered():
            return InvitationOutcome.DELIVERED, event.delivered_at
        case MessageFailed():
            return InvitationOutcome.FAILED, event.failed_at
        case unhandled:
            assert_never(unhandled)
