"""Who am I to the platform, and what may I do? One row a user."""

from dataclasses import dataclass, replace
from datetime import date
from typing import assert_never

from psycopg import sql

from contracts.accounts.user_v1 import (
    AgreementSigned,
    EmailChanged,
    EmailChangeRequested,
    LicenceChanged,
    PasswordResetRequested,
    PasswordSet,
    ProfileChanged,
    RecoveryCodesMade,
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
    contract,
)
from infra.consumers.views import OutOfOrder, View
from infra.store.postgres import Pool


@dataclass(frozen=True, slots=True)
class Profile:
    """`status`: invited, signed, active, deactivated. What is absent is not known, or forgotten."""

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


def key(event: UserEvent) -> tuple[str] | None:
    match event:
        case SignedIn() | SessionsEnded() | PasswordSet() | PasswordResetRequested():
            return None
        case EmailChangeRequested() | RecoveryCodesMade():
            return None
        case EmailChanged():
            return (event.user_id,)
        case UserInvited() | AgreementSigned() | UserActivated() | UserDeactivated():
            return (event.user_id,)
        case RolesChanged() | ProfileChanged() | LicenceChanged():
            return (event.user_id,)
        case TotpEnrolled() | TotpRemoved() | SubjectForgotten():
            return (event.user_id,)
        case unhandled:
            assert_never(unhandled)


def project(row: Profile | None, event: UserEvent) -> Profile:
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
        case SignedIn() | SessionsEnded() | PasswordSet() | PasswordResetRequested():
            return row
        case EmailChangeRequested() | RecoveryCodesMade():
            return row
        case unhandled:
            assert_never(unhandled)


def _invited(event: UserInvited) -> Profile:
    return Profile(
        user_id=event.user_id,
        organisation_id=event.organisation_id,
        name=event.name,
        email=event.email,
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
    row=Profile,
    primary_key=("user_id",),
    key=key,
    project=project,
)

# --- Queries ----------------------------------------------------------------

_COLUMNS = sql.SQL(", ").join(map(sql.Identifier, view.columns))


async def profile_of(pool: Pool, organisation_id: str, user_id: str) -> Profile | None:
    """The account of a user; None in another organisation."""
    query = sql.SQL(
        "select {columns} from account.profiles where organisation_id = %s and user_id = %s"
    ).format(columns=_COLUMNS)
    async with pool.connection() as connection:
        cursor = connection.cursor(row_factory=view.row_factory)
        await cursor.execute(query, (organisation_id, user_id))
        return await cursor.fetchone()
