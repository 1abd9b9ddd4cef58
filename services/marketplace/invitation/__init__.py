"""An invitation to a marketplace: mailed to one address, sent again, used once, or taken back."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import assert_never

from contracts.common_v1 import AcceptedDocument
from contracts.marketplace.invitation_v1 import (
    InvitationAccepted,
    InvitationEvent,
    InvitationMissed,
    InvitationSent,
    InvitationWithdrawn,
    SubjectForgotten,
)

LIFETIME = timedelta(days=30)
"""How long a link works (G-64)."""

# --- Commands ---------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Send:
    """`again` sends a new link where one still works; `is_related` tells whether whoever used the
    invitation is still of the marketplace."""

    invitation_id: str
    marketplace_id: str
    marketplace_name: str
    email: str
    language: str
    link: str
    token_mark: str
    again: bool
    is_related: bool
    by: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Accept:
    """`token_mark` is that of the token in hand; the terms and documents are what was accepted."""

    token_mark: str
    provider_id: str
    provider_name: str
    relation_id: str
    terms_version: int | None
    internal_documents: tuple[AcceptedDocument, ...]
    by: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceptBySignUp:
    """A company signed up with the link. It is there already, so nobody can be refused: where the
    link works no more, the company is told that it needs another one."""

    invitation_id: str
    accept: Accept


@dataclass(frozen=True, slots=True, kw_only=True)
class Withdraw:
    marketplace_id: str
    by: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ForgetInvitation:
    invitation_id: str
    marketplace_id: str
    at: datetime


Command = Send | Accept | AcceptBySignUp | Withdraw | ForgetInvitation

# --- Rejections -------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class NoSuchInvitation:
    pass


@dataclass(frozen=True, slots=True)
class AlreadyInvited:
    """A link that went to the address still works."""

    expires_at: datetime


@dataclass(frozen=True, slots=True)
class AlreadyRelated:
    """A provider of the marketplace was invited at the address."""


@dataclass(frozen=True, slots=True)
class InvitationUsed:
    pass


@dataclass(frozen=True, slots=True)
class InvitationOver:
    """It is older than it may be, or was taken back."""


Rejection = NoSuchInvitation | AlreadyInvited | AlreadyRelated | InvitationUsed | InvitationOver

# --- State ------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class NotSent:
    pass


@dataclass(frozen=True, slots=True)
class Sent:
    """`missed` are the companies that were told that they came too late."""

    sent: InvitationSent
    missed: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Accepted:
    sent: InvitationSent
    accepted: InvitationAccepted
    missed: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Withdrawn:
    sent: InvitationSent
    missed: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Forgotten:
    marketplace_id: str


Known = Sent | Accepted | Withdrawn
Invitation = NotSent | Known | Forgotten
initial: Invitation = NotSent()


def evolve(invitation: Invitation, event: InvitationEvent) -> Invitation:
    """Take history as recorded: a rule added today must not break yesterday's events."""
    if isinstance(event, InvitationSent):
        return Sent(event, invitation.missed if isinstance(invitation, Known) else frozenset())
    if isinstance(invitation, NotSent | Forgotten):
        return invitation
    match event:
        case InvitationAccepted():
            return Accepted(invitation.sent, event, invitation.missed)
        case InvitationMissed():
            return replace(invitation, missed=invitation.missed | {event.provider_id})
        case InvitationWithdrawn():
            return Withdrawn(invitation.sent, invitation.missed)
        case SubjectForgotten():
            return Forgotten(invitation.sent.marketplace_id)
        case unhandled:
            assert_never(unhandled)


# --- Decisions --------------------------------------------------------------

Decision = list[InvitationEvent] | Rejection


def decide(command: Command, invitation: Invitation) -> Decision:
    """New facts, an empty list when they are already recorded, or the rule that says no."""
    match command:
        case Send():
            return send(command, invitation)
        case Accept():
            return accept(command, invitation)
        case AcceptBySignUp():
            return accept_by_sign_up(command, invitation)
        case Withdraw():
            return withdraw(command, invitation)
        case ForgetInvitation():
            return forget(command, invitation)
        case unhandled:
            assert_never(unhandled)


