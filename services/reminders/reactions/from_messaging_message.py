"""Messages to customers who are reminded: what became of them, and what customers replied to them,
is told to the reminder."""

from datetime import datetime
from typing import assert_never

from contracts.messaging.message_v1 import (
    MessageDelivered,
    MessageFailed,
    MessageReplied,
    MessageSent,
    ReplyIntent,
)
from contracts.reminders.reminder_v1 import InvitationOutcome
from contracts.runtime import REDACTED
from services.reminders.reminder.replying import FollowReply
from services.reminders.reminder.sending import FollowInvitation

Fates = MessageSent | MessageDelivered | MessageFailed
Reads = Fates | MessageReplied
INVITATION = "reminder_invitation/"
"""Begins what a message is about that a reminder asked for."""


def react(event: Reads) -> list[FollowInvitation | FollowReply]:
    """A command for the messages of reminders, none for any other, nor for a reply of somebody who
    was forgotten since."""
    if event.about is None or not event.about.startswith(INVITATION):
        return []
    invitation_id = event.about.removeprefix(INVITATION)
    if isinstance(event, MessageReplied):
        return [] if event.text == REDACTED else [_reply(event, invitation_id)]
    kind, at = _fate(event)
    return [
        FollowInvitation(
            reminder_id=invitation_id.partition(".")[0],
            invitation_id=invitation_id,
            message_id=event.message_id,
            outcome=kind,
            at=at,
        )
    ]


def _reply(event: MessageReplied, invitation_id: str) -> FollowReply:
    return FollowReply(
        reminder_id=invitation_id.partition(".")[0],
        invitation_id=invitation_id,
        reply_id=event.reply_id,
        stops=event.intent is ReplyIntent.STOP,
        text=event.text,
        at=event.replied_at,
    )


def target(command: FollowInvitation | FollowReply) -> str:
    """The reminder that the message is about."""
    return command.reminder_id


def _fate(event: Fates) -> tuple[InvitationOutcome, datetime]:
    match event:
        case MessageSent():
            return InvitationOutcome.SENT, event.sent_at
        case MessageDelivered():
            return InvitationOutcome.DELIVERED, event.delivered_at
        case MessageFailed():
            return InvitationOutcome.FAILED, event.failed_at
        case unhandled:
            assert_never(unhandled)
