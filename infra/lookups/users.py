"""Users, for the services that name one or may not wait until an access token ends.

An access token lives a few minutes after its session or its account has ended. What cannot be
taken back, like money and bank details, asks here: `Service(guard=users.refuse_ended)`.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import assert_never

from contracts.accounts import user_v1
from contracts.accounts.user_v1 import (
    PasswordSet,
    Role,
    RolesAtDealership,
    RolesChanged,
    SessionsEnded,
    SubjectForgotten,
    TotpRemoved,
    UserActivated,
    UserDeactivated,
    UserInvited,
    UserListed,
)
from infra.consumers.views import OutOfOrder, View
from infra.http.auth import Principal
from infra.http.problems import session_over, unknown_reference
from infra.http.request_context import RequestContext

Reads = (
    UserInvited
    | UserListed
    | UserActivated
    | UserDeactivated
    | RolesChanged
    | SessionsEnded
    | PasswordSet
    | TotpRemoved
    | SubjectForgotten
)
MOST_ENDED = 50
"""How many ended sessions of a user are remembered; their tokens have ended long before."""
MOST_FORMER = 50
"""How many former places of a user are remembered; a device is not offline for longer."""


@dataclass(frozen=True, slots=True)
class RolesAt:
    """The roles that a user has at a dealership."""

    dealership_id: str
    roles: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Former:
    """The roles that a user had at a dealership until a time."""

    dealership_id: str
    roles: tuple[str, ...]
    until: datetime


@dataclass(frozen=True, slots=True)
class User:
    """A user of an organisation, and what has ended of theirs."""

    user_id: str
    organisation_id: str
    roles: tuple[str, ...] = ()
    active: bool = False
    """Whether they may sign in."""
    closed: bool = False
    """Whether the account was deactivated, or forgotten."""
    sessions_over_at: datetime | None = None
    """When all sessions ended last; those that began before are over."""
    ended_sessions: tuple[str, ...] = ()
    """The sessions that ended alone, the last ones last."""
    dealerships: tuple[RolesAt, ...] = ()
    """Where the roles of dealerships hold; a group manager is one everywhere."""
    former: tuple[Former, ...] = ()
    """Where they held before, the last ones last; devices tell late of what was done then."""

    def roles_at(self, dealership_id: str, at: datetime) -> frozenset[str]:
        """The roles at a dealership at that time; those that came later as well."""
        now = () if self.closed else self.dealerships
        then = (one for one in self.former if at < one.until)
        known: tuple[RolesAt | Former, ...] = (*now, *then)
        there = (one for one in known if one.dealership_id == dealership_id)
        return frozenset(role for one in there for role in one.roles)


def key(event: Reads) -> tuple[str]:
    return (event.user_id,)


def project(row: User | None, event: Reads) -> User:
    if isinstance(event, UserInvited):
        roles = _names(event.roles)
        return User(
            user_id=event.user_id,
            organisation_id=event.organisation_id,
            roles=roles,
            dealerships=_places(event.dealerships),
        )
    if row is None:
        raise OutOfOrder(event)
    match event:
        case UserActivated():
            return replace(row, roles=_names(event.roles), active=True, closed=False)
        case UserListed():
            return replace(row, active=False, closed=False, sessions_over_at=event.listed_at)
        case UserDeactivated():
            ended_at = event.deactivated_at
            left = _left(row, (), ended_at)
            return replace(left, active=False, closed=True, sessions_over_at=ended_at)
        case SubjectForgotten():
            left = _left(row, (), event.forgotten_at)
            return replace(left, active=False, closed=True, sessions_over_at=event.forgotten_at)
        case RolesChanged():
            places = _places(event.dealerships)
            left = _left(row, places, event.changed_at)
            return replace(left, roles=_names(event.roles), dealerships=places)
        case PasswordSet():
            return replace(row, sessions_over_at=event.set_at)
        case TotpRemoved():
            return replace(row, sessions_over_at=event.removed_at)
        case SessionsEnded(session_id=None):
            return replace(row, sessions_over_at=event.ended_at)
        case SessionsEnded():
            others = tuple(one for one in row.ended_sessions if one != event.session_id)
            ended = (*others, event.session_id or "")[-MOST_ENDED:]
            return replace(row, ended_sessions=ended)
        case unhandled:
            assert_never(unhandled)


def _left(row: User, places: tuple[RolesAt, ...], at: datetime) -> User:
    """The user, who has roles at these places alone from then on."""
    if row.closed:
        return row
    gone = (Former(one.dealership_id, one.roles, at) for one in row.dealerships)
    left = (one for one in gone if RolesAt(one.dealership_id, one.roles) not in places)
    return replace(row, former=(*row.former, *left)[-MOST_FORMER:])


def _names(roles: Iterable[Role]) -> tuple[str, ...]:
    return tuple(role.name.lower() for role in roles)


def _places(dealerships: Iterable[RolesAtDealership]) -> tuple[RolesAt, ...]:
    return tuple(RolesAt(one.dealership_id, _names(one.roles)) for one in dealerships)


lookup = View(
    name="users",
    contract=user_v1.contract,
    reads=Reads,
    row=User,
    primary_key=("user_id",),
    key=key,
    project=project,
)


async def require(context: RequestContext, field: str, user_id: str) -> User:
    """The user of the caller's organisation whom a field of a command names.

    Raises the 422 `Problem` of the field where it names none.
    """
    user = await context.lookup(lookup, user_id)
    if user is None or user.organisation_id != context.principal.organisation_id or user.closed:
        raise unknown_reference(field, "user")
    return user


async def require_active(
    context: RequestContext, field: str, user_id: str, role: Role, *others: Role
) -> None:
    """Refuse a command whose field names nobody of the caller's organisation who may sign in and
    has that role, or one of the others.

    Raises the 422 `Problem` of the field.
    """
    user = await require(context, field, user_id)
    if not user.active or {*user.roles}.isdisjoint(_names((role, *others))):
        raise unknown_reference(field, role.name.lower())


async def require_at(
    context: RequestContext, field: str, user_id: str, dealership_id: str, *roles: Role
) -> None:
    """Refuse a command whose field names nobody of the caller's organisation who had one of these
    roles, or any when none is named, at that dealership when it was said: a device tells of it late
    (FLB-031). Technicians and auditors, who do not sign in, are somebody (FLB-015, FLB-050); who
    was deactivated before is nobody (G-31).

    Raises the 422 `Problem` of the field.
    """
    user = await context.lookup(lookup, user_id)
    if user is None or user.organisation_id != context.principal.organisation_id:
        raise unknown_reference(field, "user")
    wanted, held = _names(roles), user.roles_at(dealership_id, context.occurred_at)
    if not held or (wanted and held.isdisjoint(wanted)):
        raise unknown_reference(field, "user")


async def refuse_ended(context: RequestContext) -> None:
    """Refuse a caller whose account or session has ended, though the access token has not.

    Whoever accounts never told of is let in: what the token says is all there is to know.
    Raises a 401 `Problem`.
    """
    user = await context.lookup(lookup, context.principal.subject)
    if user is not None and (user.closed or is_over(user, context.principal)):
        raise session_over()


def is_over(user: User, principal: Principal) -> bool:
    """Whether the session of an access token is over."""
    if principal.session_id in user.ended_sessions:
        return True
    if user.sessions_over_at is None or principal.authenticated_at is None:
        return False
    return principal.authenticated_at <= user.sessions_over_at.timestamp()
