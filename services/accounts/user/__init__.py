"""A user: invited, activated once the agreement is signed, changed, deactivated, forgotten."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import assert_never

from contracts.accounts.user_v1 import (
    AgreementSigned,
    CodeRefused,
    EmailChanged,
    EmailChangeRequested,
    LicenceChanged,
    PasswordResetRequested,
    PasswordSet,
    PhoneCodeRequested,
    PhoneFoundInUse,
    ProfileChanged,
    RecoveryCodesMade,
    Role,
    RolesAtDealership,
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
    UserListed,
)
from services.accounts import terms
from services.accounts.user import agreement, licence, profile, registration, sign_in
from services.accounts.user.agreement import RecordAgreement
from services.accounts.user.dealerships import OF_DEALERS, WITHOUT_PASSWORD
from services.accounts.user.licence import ChangeLicence
from services.accounts.user.profile import ChangeProfile
from services.accounts.user.registration import AdmitUser, RequestPhoneCode

# --- Commands ---------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class InviteUser:
    """Whether the address is free is decided before, where addresses are kept.

    `user_id` is the server's; it follows from the reference, where there is one.
    """

    user_id: str
    organisation_id: str
    reference: str | None = None
    email: str | None
    name: str
    language: str
    roles: tuple[Role, ...]
    phone: str | None
    by: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ActivateUser:
    user_id: str
    organisation_id: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class DeactivateUser:
    """`other_administrators` are those who could still sign in afterwards."""

    user_id: str
    organisation_id: str
    by: str
    other_administrators: int
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeRoles:
    """`other_administrators` as in DeactivateUser."""

    user_id: str
    organisation_id: str
    roles: tuple[Role, ...]
    by: str
    other_administrators: int
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ForgetUser:
    user_id: str
    organisation_id: str
    at: datetime


AccountCommand = ActivateUser | DeactivateUser | ChangeRoles | ForgetUser
PersonalCommand = RecordAgreement | ChangeProfile | ChangeLicence
Command = InviteUser | registration.Command | AccountCommand | PersonalCommand | sign_in.Command

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
    | sign_in.Rejection
    | terms.BadDay
)

# --- State ------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """The facts about a user from the invitation until they are forgotten."""

    invitation: UserInvited
    roles: frozenset[Role]
    dealerships: tuple[RolesAtDealership, ...] = ()
    """Where the roles of dealerships hold; `roles` has them all."""
    agreement: AgreementSigned | None = None
    profile: ProfileChanged | None = None
    licence: LicenceChanged | None = None
    credentials: sign_in.Credentials = sign_in.initial

    @property
    def user_id(self) -> str:
        return self.invitation.user_id

    @property
    def organisation_id(self) -> str:
        return self.invitation.organisation_id

    @property
    def name(self) -> str:
        return self.invitation.name

    @property
    def language(self) -> str:
        return self.profile.language if self.profile else self.invitation.language

    @property
    def email(self) -> str | None:
        return self.credentials.email or self.invitation.email

    @property
    def phone(self) -> str | None:
        return self.profile.phone if self.profile else self.invitation.phone

    @property
    def login(self) -> str:
        """The text that they are known by where they sign in: an address, or else a phone."""
        return self.email or self.invitation.phone or self.user_id


@dataclass(frozen=True, slots=True)
class Unknown:
    """`asked` is the code that somebody wanted last who is to become this user."""

    asked: PhoneCodeRequested | None = None


@dataclass(frozen=True, slots=True)
class Invited:
    """Has no credentials before the activation."""

    person: Person


@dataclass(frozen=True, slots=True)
class Active:
    person: Person

    @property
    def administers(self) -> bool:
        """Whether they keep the users of their organisation."""
        return Role.ADMINISTRATION in self.person.roles


@dataclass(frozen=True, slots=True)
class Listed:
    """May be named as author or assignee, and has no credentials: technicians and auditors
    (FLB-015)."""

    person: Person


@dataclass(frozen=True, slots=True)
class Deactivated:
    """May come back, and is then who they were."""

    person: Person


@dataclass(frozen=True, slots=True)
class Forgotten:
    organisation_id: str


Account = Invited | Listed | Active | Deactivated
User = Unknown | Account | Forgotten

initial: User = Unknown()


def organisation_of(user: Account | Forgotten) -> str:
    return user.organisation_id if isinstance(user, Forgotten) else user.person.organisation_id


def evolve(user: User, event: UserEvent) -> User:
    """Take history as recorded: a rule added today must not break yesterday's events."""
    if isinstance(event, UserInvited):
        return Invited(
            Person(invitation=event, roles=frozenset(event.roles), dealerships=event.dealerships)
        )
    if isinstance(event, PhoneCodeRequested):
        return Unknown(event) if isinstance(user, Unknown) else user
    if isinstance(user, Unknown | Forgotten):
        return user
    person = user.person
    match event:
        case UserActivated():
            return Active(person)
        case UserListed():
            return Listed(person)
        case UserDeactivated():
            return Deactivated(person)
        case SubjectForgotten():
            return Forgotten(person.organisation_id)
        case AgreementSigned():
            return replace(user, person=replace(person, agreement=event))
        case RolesChanged():
            changed = replace(person, roles=frozenset(event.roles), dealerships=event.dealerships)
            return replace(user, person=changed)
        case ProfileChanged():
            return replace(user, person=replace(person, profile=event))
        case LicenceChanged():
            return replace(user, person=replace(person, licence=event))
        case (
            EmailChangeRequested()
            | EmailChanged()
            | PasswordResetRequested()
            | PasswordSet()
            | TotpEnrolled()
            | RecoveryCodesMade()
            | TotpRemoved()
            | CodeRefused()
            | SignedIn()
            | SessionsEnded()
            | PhoneFoundInUse()
        ):
            credentials = sign_in.evolve(person.credentials, event)
            return replace(user, person=replace(person, credentials=credentials))
        case unhandled:
            assert_never(unhandled)


