"""Signing in: who may, with what proof, and what ends it.

Passwords, codes and tokens are secrets, checked where they are kept; here is what follows.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import ClassVar, assert_never

from contracts.accounts.user_v1 import (
    CodeRefused,
    EmailChanged,
    EmailChangeRequested,
    PasswordMeans,
    PasswordResetRequested,
    PasswordSet,
    PhoneChanged,
    PhoneChangeRequested,
    PhoneFoundInUse,
    RecoveryCodesMade,
    Role,
    RolesAtDealership,
    SessionEnd,
    SessionsEnded,
    SignedIn,
    TotpEnrolled,
    TotpRemoved,
    UserEvent,
)

GUARDED = frozenset(
    {
        Role.ADMINISTRATION,
        Role.BILLING,
        Role.DEALERSHIP_MANAGER,
        Role.GROUP_MANAGER,
        Role.MARKETPLACE_MANAGER,
    }
)
"""Roles that touch users or money: only a second factor opens them."""
ENROLLING = "enrolling"
"""The role of somebody with a guarded role and no second factor yet: they may get one."""
TOLD_EVERY = timedelta(hours=1)
"""How long after a wrong code was told the next ones are not."""

# --- Commands ---------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestPasswordReset:
    """`phone` is the number the link goes to, where it was asked for by phone."""

    user_id: str
    organisation_id: str
    reset_link: str
    expires_at: datetime
    at: datetime
    phone: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SetPassword:
    """The new password was found good, and the proof for setting it as well."""

    user_id: str
    organisation_id: str
    means: PasswordMeans
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class EnrolTotp:
    """A code of the new second factor was right."""

    user_id: str
    organisation_id: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class MakeRecoveryCodes:
    """A code of the second factor was right, with its enrolment or since."""

    user_id: str
    organisation_id: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoveTotp:
    user_id: str
    organisation_id: str
    by: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SignIn:
    """The password was right; `with_second_factor`: a code was as well."""

    user_id: str
    organisation_id: str
    session_id: str
    remembered: bool
    with_second_factor: bool
    at: datetime
    with_recovery_code: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RefuseCode:
    """The password was right, and the code of the second factor was wrong."""

    user_id: str
    organisation_id: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class EndSessions:
    """One session, or all of them."""

    user_id: str
    organisation_id: str
    session_id: str | None
    reason: SessionEnd
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestEmailChange:
    """Whether the address is free shows when it is confirmed: the answer tells nothing."""

    user_id: str
    organisation_id: str
    email: str
    link: str
    expires_at: datetime
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeEmail:
    """The link that went to the new address was opened."""

    user_id: str
    organisation_id: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestPhoneChange:
    """Nobody has the new number; its owner is sent the code."""

    user_id: str
    organisation_id: str
    phone: str
    code: str
    expires_at: datetime
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangePhone:
    """The code that went to this number was shown."""

    user_id: str
    organisation_id: str
    phone: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class NotePhoneInUse:
    """Somebody else wanted the user's phone for an account; perhaps it was the user."""

    user_id: str
    organisation_id: str
    phone: str
    at: datetime


FactorCommand = EnrolTotp | MakeRecoveryCodes | RemoveTotp | RefuseCode
AddressCommand = RequestEmailChange | RequestPhoneChange
ProvenCommand = RequestPasswordReset | AddressCommand | SetPassword | FactorCommand | SignIn
ActiveCommand = ChangeEmail | ChangePhone | ProvenCommand
Command = EndSessions | NotePhoneInUse | ActiveCommand

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


@dataclass(frozen=True, slots=True)
class SignsInWithoutPhone:
    """No phone is what the user signs in with."""


@dataclass(frozen=True, slots=True)
class PhoneIsYours:
    """The user signs in with that number."""

    field: ClassVar[str] = "phone"


@dataclass(frozen=True, slots=True)
class NoPhoneToConfirm:
    pass


