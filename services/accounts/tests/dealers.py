"""Builders for the people of dealerships, and a group that has some."""

from typing import Any

import httpx

from contracts.accounts.organisation_v1 import OrganisationKind
from contracts.accounts.user_v1 import (
    DetailsChanged,
    Role,
    RolesAtDealership,
    RolesChanged,
    UserActivated,
    UserDeactivated,
    UserInvited,
    UserListed,
)
from contracts.dealerships.dealership_v1 import DealershipOpened
from infra.testing.following import follow
from services.accounts.aggregates import ORGANISATION
from services.accounts.organisation import RegisterOrganisation
from services.accounts.tests.make import NOON, context
from services.accounts.tests.registering import DEPOT
from services.accounts.tests.serving import Caller
from services.accounts.user import ActivateUser, DeactivateUser
from services.accounts.user.dealerships import (
    AddDealershipUser,
    ChangeDetails,
    ChangeGroupManager,
    ChangeRolesAtDealership,
    OtherManagers,
    roles_of,
)

MANAGER, AGENT, TECHNICIAN = Role.DEALERSHIP_MANAGER, Role.ADMINISTRATIVE_AGENT, Role.TECHNICIAN
NOBODY = OtherManagers()
Places = tuple[RolesAtDealership, ...]


def at(dealership_id: str, *roles: Role) -> RolesAtDealership:
    return RolesAtDealership(dealership_id=dealership_id, roles=roles)


def add(*places: RolesAtDealership, email: str | None = "tom@example.org") -> AddDealershipUser:
    return AddDealershipUser(
        user_id="tom",
        organisation_id="dreux",
        email=email,
        name="Tom Petit",
        language="fr",
        phone=None,
        dealerships=places,
        by="lea",
        at=NOON,
    )


def added(*places: RolesAtDealership, email: str | None = "tom@example.org") -> UserInvited:
    return UserInvited(
        user_id="tom",
        organisation_id="dreux",
        email=email,
        name="Tom Petit",
        language="fr",
        roles=tuple(sorted(roles_of(places))),
        phone=None,
        invited_by="lea",
        invited_at=NOON,
        reference=None,
        dealerships=places,
        at_once=True,
    )


def listed() -> UserListed:
    return UserListed(user_id="tom", organisation_id="dreux", listed_at=NOON)


def opened(*roles: Role) -> UserActivated:
    return UserActivated(
        user_id="tom",
        organisation_id="dreux",
        email="tom@example.org",
        name="Tom Petit",
        language="fr",
        roles=roles,
        activated_at=NOON,
        phone=None,
        has_password=None,
    )


def give(dealership_id: str, *roles: Role, others: OtherManagers = NOBODY) -> Any:
    return ChangeRolesAtDealership(
        user_id="tom",
        organisation_id="dreux",
        dealership_id=dealership_id,
        roles=roles,
        by="lea",
        other_managers=others,
        at=NOON,
    )


def given_roles(*places: RolesAtDealership, group: bool = False) -> RolesChanged:
    roles = roles_of(places) | ({Role.GROUP_MANAGER} if group else set())
    return RolesChanged(
        user_id="tom",
        organisation_id="dreux",
        roles=tuple(sorted(roles)),
        changed_by="lea",
        changed_at=NOON,
        dealerships=places,
    )


def lead(manages: bool = True, others: OtherManagers = NOBODY) -> ChangeGroupManager:
    return ChangeGroupManager(
        user_id="tom",
        organisation_id="dreux",
        manages=manages,
        by="lea",
        other_managers=others,
        at=NOON,
    )


def open_again() -> ActivateUser:
    return ActivateUser(user_id="tom", organisation_id="dreux", at=NOON)


def close(others: OtherManagers = NOBODY) -> DeactivateUser:
    return DeactivateUser(
        user_id="tom",
        organisation_id="dreux",
        by="lea",
        other_administrators=0,
        at=NOON,
        other_managers=others,
    )


def closed() -> UserDeactivated:
    return UserDeactivated(
        user_id="tom", organisation_id="dreux", deactivated_by="lea", deactivated_at=NOON
    )


def correct(email: str | None, name: str = "Tom Petit") -> ChangeDetails:
    return ChangeDetails(
        user_id="tom",
        organisation_id="dreux",
        name=name,
        email=email,
        phone=None,
        by="lea",
        at=NOON,
    )


def corrected(email: str | None, name: str = "Tom Petit") -> DetailsChanged:
    return DetailsChanged(
        user_id="tom",
        organisation_id="dreux",
        name=name,
        email=email,
        phone=None,
        language="fr",
        changed_by="lea",
        changed_at=NOON,
    )


# --- Over HTTP --------------------------------------------------------------


def dealership(dealership_id: str, organisation_id: str = "dreux") -> DealershipOpened:
    return DealershipOpened(
        dealership_id=dealership_id,
        organisation_id=organisation_id,
        dealership_name="Dreux",
        time_zone="Europe/Paris",
        currency="EUR",
        country="FR",
        default_language="fr",
        vat_basis_points=2000,
        main_brand="renault",
        main_brand_name="Renault",
        opened_by="lea",
        opened_at=NOON,
    )


async def with_group(api: Caller) -> None:
    """The group `dreux` with the dealerships D1 and D2; D9 is another one's."""
    for organisation_id, kind in (
        ("dreux", OrganisationKind.DEALER_GROUP),
        ("relais", OrganisationKind.MARKETPLACE_OPERATOR),
    ):
        command = RegisterOrganisation(
            organisation_id=organisation_id, kind=kind, profile=DEPOT, at=NOON
        )
        await api.running.commands.handle(ORGANISATION, organisation_id, command, context())
    await follow(api.running, dealership("D1"), dealership("D2"), dealership("D9", "rival"))
    api.organisation, api.roles = "dreux", ("dealership_manager",)


def person(reference: str, **places: list[str]) -> dict[str, Any]:
    """The body that adds somebody with these roles at these dealerships."""
    return {
        "reference": reference,
        "last_name": "Petit",
        "first_name": reference.title(),
        "email": f"{reference}@example.org",
        "dealerships": [{"dealership_id": id, "roles": roles} for id, roles in places.items()],
    }


async def joined(api: Caller, reference: str, **places: list[str]) -> str:
    """The id of somebody whom a manager of all these dealerships added."""
    answer = await api.ask("POST", "/dealership-users", person(reference, **places), at=places)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


async def shown(api: Caller, user_id: str) -> Any:
    """The user as a manager of both dealerships sees them."""
    return (await api.ask("GET", f"/users/{user_id}", at=("D1", "D2"))).json()


async def roles_at(
    api: Caller, user_id: str, dealership_id: str, *roles: str, at: tuple[str, ...] = ("D1", "D2")
) -> httpx.Response:
    """The answer to a manager of these dealerships who gives a user roles at one."""
    path = f"/users/{user_id}/dealerships/{dealership_id}/roles"
    return await api.ask("PUT", path, {"roles": roles}, at=at)