# --- Decisions --------------------------------------------------------------

Decision = list[UserEvent] | Rejection


def decide(command: Command, user: User) -> Decision:
    """New facts, an empty list when they are already recorded, or the rule that says no."""
    if isinstance(command, InviteUser):
        return invite(command, user)
    if isinstance(command, RequestPhoneCode):
        return request_code(command, user)
    if isinstance(command, AdmitUser):
        return admit(command, user)
    if isinstance(user, Unknown) or organisation_of(user) != command.organisation_id:
        return NoSuchUser()
    if isinstance(user, Forgotten):
        return [] if isinstance(command, ForgetUser) else UserIsForgotten()
    return decide_for_account(command, user)


def decide_for_account(
    command: AccountCommand | PersonalCommand | sign_in.Command, user: Account
) -> Decision:
    """Decides what may be asked in any situation; `decide_for_active` decides the rest."""
    match command:
        case RecordAgreement():
            return agreement.record(command, user.person.agreement)
        case ActivateUser():
            return activate(command, user)
        case DeactivateUser():
            return deactivate(command, user)
        case ChangeRoles():
            return change_roles(command, user)
        case ForgetUser():
            return [SubjectForgotten(user_id=command.user_id, forgotten_at=command.at)]
        case sign_in.EndSessions():
            return sign_in.end_sessions(command, user.person.credentials)
        case sign_in.NotePhoneInUse():
            return sign_in.note_phone_in_use(command, user.person.credentials)
        case _:
            return decide_for_active(command, user)


def decide_for_active(
    command: ChangeProfile | ChangeLicence | sign_in.ActiveCommand, user: Account
) -> Decision:
    """Nobody signs in, or keeps a profile, before the activation and after the deactivation."""
    if not isinstance(user, Active):
        return sign_in.NotActive()
    person = user.person
    match command:
        case ChangeProfile():
            return profile.change(command, person.profile)
        case ChangeLicence():
            return licence.change(command, person.licence)
        case _:
            return sign_in.decide(command, person.credentials, addressee(person))


def addressee(person: Person) -> sign_in.Addressee:
    return sign_in.Addressee(email=person.email, name=person.name, language=person.language)