Unconfirmed = NoAddressToConfirm | NoPhoneToConfirm
Rejection = NotActive | SecondFactorMissing | SignsInWithoutPhone | PhoneIsYours | Unconfirmed

# --- State ------------------------------------------------------------------

EmailEvent = EmailChangeRequested | EmailChanged
FactorEvent = TotpEnrolled | RecoveryCodesMade | TotpRemoved | CodeRefused
SessionEvent = SignedIn | SessionsEnded
AddressEvent = EmailEvent | PhoneChangeRequested | PhoneChanged | PhoneFoundInUse
Event = PasswordResetRequested | PasswordSet | AddressEvent | FactorEvent | SessionEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class Addressee:
    """The person mails go to."""

    email: str | None
    name: str
    language: str
    phone: str | None
    """The number that they sign in with, where they do."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """How somebody signs in, as far as events tell.

    `last` is what happened last of each kind, so that a repeated command is no news.
    """

    enrolled: bool = False
    email: str | None = None
    """The address, once it was changed."""
    wanted: EmailChangeRequested | None = None
    """The address to confirm."""
    phone: str | None = None
    """The number they sign in with, once it was changed."""
    wanted_phone: PhoneChangeRequested | None = None
    """The number to confirm."""
    last: frozenset[Event] = frozenset()


initial = Credentials()


def evolve(credentials: Credentials, event: Event) -> Credentials:
    """Take history as recorded: a rule added today must not break yesterday's events."""
    others = {one for one in credentials.last if type(one) is not type(event)}
    now = replace(credentials, last=frozenset({*others, event}))
    match event:
        case TotpEnrolled() | TotpRemoved():
            return replace(now, enrolled=isinstance(event, TotpEnrolled))
        case EmailChangeRequested():
            return replace(now, wanted=event)
        case EmailChanged():
            return replace(now, email=event.email, wanted=None)
        case PhoneChangeRequested():
            return replace(now, wanted_phone=event)
        case PhoneChanged():
            return replace(now, phone=event.phone, wanted_phone=None)
        case PasswordResetRequested() | PasswordSet() | RecoveryCodesMade() | CodeRefused():
            return now
        case SignedIn() | SessionsEnded() | PhoneFoundInUse():
            return now
        case unhandled:
            assert_never(unhandled)


def granted(roles: frozenset[Role], *, with_second_factor: bool) -> frozenset[str]:
    """The names an access token has of these roles; without a second factor no guarded ones.

    A group manager has the rights of a manager at every dealership (G-32).
    """
    held = roles | {Role.DEALERSHIP_MANAGER} if Role.GROUP_MANAGER in roles else roles
    if with_second_factor or not held & GUARDED:
        return frozenset(role.name.lower() for role in held)
    return frozenset(role.name.lower() for role in held - GUARDED) | {ENROLLING}


def granted_at(
    dealerships: Iterable[RolesAtDealership], roles: frozenset[str]
) -> Mapping[str, frozenset[str]]:
    """The dealerships at which each of the roles of an access token holds, for its claim."""
    held: dict[str, frozenset[str]] = {}
    for one in dealerships:
        for role in (role.name.lower() for role in one.roles):
            if role in roles:
                held[role] = held.get(role, frozenset()) | {one.dealership_id}
    return held


# --- Decisions --------------------------------------------------------------

Decision = list[UserEvent] | Rejection


def decide(command: ActiveCommand, credentials: Credentials, addressee: Addressee) -> Decision:
    """The events or the refusal for an active user."""
    match command:
        case ChangeEmail():
            return change_email(command, credentials)
        case RequestPhoneChange() if addressee.phone is None:
            return SignsInWithoutPhone()
        case RequestPhoneChange(phone=phone) if phone == addressee.phone:
            return PhoneIsYours()
        case ChangePhone():
            return change_phone(command, credentials, addressee)
        case EnrolTotp() if credentials.enrolled:
            return []
        case RemoveTotp() if not credentials.enrolled:
            return []
        case MakeRecoveryCodes() if not credentials.enrolled:
            return SecondFactorMissing()
        case SignIn(with_second_factor=False) if credentials.enrolled:
            return SecondFactorMissing()
        case RefuseCode() if was_told(credentials, command.at):
            return []
        case _:
            return unless_repeated(event_of(command, addressee), credentials)


