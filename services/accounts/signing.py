"""Signing in: who may, with what proof, and what ends it. The proofs themselves are secrets.

Passwords, codes and tokens are checked at the edge, where they are kept; here is what follows.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import assert_never

from contracts.accounts.user_v1 import (
    EmailChanged,
    EmailChangeRequested,
    PasswordMeans,
    PasswordResetRequested,
    PasswordSet,
    RecoveryCodesMade,
    Role,
    SessionEnd,
    SessionsEnded,
    SignedIn,
    TotpEnrolled,
    TotpRemoved,
)

GUARDED = frozenset({Role.ADMINISTRATION, Role.BILLING})
"""Roles that touch users or money: only a second factor opens them."""
ENROLLING = "enrolling"
"""The role of who has a guarded role, but no second factor yet: they may get one."""

# --- Commands ---------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class RequestPasswordReset:
    user_id: str
    organisation_id: str
    reset_link: str
    expires_at: datetime
    at: datetime


@dataclass(frozen=True, slots=True)
class SetPassword:
    """The new password was found good, and the proof for setting it as well."""

    user_id: str
    organisation_id: str
    means: PasswordMeans
    at: datetime


@dataclass(frozen=True, slots=True)
class EnrolTotp:
    """A code of the new second factor was right."""

    user_id: str
    organisation_id: str
    at: datetime


@dataclass(frozen=True, slots=True)
class MakeRecoveryCodes:
    """A code of the second factor was right, with its enrolment or since."""

    user_id: str
    organisation_id: str
    at: datetime


@dataclass(frozen=True, slots=True)
class RemoveTotp:
    user_id: str
    organisation_id: str
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class SignIn:
    """The password was right; `with_second_factor`: a code was as well."""

    user_id: str
    organisation_id: str
    session_id: str
    remembered: bool
    with_second_factor: bool
    at: datetime
    with_recovery_code: bool = False


@dataclass(frozen=True, slots=True)
class EndSessions:
    """One session, or all of them."""

    user_id: str
    organisation_id: str
    session_id: str | None
    reason: SessionEnd
    at: datetime


@dataclass(frozen=True, slots=True)
class RequestEmailChange:
    """Whether the address is free shows when it is confirmed: the answer tells nothing."""

    user_id: str
    organisation_id: str
    email: str
    link: str
    expires_at: datetime
    at: datetime


@dataclass(frozen=True, slots=True)
class ChangeEmail:
    """The link that went to the new address was opened."""

    user_id: str
    organisation_id: str
    at: datetime


EmailCommand = RequestEmailChange | ChangeEmail
FactorCommand = EnrolTotp | MakeRecoveryCodes | RemoveTotp
OtherCommand = RequestPasswordReset | SetPassword | FactorCommand | SignIn | EndSessions
Command = EmailCommand | OtherCommand

# --- Rejections -------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class NotActive:
    pass


@dataclass(frozen=True, slots=True)
class SecondFactorMissing:
    pass


@dataclass(frozen=True, slots=True)
class NoAddressToConfirm:
    pass


Rejection = NotActive | SecondFactorMissing | NoAddressToConfirm

# --- State ------------------------------------------------------------------

EmailEvent = EmailChangeRequested | EmailChanged
FactorEvent = TotpEnrolled | RecoveryCodesMade | TotpRemoved
OtherEvent = PasswordResetRequested | PasswordSet | FactorEvent | SignedIn | SessionsEnded
Event = EmailEvent | OtherEvent


@dataclass(frozen=True, slots=True)
class Addressee:
    """Who mails go to."""

    email: str
    name: str
    language: str


@dataclass(frozen=True, slots=True)
class Signing:
    """`last` is what happened last of each kind, so that a repeated command is no news."""

    enrolled: bool = False
    email: str | None = None
    """The address, once it was changed."""
    wanted: EmailChangeRequested | None = None
    last: frozenset[Event] = frozenset()


initial = Signing()


def evolve(signing: Signing, event: Event) -> Signing:
    last = frozenset(one for one in signing.last if type(one) is not type(event)) | {event}
    match event:
        case TotpEnrolled() | TotpRemoved():
            return replace(signing, enrolled=isinstance(event, TotpEnrolled), last=last)
        case EmailChangeRequested():
            return replace(signing, wanted=event, last=last)
        case EmailChanged():
            return replace(signing, email=event.email, wanted=None, last=last)
        case PasswordResetRequested() | PasswordSet() | SignedIn() | SessionsEnded():
            return replace(signing, last=last)
        case RecoveryCodesMade():
            return replace(signing, last=last)
        case unhandled:
            assert_never(unhandled)


def granted(roles: frozenset[Role], *, with_second_factor: bool) -> frozenset[str]:
    """The names an access token has of these roles; without a second factor no guarded ones."""
    if with_second_factor or not roles & GUARDED:
        return frozenset(role.name.lower() for role in roles)
    return frozenset(role.name.lower() for role in roles - GUARDED) | {ENROLLING}


# --- Decisions --------------------------------------------------------------


def decide(command: Command, signing: Signing, who: Addressee) -> list[Event] | Rejection:
    """What follows for an active user. A session that ends may be anybody's."""
    if isinstance(command, ChangeEmail):
        return change_email(command, signing)
    found = event(command, who)
    match command:
        case EnrolTotp() if signing.enrolled:
            return []
        case RemoveTotp() if not signing.enrolled:
            return []
        case MakeRecoveryCodes() if not signing.enrolled:
            return SecondFactorMissing()
        case SignIn(with_second_factor=False) if signing.enrolled:
            return SecondFactorMissing()
        case _:
            return [] if found in signing.last else [found]


