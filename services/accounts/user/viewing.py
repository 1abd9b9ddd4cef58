"""A manager sees the platform as a role at a dealership would, and changes nothing."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from contracts.accounts.user_v1 import Role, RoleViewed, UserEvent
from services.accounts.user.dealerships import AT_A_DEALERSHIP, WITHOUT_PASSWORD

VIEWED = AT_A_DEALERSHIP - WITHOUT_PASSWORD
"""The roles that see something: technicians and auditors sign in nowhere (FLB-015)."""

# --- Commands ---------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class ViewRole:
    """Whether the user manages the dealership is decided before, where tokens are checked."""

    user_id: str
    organisation_id: str
    dealership_id: str
    role: Role
    until: datetime
    at: datetime


# --- Rejections -------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class RoleSeesNothing:
    """It is none that signs in at a dealership."""

    field: ClassVar[str] = "role"
    role: str


Rejection = RoleSeesNothing

# --- Decisions --------------------------------------------------------------


def view(command: ViewRole, known: RoleViewed | None) -> list[UserEvent] | Rejection:
    """While the same is looked at, no news."""
    if command.role not in VIEWED:
        return RoleSeesNothing(command.role.name.lower())
    if is_open(known, command):
        return []
    return [
        RoleViewed(
            user_id=command.user_id,
            organisation_id=command.organisation_id,
            dealership_id=command.dealership_id,
            role=command.role,
            viewed_until=command.until,
            viewed_at=command.at,
        )
    ]


def is_open(known: RoleViewed | None, command: ViewRole) -> bool:
    if known is None or command.at >= known.viewed_until:
        return False
    return (known.dealership_id, known.role) == (command.dealership_id, command.role)