def has_set_password(credentials: Credentials) -> bool:
    """Whether they have proved, by a link or otherwise, how they sign in."""
    return any(isinstance(one, PasswordSet) for one in credentials.last)


def was_told(credentials: Credentials, at: datetime) -> bool:
    """Whether the owner was told of a wrong code not long before."""
    told = (one.refused_at for one in credentials.last if isinstance(one, CodeRefused))
    return any(at < moment + TOLD_EVERY for moment in told)


def unless_repeated(event: Event, credentials: Credentials) -> list[UserEvent]:
    return [] if event in credentials.last else [event]


def end_sessions(command: EndSessions, credentials: Credentials) -> list[UserEvent]:
    """Sessions may be ended whatever the user's situation."""
    ended = SessionsEnded(
        user_id=command.user_id,
        organisation_id=command.organisation_id,
        session_id=command.session_id,
        reason=command.reason,
        ended_at=command.at,
    )
    return unless_repeated(ended, credentials)


def note_phone_in_use(command: NotePhoneInUse, credentials: Credentials) -> list[UserEvent]:
    """The user is told, whatever their situation."""
    found = PhoneFoundInUse(
        user_id=command.user_id,
        organisation_id=command.organisation_id,
        phone=command.phone,
        found_at=command.at,
    )
    return unless_repeated(found, credentials)


def change_email(command: ChangeEmail, credentials: Credentials) -> Decision:
    if (wanted := credentials.wanted) is None:
        last = (one.changed_at for one in credentials.last if isinstance(one, EmailChanged))
        return [] if command.at in last else NoAddressToConfirm()
    return [
        EmailChanged(
            user_id=wanted.user_id,
            organisation_id=wanted.organisation_id,
            email=wanted.new_email,
            changed_at=command.at,
        )
    ]


def change_phone(command: ChangePhone, credentials: Credentials, addressee: Addressee) -> Decision:
    """The number that was wanted last is the one to confirm, also for who read an earlier one."""
    wanted = credentials.wanted_phone
    if wanted is None or wanted.new_phone != command.phone or addressee.phone is None:
        done = [one for one in credentials.last if isinstance(one, PhoneChanged)]
        repeated = any((one.phone, one.changed_at) == (command.phone, command.at) for one in done)
        return [] if repeated else NoPhoneToConfirm()
    return [
        PhoneChanged(
            user_id=command.user_id,
            organisation_id=command.organisation_id,
            phone=command.phone,
            former_phone=addressee.phone,
            changed_at=command.at,
        )
    ]


def event_of(command: ProvenCommand, addressee: Addressee) -> Event:
    """The event that a command leads to where no rule says no."""
    user_id, organisation_id, at = command.user_id, command.organisation_id, command.at
    match command:
        case RequestPasswordReset():
            return PasswordResetRequested(
                user_id=user_id,
                organisation_id=organisation_id,
                email=addressee.email,
                name=addressee.name,
                language=addressee.language,
                reset_link=command.reset_link,
                expires_at=command.expires_at,
                requested_at=at,
                phone=command.phone,
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
        case RequestPhoneChange():
            return PhoneChangeRequested(
                user_id=user_id,
                organisation_id=organisation_id,
                new_phone=command.phone,
                code=command.code,
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
        case RefuseCode():
            return CodeRefused(user_id=user_id, organisation_id=organisation_id, refused_at=at)
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
        case unhandled:
            assert_never(unhandled)
