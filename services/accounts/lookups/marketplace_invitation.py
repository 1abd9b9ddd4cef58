"""Invitations to marketplaces: whether a company may sign up with one, and at which address."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import assert_never

from contracts.marketplace import invitation_v1
from contracts.marketplace.invitation_v1 import (
    InvitationAccepted,
    InvitationSent,
    InvitationWithdrawn,
    SubjectForgotten,
)
from infra.consumers.views import OutOfOrder, View

Reads = InvitationSent | InvitationAccepted | InvitationWithdrawn | SubjectForgotten
SENT, ACCEPTED, WITHDRAWN = "sent", "accepted", "withdrawn"


@dataclass(frozen=True, slots=True)
class Invitation:
    """The last sending of an invitation; `token_mark` tells its link from all former ones."""

    invitation_id: str
    marketplace_id: str
    email: str
    token_mark: str
    expires_at: datetime
    standing: str


def key(event: Reads) -> tuple[str]:
    return (event.invitation_id,)


def project(row: Invitation | None, event: Reads) -> Invitation | None:
    if isinstance(event, InvitationSent):
        return Invitation(
            invitation_id=event.invitation_id,
            marketplace_id=event.marketplace_id,
            email=event.email,
            token_mark=event.token_mark,
            expires_at=event.expires_at,
            standing=SENT,
        )
    if isinstance(event, SubjectForgotten):
        return None
    if row is None:
        raise OutOfOrder(event)
    match event:
        case InvitationAccepted():
            return replace(row, standing=ACCEPTED)
        case InvitationWithdrawn():
            return replace(row, standing=WITHDRAWN)
        case unhandled:
            assert_never(unhandled)


lookup = View(
    name="invitations",
    contract=invitation_v1.contract,
    reads=Reads,
    row=Invitation,
    primary_key=("invitation_id",),
    key=key,
    project=project,
    subject="invitation_id",
    personal=("email",),
)