def change_email(command: ChangeEmail, signing: Signing) -> list[Event] | Rejection:
    if (wanted := signing.wanted) is None:
        last = (one.changed_at for one in signing.last if isinstance(one, EmailChanged))
        return [] if command.at in last else NoAddressToConfirm()
    return [
        EmailChanged(
            user_id=wanted.user_id,
            organisation_id=wanted.organisation_id,
            email=wanted.new_email,
            changed_at=command.at,
        )
    ]


def event(command: RequestEmailChange | OtherCommand, who: Addressee) -> Event:
    user_id, organisation_id, at = command.user_id, command.organisation_id, command.at
    match command:
        case RequestPasswordReset():
            return PasswordResetRequested(
                user_id=user_id,
                organisation_id=organisation_id,
                email=who.email,
                name=who.name,
                language=who.language,
                reset_link=command.reset_link,
                expires_at=command.expires_at,
                requested_at=at,
            )
        case RequestEmailChange():
            return EmailChangeRequested(
                user_id=user_id,
                organisation_id=organisation_id,
                new_email=command.email,
                confirmation_link=command.link,
                expires_at=command.expires_at,
                requested_at=at,
            )
        case SetPassword():
            return PasswordSet(
                user_id=user_id, organisation_id=organisation_id, means=command.means, set_at=at
            )
        case EnrolTotp():
            return TotpEnrolled(user_id=user_id, organisation_id=organisation_id, enrolled_at=at)
        case MakeRecoveryCodes():
            return RecoveryCodesMade(user_id=user_id, organisation_id=organisation_id, made_at=at)
        case RemoveTotp():
            return TotpRemoved(
                user_id=user_id,
                organisation_id=organisation_id,
                removed_by=command.by,
                removed_at=at,
            )
        case SignIn():
            return SignedIn(
                user_id=user_id,
                organisation_id=organisation_id,
                session_id=command.session_id,
                remembered=command.remembered,
                with_second_factor=command.with_second_factor,
                signed_in_at=at,
                with_recovery_code=command.with_recovery_code,
            )
        case EndSessions():
            return SessionsEnded(
                user_id=user_id,
                organisation_id=organisation_id,
                session_id=command.session_id,
                reason=command.reason,
                ended_at=at,
            )
        case unhandled:
            assert_never(unhandled)
