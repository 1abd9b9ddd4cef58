"""A user: invited, activated once the agreement is signed, changed, deactivated."""

from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import Enum
from typing import assert_never

from contracts.accounts.user_v1 import (
    AgreementSigned,
    EmailChanged,
    EmailChangeRequested,
    LicenceChanged,
    PasswordResetRequested,
    PasswordSet,
    ProfileChanged,
    RecoveryCodesMade,
    Role,
    RolesChanged,
    SessionsEnded,
    SignedIn,
    SubjectForgotten,
    TotpEnrolled,
    TotpRemoved,
    UserActivated,
    UserDeactivated,
    UserEvent,
    UserInvited,
)
from services.accounts import signing, terms

# --- Commands ---------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class InviteUser:
    """Whether the address is free is decided beside, where addresses are kept."""

    invitation: UserInvited

    @property
    def organisation_id(self) -> str:
        return self.invitation.organisation_id


@dataclass(frozen=True, slots=True)
class Tell:
    """All there is to know of one matter from now on; what is absent is not known any more."""

    fact: "Fact"
    today: date

    @property
    def organisation_id(self) -> str:
        return self.fact.organisation_id


@dataclass(frozen=True, slots=True)
class ActivateUser:
    user_id: str
    organisation_id: str
    at: datetime


@dataclass(frozen=True, slots=True)
class DeactivateUser:
    """`other_administrators` are those who could still sign in afterwards."""

    user_id: str
    organisation_id: str
    by: str
    other_administrators: int
    at: datetime


@dataclass(frozen=True, slots=True)
class ChangeRoles:
    """`other_administrators` as in DeactivateUser."""

    user_id: str
    organisation_id: str
    roles: tuple[Role, ...]
    by: str
    other_administrators: int
    at: datetime


@dataclass(frozen=True, slots=True)
class ForgetUser:
    user_id: str
    organisation_id: str
    at: datetime


Fact = AgreementSigned | ProfileChanged | LicenceChanged
AccountCommand = Tell | ActivateUser | DeactivateUser | ChangeRoles | ForgetUser | signing.Command
Command = InviteUser | AccountCommand

# --- Rejections -------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class NoSuchUser:
    pass


@dataclass(frozen=True, slots=True)
class UserIdTaken:
    user_id: str


@dataclass(frozen=True, slots=True)
class UserIsForgotten:
    pass


@dataclass(frozen=True, slots=True)
class RolesMissing:
    pass


@dataclass(frozen=True, slots=True)
class AgreementMissing:
    pass


@dataclass(frozen=True, slots=True)
class LastAdministrator:
    pass


Rejection = (
    NoSuchUser
    | UserIdTaken
    | UserIsForgotten
    | RolesMissing
    | AgreementMissing
    | LastAdministrator
    | signing.Rejection
    | terms.BadDay
)

# --- State ------------------------------------------------------------------


class Status(Enum):
    INVITED = 1
    ACTIVE = 2
    DEACTIVATED = 3


@dataclass(frozen=True, slots=True)
class Unknown:
    pass


@dataclass(frozen=True, slots=True)
class Account:
    invitation: UserInvited
    roles: frozenset[Role]
    status: Status = Status.INVITED
    agreement: AgreementSigned | None = None
    profile: ProfileChanged | None = None
    licence: LicenceChanged | None = None
    access: signing.Signing = signing.initial

    @property
    def user_id(self) -> str:
        return self.invitation.user_id

    @property
    def organisation_id(self) -> str:
        return self.invitation.organisation_id

    @property
    def language(self) -> str:
        return self.profile.language if self.profile else self.invitation.language

    @property
    def email(self) -> str:
        return self.access.email or self.invitation.email

    @property
    def phone(self) -> str | None:
        return self.profile.phone if self.profile else self.invitation.phone

    @property
    def administers(self) -> bool:
        """Whether they keep the users of their organisation at present."""
        return self.status is Status.ACTIVE and Role.ADMINISTRATION in self.roles


@dataclass(frozen=True, slots=True)
class Forgotten:
    organisation_id: str


User = Unknown | Account | Forgotten

initial: User = Unknown()


def evolve(user: User, event: UserEvent) -> User:
    """Take history as recorded: a rule added today must not break yesterday's events."""
    if isinstance(event, UserInvited):
        return Account(event, frozenset(event.roles))
    if not isinstance(user, Account):
        return user
    match event:
        case AgreementSigned():
            return replace(user, agreement=event)
        case UserActivated():
            return replace(user, status=Status.ACTIVE)
        case UserDeactivated():
            return replace(user, status=Status.DEACTIVATED)
        case RolesChanged():
            return replace(user, roles=frozenset(event.roles))
        case ProfileChanged():
            return replace(user, profile=event)
        case LicenceChanged():
            return replace(user, licence=event)
        case SubjectForgotten():
            return Forgotten(user.organisation_id)
        case (
            EmailChangeRequested()
            | EmailChanged()
            | PasswordResetRequested()
            | PasswordSet()
            | TotpEnrolled()
            | RecoveryCodesMade()
            | TotpRemoved()
            | SignedIn()
            | SessionsEnded()
        ):
            return replace(user, access=signing.evolve(user.access, event))
        case unhandled:
            assert_never(unhandled)


