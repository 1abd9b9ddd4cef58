"""The people of dealerships: their roles hold at each of them, or for the whole group (G-32)."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from contracts.accounts.user_v1 import Role, RolesAtDealership, UserInvited

AT_A_DEALERSHIP = frozenset(
    {
        Role.DEALERSHIP_MANAGER,
        Role.ADMINISTRATIVE_AGENT,
        Role.SALES_REPRESENTATIVE,
        Role.TECHNICIAN,
        Role.AUDITOR,
        Role.AUDIT_MANAGER,
    }
)
"""The roles that hold where they were granted, and nowhere else."""
OF_DEALERS = AT_A_DEALERSHIP | {Role.GROUP_MANAGER}
WITHOUT_PASSWORD = frozenset({Role.TECHNICIAN, Role.AUDITOR})
"""A user with no other role has no password, and does not sign in (FLB-015)."""
MOST_DEALERSHIPS = 20
"""An access token tells where its roles hold; who is at more of them is a group manager."""


@dataclass(frozen=True, slots=True)
class OtherManagers:
    """The others who could still manage: at these dealerships, or at each of the organisation."""

    at: frozenset[str] = frozenset()
    everywhere: bool = False


NOBODY_ELSE = OtherManagers()

# --- Commands ---------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class AddDealershipUser:
    """Whether the address is free is decided before, where addresses are kept. `dealerships` are
    such of the organisation, each at most once."""

    user_id: str
    organisation_id: str
    reference: str | None = None
    email: str | None
    name: str
    language: str
    phone: str | None
    dealerships: tuple[RolesAtDealership, ...]
    by: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeRolesAtDealership:
    """The user is to have these roles at the dealership, none to have none there."""

    user_id: str
    organisation_id: str
    dealership_id: str
    roles: tuple[Role, ...]
    by: str
    other_managers: OtherManagers
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeGroupManager:
    """The operator of the platform makes somebody a group manager, or takes that back."""

    user_id: str
    organisation_id: str
    manages: bool
    by: str
    other_managers: OtherManagers
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeDetails:
    """Whether the address is free is decided before, as in AddDealershipUser."""

    user_id: str
    organisation_id: str
    name: str
    email: str | None
    phone: str | None
    by: str
    at: datetime


RolesCommand = ChangeRolesAtDealership | ChangeGroupManager
Command = RolesCommand | ChangeDetails

# --- Rejections -------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class AddressMissing:
    """The invitation of somebody who signs in goes to their address."""

    field: ClassVar[str] = "email"


@dataclass(frozen=True, slots=True)
class AddressProved:
    """An address that its owner has proved is changed by them alone."""


@dataclass(frozen=True, slots=True)
class LastManager:
    """Nobody else could manage the dealership (G-31)."""


@dataclass(frozen=True, slots=True)
class RolesNotOfDealerships:
    """These roles are not granted at a dealership."""

    field: ClassVar[str] = "roles"
    roles: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DealershipNamedTwice:
    field: ClassVar[str] = "dealerships"
    dealership_id: str


@dataclass(frozen=True, slots=True)
class TooManyDealerships:
    """With more of them, an access token would be larger than any that is taken."""

    most: int


Rejection = (
    AddressMissing
    | AddressProved
    | LastManager
    | RolesNotOfDealerships
    | DealershipNamedTwice
    | TooManyDealerships
)

# --- Rules ------------------------------------------------------------------


def roles_of(dealerships: Iterable[RolesAtDealership]) -> frozenset[Role]:
    return frozenset(role for one in dealerships for role in one.roles)


def bad_roles(roles: Iterable[Role]) -> RolesNotOfDealerships | None:
    """The roles among these that are not granted at a dealership, if there are any."""
    others = tuple(sorted(role.name.lower() for role in frozenset(roles) - AT_A_DEALERSHIP))
    return RolesNotOfDealerships(others) if others else None


def bad_places(
    dealerships: tuple[RolesAtDealership, ...],
) -> RolesNotOfDealerships | DealershipNamedTwice | None:
    """The fault of where somebody new is to have roles, if there is one."""
    for dealership_id, times in Counter(one.dealership_id for one in dealerships).items():
        if times > 1:
            return DealershipNamedTwice(dealership_id)
    return bad_roles(roles_of(dealerships))


def managed(dealerships: Iterable[RolesAtDealership]) -> frozenset[str]:
    """The dealerships at which one is a manager."""
    return frozenset(
        one.dealership_id for one in dealerships if Role.DEALERSHIP_MANAGER in one.roles
    )


def with_roles_at(
    dealerships: Iterable[RolesAtDealership], dealership_id: str, roles: Iterable[Role]
) -> tuple[RolesAtDealership, ...]:
    """The same, with other roles at one dealership; in the order of their ids."""
    held = {one.dealership_id: one.roles for one in dealerships}
    held[dealership_id] = tuple(sorted(set(roles)))
    return tuple(
        RolesAtDealership(dealership_id=id, roles=held[id]) for id in sorted(held) if held[id]
    )


def invited(command: AddDealershipUser) -> UserInvited:
    dealerships: tuple[RolesAtDealership, ...] = ()
    for one in command.dealerships:
        dealerships = with_roles_at(dealerships, one.dealership_id, one.roles)
    return UserInvited(
        user_id=command.user_id,
        organisation_id=command.organisation_id,
        email=command.email,
        name=command.name,
        language=command.language,
        roles=tuple(sorted(roles_of(dealerships))),
        phone=command.phone,
        invited_by=command.by,
        invited_at=command.at,
        reference=command.reference,
        dealerships=dealerships,
        at_once=True,
    )