def invite(command: InviteUser, user: User) -> Decision:
    match user:
        case Unknown():
            return [invitation(command)] if command.roles else RolesMissing()
        case Invited(person) | Listed(person) | Active(person) | Deactivated(person):
            known = replace(person.invitation, invited_by=command.by, invited_at=command.at)
            return [] if known == invitation(command) else UserIdTaken(command.user_id)
        case Forgotten(organisation_id=owner) if owner == command.organisation_id:
            return UserIsForgotten()
        case Forgotten():
            return UserIdTaken(command.user_id)
        case unhandled:
            assert_never(unhandled)


def request_code(command: RequestPhoneCode, user: User) -> Decision:
    """Only who is not a user yet registers."""
    if not isinstance(user, Unknown):
        return UserIdTaken(command.user_id)
    requested = registration.requested(command)
    return [] if user.asked == requested else [requested]


def admit(command: AdmitUser, user: User) -> Decision:
    """Somebody is invited and active at once; the same again is no news."""
    match user:
        case Unknown():
            return registration.admitted(command) if command.roles else RolesMissing()
        case Invited(person) | Listed(person) | Active(person) | Deactivated(person):
            known = replace(person.invitation, invited_by=command.by, invited_at=command.at)
            return [] if known == registration.invited(command) else UserIdTaken(command.user_id)
        case Forgotten():
            return UserIsForgotten()
        case unhandled:
            assert_never(unhandled)


def invitation(command: InviteUser) -> UserInvited:
    return UserInvited(
        user_id=command.user_id,
        organisation_id=command.organisation_id,
        email=command.email,
        name=command.name,
        language=command.language,
        roles=tuple(sorted(set(command.roles))),
        phone=command.phone,
        invited_by=command.by,
        invited_at=command.at,
        reference=command.reference,
        dealerships=(),
        at_once=None,
    )


def activate(command: ActivateUser, user: Account) -> Decision:
    match user:
        case Active() | Listed():
            return []
        case Invited(person) | Deactivated(person) if person.roles <= WITHOUT_PASSWORD:
            return [
                UserListed(
                    user_id=command.user_id,
                    organisation_id=command.organisation_id,
                    listed_at=command.at,
                )
            ]
        case Invited(person) | Deactivated(person):
            if Role.DRIVER in person.roles and person.agreement is None:
                return AgreementMissing()
            return [
                UserActivated(
                    user_id=command.user_id,
                    organisation_id=command.organisation_id,
                    email=person.email,
                    name=person.name,
                    language=person.language,
                    roles=tuple(sorted(person.roles)),
                    activated_at=command.at,
                    phone=person.phone,
                )
            ]
        case unhandled:
            assert_never(unhandled)


def deactivate(command: DeactivateUser, user: Account) -> Decision:
    match user:
        case Deactivated():
            return []
        case Active() if user.administers and not command.other_administrators:
            return LastAdministrator()
        case Invited() | Listed() | Active():
            return [
                UserDeactivated(
                    user_id=command.user_id,
                    organisation_id=command.organisation_id,
                    deactivated_by=command.by,
                    deactivated_at=command.at,
                )
            ]
        case unhandled:
            assert_never(unhandled)


def change_roles(command: ChangeRoles, user: Account) -> Decision:
    person = user.person
    # Those of dealers are granted, and taken away, where they hold.
    wanted = frozenset(command.roles) | (person.roles & OF_DEALERS)
    if wanted == person.roles:
        return []
    if not wanted:
        return RolesMissing()
    if isinstance(user, Active) and (bad := bad_roles_of_active(command, user)):
        return bad
    return [
        RolesChanged(
            user_id=command.user_id,
            organisation_id=command.organisation_id,
            roles=tuple(sorted(wanted)),
            changed_by=command.by,
            changed_at=command.at,
            dealerships=person.dealerships,
        ),
    ]


def bad_roles_of_active(
    command: ChangeRoles, user: Active
) -> LastAdministrator | AgreementMissing | None:
    """Why a user who may sign in cannot have these roles. Others are asked at the activation."""
    wanted, person = frozenset(command.roles), user.person
    loses = user.administers and Role.ADMINISTRATION not in wanted
    if loses and not command.other_administrators:
        return LastAdministrator()
    becomes_driver = Role.DRIVER in wanted - person.roles
    return AgreementMissing() if becomes_driver and person.agreement is None else None
