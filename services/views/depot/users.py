"""The people of a depot, whom tours and orders name: one row a user."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import assert_never

from contracts.accounts.user_v1 import (
    PhoneChanged,
    ProfileChanged,
    SubjectForgotten,
    UserInvited,
    contract,
)
from infra.consumers.views import OutOfOrder, View
from infra.http.answers import Answer
from infra.http.request_context import RequestContext
from infra.reading import Table

Reads = UserInvited | ProfileChanged | PhoneChanged | SubjectForgotten


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """The texts are empty once the user is forgotten."""

    user_id: str
    organisation_id: str
    name: str
    phone: str


def key(event: Reads) -> tuple[str]:
    return (event.user_id,)


def project(row: User | None, event: Reads) -> User:
    if isinstance(event, UserInvited):
        return User(
            user_id=event.user_id,
            organisation_id=event.organisation_id,
            name=event.name,
            phone=event.phone or "",
        )
    if row is None:
        raise OutOfOrder(event)
    match event:
        case ProfileChanged():
            return replace(row, phone=event.phone or "")
        case PhoneChanged():
            return replace(row, phone=event.phone)
        case SubjectForgotten():
            return replace(row, name="", phone="")
        case unhandled:
            assert_never(unhandled)


view = View(
    name="users",
    contract=contract,
    reads=Reads,
    row=User,
    primary_key=("user_id",),
    key=key,
    project=project,
)
users = Table(view, "users")
BY_ID = users.order("by-id", "user_id")

# --- Parts of answers -------------------------------------------------------


class PersonShown(Answer):
    """Somebody of the depot; the texts are empty when they are not known, or forgotten."""

    user_id: str
    name: str
    phone: str


async def people(context: RequestContext, ids: Iterable[str | None]) -> Mapping[str, PersonShown]:
    """Each of these users by id, also those whom nobody knows."""
    wanted = {id for id in ids if id is not None}
    mine = users.of(context.principal.organisation_id, user_id=wanted)
    known = {row.user_id: row for row in await mine.many(context.pool, BY_ID)}
    nobody = {id: PersonShown(user_id=id, name="", phone="") for id in wanted - known.keys()}
    return nobody | {id: PersonShown.of(row) for id, row in known.items()}
