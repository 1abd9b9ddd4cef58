"""The users of the organisation: one row a user."""

from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from typing import assert_never

from contracts.accounts.user_v1 import (
    AgreementSigned,
    DetailsChanged,
    EmailChanged,
    PhoneChanged,
    ProfileChanged,
    RolesChanged,
    SubjectForgotten,
    UserActivated,
    UserDeactivated,
    UserInvited,
    UserListed,
    contract,
)
from infra.consumers.views import OutOfOrder, View
from infra.reading import Table
from infra.searching import NO_WORDS, Words, filed_under, words

Reads = (
    UserInvited
    | AgreementSigned
    | UserListed
    | UserActivated
    | UserDeactivated
    | RolesChanged
    | ProfileChanged
    | DetailsChanged
    | EmailChanged
    | PhoneChanged
    | SubjectForgotten
)


class AccountStatus(StrEnum):
    """How far an account has come."""

    INVITED = "invited"
    SIGNED = "signed"
    """The agreement was received, and the account waits to be activated."""
    ACTIVE = "active"
    LISTED = "listed"
    """May be named as author or assignee, and does not sign in."""
    DEACTIVATED = "deactivated"


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """The texts are empty once the user is forgotten, and the address of who has none.

    `filed_under` is the name as it is put in order, `search` the words that find the user.
    """

    user_id: str
    organisation_id: str
    name: str
    email: str
    phone: str | None
    language: str
    roles: tuple[str, ...]
    invited_by: str
    invited_at: datetime
    filed_under: str
    search: Words
    status: str = "invited"
    agreement_file_id: str | None = None
    agreement_signed_on: date | None = None
    agreement_recorded_at: datetime | None = None
    activated_at: datetime | None = None
    deactivated_at: datetime | None = None
    forgotten: bool = False


def key(event: Reads) -> tuple[str]:
    return (event.user_id,)


def project(row: User | None, event: Reads) -> User:
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
        case UserListed():
            return replace(row, status="listed")
        case UserActivated():
            return replace(row, status="active", activated_at=event.activated_at)
        case UserDeactivated():
            return replace(row, status="deactivated", deactivated_at=event.deactivated_at)
        case RolesChanged():
            return replace(row, roles=tuple(role.name.lower() for role in event.roles))
        case ProfileChanged():
            return _found_by_its_words(replace(row, language=event.language, phone=event.phone))
        case DetailsChanged(name=name, email=email, phone=phone):
            told = replace(row, name=name, email=email or "", phone=phone)
            return _found_by_its_words(told)
        case SubjectForgotten():
            gone = replace(row, name="", email="", phone=None, forgotten=True)
            return _found_by_its_words(gone)
        case EmailChanged():
            return _found_by_its_words(replace(row, email=event.email))
        case PhoneChanged():
            return _found_by_its_words(replace(row, phone=event.phone))
        case unhandled:
            assert_never(unhandled)


def _found_by_its_words(row: User) -> User:
    search = words(row.name, row.email, row.phone or "")
    return replace(row, filed_under=filed_under(row.name), search=search)


def _invited(event: UserInvited) -> User:
    invited = User(
        user_id=event.user_id,
        organisation_id=event.organisation_id,
        name=event.name,
        email=event.email or "",
        phone=event.phone,
        language=event.language,
        roles=tuple(role.name.lower() for role in event.roles),
        invited_by=event.invited_by,
        invited_at=event.invited_at,
        filed_under="",
        search=NO_WORDS,
    )
    return _found_by_its_words(invited)


view = View(
    name="users",
    contract=contract,
    reads=Reads,
    row=User,
    primary_key=("user_id",),
    key=key,
    project=project,
    indexes=(
        "(organisation_id, agreement_recorded_at, user_id) where status = 'signed'",
        "(organisation_id, filed_under, user_id)",
        "(organisation_id, invited_at, user_id)",
    ),
)
users = Table(view, "users")
BY_NAME = users.order("by-name", "filed_under", "user_id")
