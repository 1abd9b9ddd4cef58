"""The invitations of a marketplace, the last ones first: one row an address (OGU-16)."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import assert_never

from contracts.marketplace.invitation_v1 import (
    InvitationAccepted,
    InvitationSent,
    InvitationWithdrawn,
    contract,
)
from infra.consumers.views import OutOfOrder, View
from infra.reading import Table

Reads = InvitationSent | InvitationAccepted | InvitationWithdrawn


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """`organisation_id` is that of the marketplace."""

    invitation_id: str
    organisation_id: str
    email: str
    status: str
    """`sent`, `accepted` or `withdrawn`; whether one that was sent is over, its end tells."""
    sent_at: datetime
    expires_at: datetime
    provider_id: str | None = None
    """Who accepted it."""


def key(event: Reads) -> tuple[str]:
    return (event.invitation_id,)


def project(row: Row | None, event: Reads) -> Row:
    if isinstance(event, InvitationSent):
        return Row(
            invitation_id=event.invitation_id,
            organisation_id=event.marketplace_id,
            email=event.email,
            status="sent",
            sent_at=event.sent_at,
            expires_at=event.expires_at,
        )
    if row is None:
        raise OutOfOrder(event)
    match event:
        case InvitationAccepted():
            return replace(row, status="accepted", provider_id=event.provider_id)
        case InvitationWithdrawn():
            return replace(row, status="withdrawn")
        case unhandled:
            assert_never(unhandled)


view = View(
    name="invitations",
    contract=contract,
    reads=Reads,
    row=Row,
    primary_key=("invitation_id",),
    key=key,
    project=project,
    subject="invitation_id",
    personal=("email",),
    indexes=("(organisation_id, sent_at, invitation_id)",),
)
invitations = Table(view, "invitations")
LATEST = invitations.order("latest", "sent_at", "invitation_id", descending=True)
