"""The API of a dealership, and the people and devices that ask it."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import httpx

from contracts import dealers
from contracts.accounts.user_v1 import Role, RolesAtDealership
from contracts.dealerships.dealership_v1 import DealershipOpened, SettingsChanged
from contracts.media.file_v1 import Purpose
from infra.testing import serving
from infra.testing.following import NOON, file, follow, user
from infra.testing.serving import KEY, NO_HEADERS
from infra.tokens import Role as RoleName
from infra.tokens import issue
from services.interventions.service import service
from services.interventions.tests.make import GROUP, LILLE

METZ = "GMETZ"
PEOPLE: Mapping[str, tuple[RoleName, str]] = {
    "lea": ("administrative_agent", LILLE),
    "sami": ("sales_representative", LILLE),
    "sofia": ("sales_representative", METZ),
    "maya": ("dealership_manager", LILLE),
    "paul": ("administrative_agent", METZ),
    "tablet": ("device", LILLE),
}
BODY: dict[str, Any] = {
    "key": "case-1",
    "dealership_id": LILLE,
    "module": "mechanical",
    "reference": "OR-48213",
}
CUSTOMER: dict[str, Any] = {
    "title": "madam",
    "last_name": "Moreau",
    "first_name": "Claire",
    "email": "claire@example.org",
    "phone": "06 12 34 56 78",
}
WORK: dict[str, Any] = {
    "label": "Front brake pads",
    "level": "urgent",
    "price": {
        "amount": {"amount_minor": 12_000, "currency": "EUR"},
        "mode": "including_vat",
        "discount_basis_points": 1_000,
    },
}
SENDING: dict[str, Any] = {
    "channels": ["email"],
    "seen": {
        "works": 1,
        "media": 0,
        "proposed": {"amount_minor": 10_800, "currency": "EUR"},
    },
}


class Caller(serving.Caller):
    """Asks as Léa, an administrative agent at Lille, unless somebody else is named."""

    async def says(
        self,
        who: str,
        method: str,
        path: str,
        body: Any = None,
        headers: Mapping[str, str] = NO_HEADERS,
        org: str = GROUP,
    ) -> httpx.Response:
        """Ask as one of `PEOPLE`, with their role where it holds."""
        role, dealership_id = PEOPLE[who]
        token = issue(KEY, who, org, (role,), dealerships={role: [dealership_id]})
        return await self.anybody(
            method, path, body, {"Authorization": f"Bearer {token}", **headers}
        )

    async def made(self, who: str = "lea", **changed: Any) -> str:
        """The path of a case that somebody made."""
        answer = await self.says(who, "POST", "/cases", BODY | changed)
        assert answer.status_code == 201, answer.text
        return f"/cases/{answer.json()['id']}"

    async def filled(self, **changed: Any) -> str:
        """The path of a case with a customer and a work."""
        path = await self.made(**changed)
        for part, body in (("customer", CUSTOMER), ("works/pads", WORK)):
            answer = await self.says("lea", "PUT", f"{path}/{part}", body)
            assert answer.is_success, answer.text
        return path

    async def sent(self, **changed: Any) -> tuple[str, str]:
        """The path of a case that was sent, and that of its customer's page."""
        path = await self.filled(**changed)
        answer = await self.says("lea", "POST", f"{path}/sending", SENDING)
        assert answer.is_success, answer.text
        return path, await self.page(path)

    async def page(self, path: str) -> str:
        """The path of the customer's page."""
        answer = await self.says("lea", "POST", f"{path}/links/customer")
        assert answer.is_success, answer.text
        return f"/page/{answer.json()['url'].rpartition('/')[2]}"

    async def shown(self, path: str) -> Any:
        answer = await self.says("lea", "GET", path)
        assert answer.is_success, answer.text
        return answer.json()


def opened(dealership_id: str, organisation_id: str = GROUP) -> DealershipOpened:
    return DealershipOpened(
        dealership_id=dealership_id,
        organisation_id=organisation_id,
        dealership_name="Lumen Lille",
        time_zone="Europe/Paris",
        currency="EUR",
        country="FR",
        default_language="fr",
        vat_basis_points=2_000,
        main_brand="peugeot",
        main_brand_name="Peugeot",
        opened_by="olga",
        opened_at=NOON,
    )


def settings(**said: Any) -> SettingsChanged:
    """How the dealership at Lille works from now on."""
    return SettingsChanged(
        dealership_id=LILLE,
        organisation_id=GROUP,
        brand=None,
        settings=replace(dealers.NOTHING_SAID, **said),
        changed_by="maya",
        changed_at=NOON,
    )


def colleague(user_id: str, role: Role, dealership_id: str = LILLE) -> Any:
    """A user of the group with a role at a dealership."""
    roles = (RolesAtDealership(dealership_id=dealership_id, roles=(role,)),)
    return replace(user(user_id, GROUP, role), dealerships=roles)


@asynccontextmanager
async def served(database: str, **named: Any) -> AsyncIterator[Caller]:
    """The API over two dealerships of a group; `named` are further settings."""
    async with serving.served(service, database, Caller, **named) as caller:
        caller.user, caller.organisation = "lea", GROUP
        photo = replace(file("f-photo", "tablet", GROUP, Purpose.OTHER), media_type="image/jpeg")
        video = replace(
            file("f-video", "tablet", GROUP, Purpose.OTHER),
            media_type="video/mp4",
            length_milliseconds=12_000,
        )
        await follow(
            caller.running,
            opened(LILLE),
            opened(METZ),
            colleague("karim", Role.TECHNICIAN),
            colleague("lea", Role.ADMINISTRATIVE_AGENT),
            colleague("paul", Role.ADMINISTRATIVE_AGENT, METZ),
            photo,
            video,
        )
        yield caller
