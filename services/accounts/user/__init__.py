"""A user: invited, activated once the agreement is signed, changed, deactivated, forgotten."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import assert_never

from contracts.accounts.user_v1 import (
    AgreementSigned,
    CodeRefused,
    DetailsChanged,
    EmailChanged,
    EmailChangeRequested,
    LicenceChanged,
    PasswordResetRequested,
    PasswordSet,
    PhoneChanged,
    PhoneChangeRequested,
    PhoneCodeRequested,
    PhoneFoundInUse,
    ProfileChanged,
    RecoveryCodesMade,
    Role,
    RolesAtDealership,
    RolesChanged,
    RoleViewed,
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
from services.accounts.user import (
    agreement,
    dealerships,
    licence,
    profile,
    registration,
    sign_in,
    viewing,
)
from services.accounts.user.agreement import RecordAgreement
from services.accounts.user.dealerships import (
    MOST_DEALERSHIPS,
    NOBODY_ELSE,
    OF_DEALERS,
    WITHOUT_PASSWORD,
    AddDealershipUser,
    AddressMissing,
    AddressProved,
    ChangeDetails,
    ChangeGroupManager,
    ChangeRolesAtDealership,
    LastManager,
    OtherManagers,
    TooManyDealerships,
)
from services.accounts.user.licence import ChangeLicence
from services.accounts.user.profile import ChangeProfile
from services.accounts.user.registration import AdmitUser, RequestPhoneCode
from services.accounts.user.viewing import ViewRole

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
    """`other_administrators` are those who could still sign in afterwards; so are
    `other_managers`."""

    user_id: str
    organisation_id: str
    by: str
    other_administrators: int
    at: datetime
    other_managers: OtherManagers = NOBODY_ELSE


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
PersonalCommand = RecordAgreement | ChangeProfile | ChangeLicence | ViewRole
Admission = InviteUser | AddDealershipUser | registration.Command
Command = Admission | AccountCommand | PersonalCommand | dealerships.Command | sign_in.Command

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
    | dealerships.Rejection
    | viewing.Rejection
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
    details: DetailsChanged | None = None
    profile: ProfileChanged | None = None
    licence: LicenceChanged | None = None
    viewed: RoleViewed | None = None
    """The role that they looked at last."""
    credentials: sign_in.Credentials = sign_in.initial

    @property
    def user_id(self) -> str:
        return self.invitation.user_id

    @property
    def organisation_id(self) -> str:
        return self.invitation.organisation_id

    @property
    def name(self) -> str:
        return (self.details or self.invitation).name

    @property
    def language(self) -> str:
        return self.profile.language if self.profile else self.invitation.language

    @property
    def email(self) -> str | None:
        return self.credentials.email or (self.details or self.invitation).email

    @property
    def phone(self) -> str | None:
        told = self.profile or self.details
        return told.phone if told else self.sign_in_phone

    @property
    def sign_in_phone(self) -> str | None:
        """The number that signs in, if one does. Nobody proved that of a profile."""
        return self.credentials.phone or self.invitation.phone

    @property
    def login(self) -> str:
        """The text that they are known by where they sign in: an address, or else a phone."""
        return self.email or self.sign_in_phone or self.user_id


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
        case DetailsChanged(phone=phone):
            known = replace(person.profile, phone=phone) if person.profile else None
            return replace(user, person=replace(person, details=event, profile=known))
        case LicenceChanged():
            return replace(user, person=replace(person, licence=event))
        case RoleViewed():
            return replace(user, person=replace(person, viewed=event))
        case PhoneChanged(phone=phone):
            details = replace(person.details, phone=phone) if person.details else None
            known = replace(person.profile, phone=phone) if person.profile else None
            credentials = sign_in.evolve(person.credentials, event)
            moved = replace(person, credentials=credentials, details=details, profile=known)
            return replace(user, person=moved)
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
            | PhoneChangeRequested()
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
    if isinstance(command, AddDealershipUser):
        return add(command, user)
    if isinstance(user, Unknown) or organisation_of(user) != command.organisation_id:
        return NoSuchUser()
    if isinstance(user, Forgotten):
        return [] if isinstance(command, ForgetUser) else UserIsForgotten()
    return decide_for_account(command, user)


def decide_for_account(
    command: AccountCommand | PersonalCommand | dealerships.Command | sign_in.Command, user: Account
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
        case ChangeRolesAtDealership() | ChangeGroupManager():
            return change_roles_of_dealers(command, user)
        case ChangeDetails():
            return change_details(command, user.person)
        case ForgetUser():
            return [SubjectForgotten(user_id=command.user_id, forgotten_at=command.at)]
        case sign_in.EndSessions():
            return sign_in.end_sessions(command, user.person.credentials)
        case sign_in.NotePhoneInUse():
            return sign_in.note_phone_in_use(command, user.person.credentials)
        case _:
            return decide_for_active(command, user)


def decide_for_active(
    command: ChangeProfile | ChangeLicence | ViewRole | sign_in.ActiveCommand, user: Account
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
        case ViewRole():
            return viewing.view(command, person.viewed)
        case _:
            return sign_in.decide(command, person.credentials, addressee(person))


def addressee(person: Person) -> sign_in.Addressee:
    return sign_in.Addressee(
        email=person.email,
        name=person.name,
        language=person.language,
        phone=person.sign_in_phone,
    )


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


def add(command: AddDealershipUser, user: User) -> Decision:
    """Somebody may work from now on: is let in, or listed where no role signs in (FLB-015)."""
    if bad := dealerships.bad_places(command.dealerships):
        return bad
    invited = dealerships.invited(command)
    match user:
        case Unknown():
            if not invited.roles:
                return RolesMissing()
            person = Person(invitation=invited, roles=frozenset(invited.roles))
            begun = begin(person, person.roles, command.at)
            return [invited, *begun] if isinstance(begun, list) else begun
        case Invited(person) | Listed(person) | Active(person) | Deactivated(person):
            known = replace(person.invitation, invited_by=command.by, invited_at=command.at)
            return [] if known == invited else UserIdTaken(command.user_id)
        case Forgotten():
            return UserIsForgotten()
        case unhandled:
            assert_never(unhandled)


def begin(person: Person, roles: frozenset[Role], at: datetime) -> list[UserEvent] | AddressMissing:
    """Somebody with these roles signs in, or is listed where none of them does."""
    if roles <= WITHOUT_PASSWORD:
        return [
            UserListed(user_id=person.user_id, organisation_id=person.organisation_id, listed_at=at)
        ]
    return [activated(person, roles, at)] if person.email else AddressMissing()


def activated(person: Person, roles: frozenset[Role], at: datetime) -> UserActivated:
    return UserActivated(
        user_id=person.user_id,
        organisation_id=person.organisation_id,
        email=person.email,
        name=person.name,
        language=person.language,
        roles=tuple(sorted(roles)),
        activated_at=at,
        phone=person.phone,
        has_password=None,
    )


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
        case Invited(person) | Deactivated(person):
            if Role.DRIVER in person.roles and person.agreement is None:
                return AgreementMissing()
            if person.roles <= OF_DEALERS:
                return begin(person, person.roles, command.at)
            return [activated(person, person.roles, command.at)]
        case unhandled:
            assert_never(unhandled)


def deactivate(command: DeactivateUser, user: Account) -> Decision:
    match user:
        case Deactivated():
            return []
        case Active() if user.administers and not command.other_administrators:
            return LastAdministrator()
        case Active() if leaves_unmanaged(user.person, command.other_managers):
            return LastManager()
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


# --- Dealerships ------------------------------------------------------------


def change_roles_of_dealers(
    command: ChangeRolesAtDealership | ChangeGroupManager, user: Account
) -> Decision:
    """Other roles at one dealership, or for the group. Who has none left that signs in keeps no
    credentials; who gets the first one is told like everybody whose account is opened."""
    person, at = user.person, command.at
    granted = command.roles if isinstance(command, ChangeRolesAtDealership) else ()
    if bad := dealerships.bad_roles(granted):
        return bad
    held, roles = after(command, person)
    if roles == person.roles and held == person.dealerships:
        return []
    if not roles:
        return RolesMissing()
    if len(held) > max(MOST_DEALERSHIPS, len(person.dealerships)):
        return TooManyDealerships(MOST_DEALERSHIPS)
    if isinstance(user, Active) and leaves_unmanaged(person, command.other_managers, held, roles):
        return LastManager()
    begun = begin(person, roles, at)
    if not isinstance(begun, list):
        return begun
    begins = isinstance(user, Listed | Active) and isinstance(user, Listed) != (
        roles <= WITHOUT_PASSWORD
    )
    changed = RolesChanged(
        user_id=command.user_id,
        organisation_id=command.organisation_id,
        roles=tuple(sorted(roles)),
        changed_by=command.by,
        changed_at=at,
        dealerships=held,
    )
    return [changed, *begun] if begins else [changed]


def after(
    command: ChangeRolesAtDealership | ChangeGroupManager, person: Person
) -> tuple[tuple[RolesAtDealership, ...], frozenset[Role]]:
    """Where the roles of dealerships hold afterwards, and all roles."""
    match command:
        case ChangeRolesAtDealership(dealership_id=dealership_id, roles=roles):
            held = dealerships.with_roles_at(person.dealerships, dealership_id, roles)
            others = person.roles - dealerships.AT_A_DEALERSHIP
            return held, others | dealerships.roles_of(held)
        case ChangeGroupManager(manages=manages):
            group = frozenset({Role.GROUP_MANAGER})
            return person.dealerships, person.roles | group if manages else person.roles - group
        case unhandled:
            assert_never(unhandled)


def leaves_unmanaged(
    person: Person,
    others: OtherManagers,
    held: tuple[RolesAtDealership, ...] = (),
    roles: frozenset[Role] = frozenset(),
) -> bool:
    """Whether nobody manages some dealership when the user has but these roles (G-31)."""
    if others.everywhere:
        return False
    if Role.GROUP_MANAGER in person.roles - roles:
        return True
    lost = dealerships.managed(person.dealerships) - dealerships.managed(held)
    return not lost <= others.at and Role.GROUP_MANAGER not in roles


def change_details(command: ChangeDetails, person: Person) -> Decision:
    if (command.name, command.email, command.phone) == (person.name, person.email, person.phone):
        return []
    if command.email != person.email and sign_in.has_set_password(person.credentials):
        return AddressProved()
    if command.email is None and not person.roles <= WITHOUT_PASSWORD:
        return AddressMissing()
    return [
        DetailsChanged(
            user_id=command.user_id,
            organisation_id=command.organisation_id,
            name=command.name,
            email=command.email,
            phone=command.phone,
            language=person.language,
            changed_by=command.by,
            changed_at=command.at,
        )
    ]
