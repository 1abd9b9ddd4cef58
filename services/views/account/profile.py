"""The profile, licence and roles of a user: one row a user."""

from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from typing import Annotated, assert_never

from contracts.accounts.user_v1 import (
    AgreementSigned,
    EmailChanged,
    LicenceChanged,
    ProfileChanged,
    Role,
    RolesChanged,
    SubjectForgotten,
    TotpEnrolled,
    TotpRemoved,
    UserActivated,
    UserDeactivated,
    UserInvited,
    contract,
)
from infra.consumers.views import OutOfOrder, View
from infra.http.answers import Answer, Answered, Router
from infra.http.models import Day, Named
from infra.http.problems import Problem
from infra.http.request_context import RequestContext, requires
from infra.reading import Table

Reads = (
    UserInvited
    | AgreementSigned
    | UserActivated
    | UserDeactivated
    | RolesChanged
    | ProfileChanged
    | LicenceChanged
    | EmailChanged
    | TotpEnrolled
    | TotpRemoved
    | SubjectForgotten
)


class AccountStatus(StrEnum):
    """How far an account has come."""

    INVITED = "invited"
    SIGNED = "signed"
    ACTIVE = "active"
    DEACTIVATED = "deactivated"


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """The latest facts about a user; an absent field is not known, or forgotten."""

    user_id: str
    organisation_id: str
    name: str
    email: str
    phone: str | None
    language: str
    roles: tuple[str, ...]
    status: str = "invited"
    agreement_signed_on: date | None = None
    second_factor: bool = False
    photo_file_id: str | None = None
    street: str | None = None
    postal_code: str | None = None
    city: str | None = None
    country: str | None = None
    licence_number: str | None = None
    licence_country: str | None = None
    licence_categories: tuple[str, ...] = ()
    licence_issued_on: date | None = None
    licence_expires_on: date | None = None


def key(event: Reads) -> tuple[str]:
    return (event.user_id,)


def project(row: Profile | None, event: Reads) -> Profile:
    if isinstance(event, UserInvited):
        return _invited(event)
    if row is None:
        raise OutOfOrder(event)
    match event:
        case AgreementSigned():
            status = "signed" if row.status == "invited" else row.status
            return replace(row, status=status, agreement_signed_on=event.signed_on)
        case UserActivated():
            return replace(row, status="active")
        case UserDeactivated():
            return replace(row, status="deactivated")
        case RolesChanged():
            return replace(row, roles=tuple(role.name.lower() for role in event.roles))
        case TotpEnrolled() | TotpRemoved():
            return replace(row, second_factor=isinstance(event, TotpEnrolled))
        case ProfileChanged():
            return _changed(row, event)
        case LicenceChanged():
            return _licensed(row, event)
        case SubjectForgotten():
            return _forgotten(row)
        case EmailChanged():
            return replace(row, email=event.email)
        case unhandled:
            assert_never(unhandled)


def _invited(event: UserInvited) -> Profile:
    return Profile(
        user_id=event.user_id,
        organisation_id=event.organisation_id,
        name=event.name,
        email=event.email or "",
        phone=event.phone,
        language=event.language,
        roles=tuple(role.name.lower() for role in event.roles),
    )


def _changed(row: Profile, event: ProfileChanged) -> Profile:
    return replace(
        row,
        language=event.language,
        phone=event.phone,
        photo_file_id=event.photo_file_id,
        street=event.street,
        postal_code=event.postal_code,
        city=event.city,
        country=event.country,
    )


def _licensed(row: Profile, event: LicenceChanged) -> Profile:
    return replace(
        row,
        licence_number=event.number,
        licence_country=event.country,
        licence_categories=event.categories,
        licence_issued_on=event.issued_on,
        licence_expires_on=event.expires_on,
    )


def _forgotten(row: Profile) -> Profile:
    return Profile(
        user_id=row.user_id,
        organisation_id=row.organisation_id,
        name="",
        email="",
        phone=None,
        language=row.language,
        roles=row.roles,
        status=row.status,
        agreement_signed_on=row.agreement_signed_on,
    )


view = View(
    name="profiles",
    contract=contract,
    reads=Reads,
    row=Profile,
    primary_key=("user_id",),
    key=key,
    project=project,
)

# --- The question -----------------------------------------------------------

profiles = Table(view, "profiles")


class ProfileShown(Answer):
    """The caller's own profile, with the driving licence."""

    user_id: str
    organisation_id: str
    name: str
    email: str
    phone: str | None
    language: str
    """BCP 47 tag of the language of mails."""
    roles: list[Annotated[Role, Named()]]
    status: AccountStatus
    """`signed`: the agreement was received, and the account waits to be activated."""
    agreement_signed_on: Day | None
    second_factor: bool
    """Whether a code of an authenticator app is asked for at the sign-in."""
    photo_file_id: str | None
    street: str | None
    postal_code: str | None
    city: str | None
    country: str | None
    licence_number: str | None
    licence_country: str | None
    licence_categories: list[str]
    licence_issued_on: Day | None
    licence_expires_on: Day | None


router = Router("Profile")
DriverContext = Annotated[RequestContext, requires("driver")]


@router.get("/profile")
async def my_profile(context: DriverContext) -> Answered[ProfileShown]:
    """The caller's own profile, with address, licence and roles."""
    mine = profiles.of(context.principal.organisation_id, user_id=context.principal.subject)
    row = await mine.one(context.pool)
    if row is None:
        raise Problem(404, "no-such-profile")
    return Answered(ProfileShown.of(row))
