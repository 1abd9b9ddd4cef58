"""The people who can be named as author or assignee at a dealership: one row a user (FLB-050)."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import assert_never

from contracts.accounts.user_v1 import (
    RolesAtDealership,
    RolesChanged,
    SubjectForgotten,
    UserActivated,
    UserDeactivated,
    UserInvited,
    UserListed,
    contract,
)
from infra.consumers.views import OutOfOrder, View
from infra.reading import Rows, Table

Reads = UserInvited | UserListed | UserActivated | UserDeactivated | RolesChanged | SubjectForgotten


@dataclass(frozen=True, slots=True)
class RolesAt:
    """The roles of somebody at a dealership."""

    dealership_id: str
    roles: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """`nameable`: whether they are active, or listed without ever signing in (FLB-015); neither
    who was only invited nor who was deactivated is (G-31). The name is empty once forgotten."""

    user_id: str
    organisation_id: str
    name: str
    nameable: bool
    dealership_ids: tuple[str, ...]
    places: tuple[RolesAt, ...]


def key(event: Reads) -> tuple[str]:
    return (event.user_id,)


def project(row: Row | None, event: Reads) -> Row:
    if isinstance(event, UserInvited):
        return _at(
            Row(
                user_id=event.user_id,
                organisation_id=event.organisation_id,
                name=event.name,
                nameable=False,
                dealership_ids=(),
                places=(),
            ),
            event.dealerships,
        )
    if row is None:
        raise OutOfOrder(event)
    match event:
        case UserListed() | UserActivated():
            return replace(row, nameable=True)
        case UserDeactivated():
            return replace(row, nameable=False)
        case RolesChanged():
            return _at(row, event.dealerships)
        case SubjectForgotten():
            return replace(row, name="", nameable=False)
        case unhandled:
            assert_never(unhandled)


def _at(row: Row, dealerships: Iterable[RolesAtDealership]) -> Row:
    places = tuple(
        RolesAt(one.dealership_id, tuple(role.name.lower() for role in one.roles))
        for one in dealerships
    )
    return replace(row, places=places, dealership_ids=tuple(one.dealership_id for one in places))


view = View(
    name="colleagues",
    contract=contract,
    reads=Reads,
    row=Row,
    primary_key=("user_id",),
    key=key,
    project=project,
    indexes=("(organisation_id, user_id)",),
)
colleagues = Table(view, "colleagues")
BY_ID = colleagues.order("by-id", "user_id")


def at_dealership(organisation_id: str, dealership_id: str) -> Rows[Row]:
    """Those who can be named at a dealership."""
    return colleagues.of(organisation_id).where(
        "nameable and %(dealership)s = any(dealership_ids)", dealership=dealership_id
    )