# --- Decisions --------------------------------------------------------------

Decision = list[UserEvent] | Rejection


def decide(command: Command, user: User) -> Decision:
    """New facts, an empty list when they are already recorded, or the rule that says no."""
    if isinstance(command, InviteUser):
        return invite(command, user)
    if isinstance(user, Unknown) or command.organisation_id != user.organisation_id:
        return NoSuchUser()
    if isinstance(user, Forgotten):
        return [] if isinstance(command, ForgetUser) else UserIsForgotten()
    return decide_for_account(command, user)


def decide_for_account(command: AccountCommand, user: Account) -> Decision:
    match command:
        case Tell():
            return tell(command, user)
        case ActivateUser():
            return activate(command, user)
        case DeactivateUser():
            return deactivate(command, user)
        case ChangeRoles():
            return change_roles(command, user)
        case ForgetUser():
            return [SubjectForgotten(user_id=command.user_id, forgotten_at=command.at)]
        case _:
            return decide_signing(command, user)


def decide_signing(command: signing.Command, user: Account) -> Decision:
    """Nobody signs in, or is let in again, before the activation and after the deactivation."""
    if user.status is not Status.ACTIVE and not isinstance(command, signing.EndSessions):
        return signing.NotActive()
    who = signing.Addressee(user.email, user.invitation.name, user.language)
    decided = signing.decide(command, user.access, who)
    return list(decided) if isinstance(decided, list) else decided


def invite(command: InviteUser, user: User) -> Decision:
    invitation = command.invitation
    match user:
        case Unknown():
            return [invitation] if invitation.roles else RolesMissing()
        case Account(invitation=known):
            by, at = invitation.invited_by, invitation.invited_at
            same = replace(known, invited_by=by, invited_at=at) == invitation
            return [] if same else UserIdTaken(invitation.user_id)
        case Forgotten(organisation_id=owner) if owner == command.organisation_id:
            return UserIsForgotten()
        case Forgotten():
            return UserIdTaken(invitation.user_id)
        case unhandled:
            assert_never(unhandled)


def tell(command: Tell, user: Account) -> Decision:
    fact = command.fact
    if not isinstance(fact, AgreementSigned) and user.status is not Status.ACTIVE:
        return signing.NotActive()
    if bad := bad_day(fact, command.today):
        return bad
    return [] if is_known(fact, user) else [fact]


def bad_day(fact: Fact, today: date) -> terms.BadDay | None:
    match fact:
        case AgreementSigned():
            return terms.bad_issue("signed_on", fact.signed_on, today)
        case LicenceChanged():
            bad = terms.bad_issue("issued_on", fact.issued_on, today)
            return bad or terms.bad_end("expires_on", fact.expires_on, today)
        case ProfileChanged():
            return None
        case unhandled:
            assert_never(unhandled)


def is_known(fact: Fact, user: Account) -> bool:
    """Whether it is so already, whenever it was told."""
    match fact:
        case AgreementSigned(recorded_at=at):
            return user.agreement is not None and replace(user.agreement, recorded_at=at) == fact
        case ProfileChanged(changed_at=at):
            return user.profile is not None and replace(user.profile, changed_at=at) == fact
        case LicenceChanged(changed_at=at):
            return user.licence is not None and replace(user.licence, changed_at=at) == fact
        case unhandled:
            assert_never(unhandled)


def activate(command: ActivateUser, user: Account) -> Decision:
    if user.status is Status.ACTIVE:
        return []
    if Role.DRIVER in user.roles and user.agreement is None:
        return AgreementMissing()
    return [
        UserActivated(
            user_id=command.user_id,
            organisation_id=command.organisation_id,
            email=user.email,
            name=user.invitation.name,
            language=user.language,
            roles=tuple(sorted(user.roles)),
            activated_at=command.at,
            phone=user.phone,
        )
    ]


def deactivate(command: DeactivateUser, user: Account) -> Decision:
    if user.status is Status.DEACTIVATED:
        return []
    if user.administers and not command.other_administrators:
        return LastAdministrator()
    return [
        UserDeactivated(
            user_id=command.user_id,
            organisation_id=command.organisation_id,
            deactivated_by=command.by,
            deactivated_at=command.at,
        )
    ]


def change_roles(command: ChangeRoles, user: Account) -> Decision:
    wanted = frozenset(command.roles)
    if wanted == user.roles:
        return []
    if not wanted:
        return RolesMissing()
    loses = user.administers and Role.ADMINISTRATION not in wanted
    if loses and not command.other_administrators:
        return LastAdministrator()
    unsigned = user.status is Status.ACTIVE and user.agreement is None
    if unsigned and Role.DRIVER in wanted - user.roles:
        return AgreementMissing()
    roles = tuple(sorted(wanted))
    return [
        RolesChanged(
            user_id=command.user_id,
            organisation_id=command.organisation_id,
            roles=roles,
            changed_by=command.by,
            changed_at=command.at,
        ),
    ]
