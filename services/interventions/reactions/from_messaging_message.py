"""Messages to recipients of cases: what became of them is told to the case (G-46)."""

from datetime import datetime
from typing import assert_never

from contracts.interventions.case_v1 import InvitationOutcome
from contracts.messaging.message_v1 import MessageDelivered, MessageFailed, MessageSent
from services.interventions.case.sending import FollowInvitation

Reads = MessageSent | MessageDelivered | MessageFailed
INVITATION = "invitation/"
"""Begins what a message is about that a case asked for."""


def react(event: Reads) -> list[FollowInvitation]:
    """A command for the messages of cases, none for any other."""
    kind, at = _fate(event)
    if event.about is None or not event.about.startswith(INVITATION):
        return []
    return [
        FollowInvitation(
            case_id=event.user_id,
            invitation_id=event.about.removeprefix(INVITATION),
            message_id=event.message_id,
            outcome=kind,
            at=at,
        )
    ]


def target(command: FollowInvitation) -> str:
    """The case that the message is about."""
    return command.case_id


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
