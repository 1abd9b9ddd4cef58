"""Reaction: an invitation that was used connects the provider and the marketplace.

Where a provider joined with its account, the request that used the invitation has done so already.
"""

from contracts.marketplace.invitation_v1 import InvitationAccepted
from services.marketplace.relation import Connect, ConnectInvited

Reads = InvitationAccepted


def react(event: Reads) -> list[ConnectInvited]:
    """Nothing follows from facts of before 2026-12: their requests connected both."""
    if event.provider_name is None or event.marketplace_name is None or event.invited_at is None:
        return []
    return [
        ConnectInvited(
            Connect(
                relation_id=event.relation_id,
                marketplace_id=event.marketplace_id,
                provider_id=event.provider_id,
                provider_name=event.provider_name,
                marketplace_name=event.marketplace_name,
                invitation_id=event.invitation_id,
                invited_at=event.invited_at,
                terms_version=event.terms_version,
                internal_documents=event.internal_documents,
                by=event.accepted_by,
                at=event.accepted_at,
            )
        )
    ]


def target(command: ConnectInvited) -> str:
    """The relation whose stream takes the command."""
    return command.connect.relation_id
