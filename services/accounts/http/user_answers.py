"""A user as the API shows them to themselves and to staff, and the history of their account."""

from enum import StrEnum
from typing import Annotated, Literal, assert_never

from contracts.accounts import user_v1
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
    RolesChanged,
    RoleViewed,
    SessionsEnded,
    SignedIn,
    SubjectForgotten,
    TotpEnrolled,
    TotpRemoved,
    UserActivated,
    UserDeactivated,
    UserInvited,
    UserListed,
)
from infra.http.answers import Answer, PointShown
from infra.http.history import History
from infra.http.models import Day, Instant, Named
from services.accounts.user import Account, Active, Deactivated, Invited, Listed
from services.accounts.user.sign_in import GUARDED

UserRole = Annotated[Role, Named()]


class UserStatus(StrEnum):
    """How far an account has come; `listed` ones may be named and do not sign in."""

    INVITED = "invited"
    ACTIVE = "active"
    LISTED = "listed"
    DEACTIVATED = "deactivated"


class AgreementShown(Answer):
    """The signed service agreement."""

    user_id: str
    organisation_id: str
    file_id: str | None
    signed_on: Day
    recorded_at: Instant


class ProfileShown(Answer):
    user_id: str
    organisation_id: str
    language: str
    phone: str | None
    photo_file_id: str | None
    street: str | None
    postal_code: str | None
    city: str | None
    country: str | None
    location: PointShown | None
    changed_at: Instant


class LicenceShown(Answer):
    user_id: str
    organisation_id: str
    number: str
    country: str
    categories: list[str]
    issued_on: Day
    expires_on: Day | None
    changed_at: Instant


class SecondFactorShown(Answer):
    enrolled: bool
    needed: bool
    """Whether one of the roles counts only after a second factor was shown."""


class RolesAtDealershipShown(Answer):
    """The roles of a user at one dealership."""

    dealership_id: str
    roles: list[UserRole]


class RolesChangedShown(Answer):
    user_id: str
    organisation_id: str
    roles: list[UserRole]
    dealerships: list[RolesAtDealershipShown]
    changed_by: str
    changed_at: Instant


class InvitedShown(Answer):
    user_id: str
    organisation_id: str
    email: str | None
    name: str
    language: str
    roles: list[UserRole]
    dealerships: list[RolesAtDealershipShown]
    phone: str | None
    invited_by: str
    invited_at: Instant
    reference: str | None
    at_once: bool | None


class UserShown(Answer):
    status: UserStatus
    user_id: str
    organisation_id: str
    email: str
    """Empty where somebody signs in by phone alone."""
    name: str
    language: str
    """BCP 47 tag of the language of mails."""
    phone: str | None
    reference: str | None
    """The name that the organisation gives the user."""
    roles: list[UserRole]
    """All of them; those of dealerships hold where `dealerships` says."""
    dealerships: list[RolesAtDealershipShown]
    agreement: AgreementShown | None
    profile: ProfileShown | None
    """The profile that the user keeps; null until there is one."""
    licence: LicenceShown | None
    second_factor: SecondFactorShown


class LookShown(Answer):
    """A look as a role: this token changes nothing."""

    dealership_id: str
    role: UserRole
    role_name: str
    """As people call it, in the language of the answer."""
    banner: str
    """What a screen says for as long as it has this token, in the language of the answer."""


class OwnAccountShown(UserShown):
    """A user to themselves."""

    look: LookShown | None
    """Null with a token of one's own roles."""


class ForgottenUserShown(Answer):
    """Nothing is known any more of a user who asked to be forgotten."""

    status: Literal["forgotten"] = "forgotten"


def status_of(account: Account) -> UserStatus:
    match account:
        case Invited():
            return UserStatus.INVITED
        case Listed():
            return UserStatus.LISTED
        case Active():
            return UserStatus.ACTIVE
        case Deactivated():
            return UserStatus.DEACTIVATED
        case unhandled:
            assert_never(unhandled)


def user_shown(account: Account) -> UserShown:
    person = account.person
    return UserShown(
        status=status_of(account),
        user_id=person.user_id,
        organisation_id=person.organisation_id,
        email=person.email or "",
        name=person.name,
        language=person.language,
        phone=person.phone,
        reference=person.invitation.reference,
        roles=sorted(person.roles, key=lambda role: role.name),
        dealerships=[RolesAtDealershipShown.of(one) for one in person.dealerships],
        agreement=AgreementShown.of(person.agreement) if person.agreement else None,
        profile=ProfileShown.of(person.profile) if person.profile else None,
        licence=LicenceShown.of(person.licence) if person.licence else None,
        second_factor=SecondFactorShown(
            enrolled=person.credentials.enrolled, needed=bool(person.roles & GUARDED)
        ),
    )


class UserHistory(
    History,
    of=user_v1.contract,
    shows={
        UserInvited: InvitedShown,
        UserListed: ("user_id", "organisation_id", "listed_at"),
        AgreementSigned: AgreementShown,
        UserActivated: (
            "user_id",
            "organisation_id",
            "email",
            "name",
            "language",
            "roles",
            "phone",
            "activated_at",
        ),
        # The links of mails let their reader in as somebody else: they are not shown.
        PasswordResetRequested: (
            "user_id",
            "organisation_id",
            "email",
            "phone",
            "name",
            "language",
            "expires_at",
            "requested_at",
        ),
        # Nor are codes.
        PhoneCodeRequested: (
            "user_id",
            "organisation_id",
            "phone",
            "language",
            "expires_at",
            "requested_at",
        ),
        PhoneFoundInUse: ("user_id", "organisation_id", "phone", "found_at"),
        PhoneChangeRequested: (
            "user_id",
            "organisation_id",
            "new_phone",
            "expires_at",
            "requested_at",
        ),
        PhoneChanged: ("user_id", "organisation_id", "phone", "former_phone", "changed_at"),
        EmailChangeRequested: (
            "user_id",
            "organisation_id",
            "new_email",
            "expires_at",
            "requested_at",
        ),
        EmailChanged: ("user_id", "organisation_id", "email", "changed_at"),
        PasswordSet: ("user_id", "organisation_id", "means", "set_at"),
        TotpEnrolled: ("user_id", "organisation_id", "enrolled_at"),
        RecoveryCodesMade: ("user_id", "organisation_id", "made_at"),
        TotpRemoved: ("user_id", "organisation_id", "removed_by", "removed_at"),
        CodeRefused: ("user_id", "organisation_id", "refused_at"),
        RolesChanged: RolesChangedShown,
        DetailsChanged: (
            "user_id",
            "organisation_id",
            "name",
            "email",
            "phone",
            "language",
            "changed_by",
            "changed_at",
        ),
        ProfileChanged: ProfileShown,
        LicenceChanged: LicenceShown,
        RoleViewed: (
            *("user_id", "organisation_id", "dealership_id", "role", "viewed_until"),
            "viewed_at",
        ),
        SignedIn: (
            "user_id",
            "organisation_id",
            "session_id",
            "remembered",
            "with_second_factor",
            "with_recovery_code",
            "signed_in_at",
        ),
        SessionsEnded: ("user_id", "organisation_id", "session_id", "reason", "ended_at"),
        UserDeactivated: ("user_id", "organisation_id", "deactivated_by", "deactivated_at"),
        SubjectForgotten: ("user_id", "forgotten_at"),
    },
):
    """Every fact about an account, oldest first."""
