"""Whose account waits to be activated? One row a user."""

from dataclasses import dataclass, replace
from datetime import date, datetime
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
class User:
    """`status`: invited, signed (to activate), active, deactivated. Forgotten, text is empty."""

    user_id: str
    organisation_id: str
    name: str
    email: str
    phone: str | None
    language: str
    roles: tuple[str, ...]
    invited_by: str
    invited_at: datetime
    status: str = "invited"
    agreement_file_id: str | None = None
    agreement_signed_on: date | None = None
    agreement_recorded_at: datetime | None = None
    activated_at: datetime | None = None
    deactivated_at: datetime | None = None
    forgotten: bool = False


def key(event: UserEvent) -> tuple[str] | None:
    match event:
        case SignedIn() | SessionsEnded() | PasswordSet() | PasswordResetRequested():
            return None
        case EmailChangeRequested() | RecoveryCodesMade():
            return None
        case EmailChanged():
            return (event.user_id,)
        case TotpEnrolled() | TotpRemoved() | LicenceChanged():
            return None
        case UserInvited() | AgreementSigned() | UserActivated() | UserDeactivated():
            return (event.user_id,)
        case RolesChanged() | ProfileChanged() | SubjectForgotten():
            return (event.user_id,)
        case unhandled:
            assert_never(unhandled)


def project(row: User | None, event: UserEvent) -> User:
    if isinstance(event, UserInvited):
        return _invited(event)
    if row is None:
        raise OutOfOrder(event)
    match event:
        case AgreementSigned():
            return replace(
                row,
                status="signed" if row.status == "invited" else row.status,
                agreement_file_id=event.file_id,
                agreement_signed_on=event.signed_on,
                agreement_recorded_at=event.recorded_at,
            )
        case UserActivated():
            return replace(row, status="active", activated_at=event.activated_at)
        case UserDeactivated():
            return replace(row, status="deactivated", deactivated_at=event.deactivated_at)
        case RolesChanged():
            return replace(row, roles=tuple(role.name.lower() for role in event.roles))
        case ProfileChanged():
            return replace(row, language=event.language, phone=event.phone)
        case SubjectForgotten():
            return replace(row, name="", email="", phone=None, forgotten=True)
        case EmailChanged():
            return replace(row, email=event.email)
        case SignedIn() | SessionsEnded() | PasswordSet() | PasswordResetRequested():
            return row
        case EmailChangeRequested() | RecoveryCodesMade():
            return row
        case TotpEnrolled() | TotpRemoved() | LicenceChanged():
            return row
        case unhandled:
            assert_never(unhandled)


def _invited(event: UserInvited) -> User:
    return User(
        user_id=event.user_id,
        organisation_id=event.organisation_id,
        name=event.name,
        email=event.email,
        phone=event.phone,
        language=event.language,
        roles=tuple(role.name.lower() for role in event.roles),
        invited_by=event.invited_by,
        invited_at=event.invited_at,
    )


view = View(
    name="users",
    contract=contract,
    row=User,
    primary_key=("user_id",),
    key=key,
    project=project,
    indexes=("(organisation_id, agreement_recorded_at, user_id) where status = 'signed'",),
)

# --- Queries ----------------------------------------------------------------

_COLUMNS = sql.SQL(", ").join(map(sql.Identifier, view.columns))


async def to_activate(
    pool: Pool, organisation_id: str, after: tuple[datetime, str] | None, limit: int
) -> list[User]:
    """Users whose signed agreement was received and who are not active, longest waiting first."""
    query = sql.SQL(
        "select {columns} from backoffice.users"
        " where organisation_id = %s and status = 'signed' and not forgotten"
        " and (%s::timestamptz is null or (agreement_recorded_at, user_id) > (%s, %s))"
        " order by agreement_recorded_at, user_id limit %s"
    ).format(columns=_COLUMNS)
    time, id = after or (None, "")
    async with pool.connection() as connection:
        cursor = connection.cursor(row_factory=view.row_factory)
        await cursor.execute(query, (organisation_id, time, time, id, limit))
        return await cursor.fetchall()