def send(command: Send, invitation: Invitation) -> Decision:
    event = InvitationSent(
        invitation_id=command.invitation_id,
        marketplace_id=command.marketplace_id,
        marketplace_name=command.marketplace_name,
        email=command.email,
        language=command.language,
        link=command.link,
        token_mark=command.token_mark,
        expires_at=command.at + LIFETIME,
        sent_by=command.by,
        sent_at=command.at,
    )
    match invitation:
        case Sent(sent=event_before) if event_before == event:
            return []
        case Sent(sent=before) if not command.again and command.at < before.expires_at:
            return AlreadyInvited(before.expires_at)
        case Accepted() if command.is_related:
            return AlreadyRelated()
        case NotSent() | Sent() | Accepted() | Withdrawn() | Forgotten():
            return [event]
        case unhandled:
            assert_never(unhandled)


def accept(command: Accept, invitation: Invitation) -> Decision:
    """A token that was made up, or is of a former link, is told that there is no invitation."""
    if isinstance(invitation, NotSent | Forgotten):
        return NoSuchInvitation()
    if invitation.sent.token_mark != command.token_mark:
        return NoSuchInvitation()
    match invitation:
        case Accepted(accepted=accepted):
            return [] if accepted.provider_id == command.provider_id else InvitationUsed()
        case Withdrawn():
            return InvitationOver()
        case Sent(sent=sent):
            if command.at >= sent.expires_at:
                return InvitationOver()
            return [
                InvitationAccepted(
                    invitation_id=sent.invitation_id,
                    marketplace_id=sent.marketplace_id,
                    provider_id=command.provider_id,
                    relation_id=command.relation_id,
                    accepted_by=command.by,
                    accepted_at=command.at,
                    provider_name=command.provider_name,
                    marketplace_name=sent.marketplace_name,
                    invited_at=sent.sent_at,
                    terms_version=command.terms_version,
                    internal_documents=command.internal_documents,
                    told_id=sent.sent_by,
                )
            ]
        case unhandled:
            assert_never(unhandled)


def accept_by_sign_up(command: AcceptBySignUp, invitation: Invitation) -> Decision:
    decision = accept(command.accept, invitation)
    if isinstance(decision, list):
        return decision
    if isinstance(invitation, NotSent | Forgotten):
        return []
    if command.accept.provider_id in invitation.missed:
        return []
    return [
        InvitationMissed(
            invitation_id=command.invitation_id,
            marketplace_id=invitation.sent.marketplace_id,
            marketplace_name=invitation.sent.marketplace_name,
            provider_id=command.accept.provider_id,
            told_id=command.accept.by,
            missed_at=command.accept.at,
        )
    ]


def withdraw(command: Withdraw, invitation: Invitation) -> Decision:
    match invitation:
        case NotSent() | Forgotten():
            return NoSuchInvitation()
        case Sent(sent=sent) | Accepted(sent=sent) | Withdrawn(sent=sent) if (
            sent.marketplace_id != command.marketplace_id
        ):
            return NoSuchInvitation()
        case Accepted():
            return InvitationUsed()
        case Withdrawn():
            return []
        case Sent(sent=sent):
            return [
                InvitationWithdrawn(
                    invitation_id=sent.invitation_id,
                    marketplace_id=sent.marketplace_id,
                    withdrawn_by=command.by,
                    withdrawn_at=command.at,
                )
            ]
        case unhandled:
            assert_never(unhandled)


def forget(command: ForgetInvitation, invitation: Invitation) -> Decision:
    match invitation:
        case NotSent():
            return NoSuchInvitation()
        case Forgotten(marketplace_id=owner):
            return [] if owner == command.marketplace_id else NoSuchInvitation()
        case Sent(sent=sent) | Accepted(sent=sent) | Withdrawn(sent=sent):
            if sent.marketplace_id != command.marketplace_id:
                return NoSuchInvitation()
            return [SubjectForgotten(invitation_id=command.invitation_id, forgotten_at=command.at)]
        case unhandled:
            assert_never(unhandled)
