"""The API of dealerships, and the people who ask it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import httpx

from contracts.accounts.organisation_v1 import OrganisationKind
from contracts.media.file_v1 import FileStored, Purpose, Visibility
from infra.commands import Aggregate
from infra.testing import serving
from infra.testing.following import file, follow, organisation
from infra.tokens import Role, issue
from services.dealerships.aggregates import DEALERSHIP
from services.dealerships.service import service

OPENING: dict[str, Any] = {
    "dealership_name": "Lake",
    "time_zone": "Europe/Paris",
    "currency": "EUR",
    "country": "FR",
    "default_language": "fr",
    "vat_basis_points": 2000,
    "main_brand": "peugeot",
    "main_brand_name": "Peugeot",
}


class Caller(serving.Caller):
    """Asks as Rose, the administration of a group of dealerships."""

    async def at(
        self,
        where: str,
        role: Role,
        method: str,
        path: str,
        body: Any = None,
        headers: dict[str, str] | None = None,
    ) -> httpx.Response:
        """Ask as Ines, who has a role at a dealership; the path goes on from there."""
        token = issue(serving.KEY, "ines", "group", (role,), dealerships={role: [where]})
        sent = {"Authorization": f"Bearer {token}", **(headers or {})}
        return await self.anybody(method, f"/dealerships/{where}{path}", body, sent)

    async def manager(self, where: str, method: str, path: str, body: Any = None) -> httpx.Response:
        return await self.at(where, "dealership_manager", method, path, body)

    async def chief(self, method: str, path: str, body: Any = None) -> httpx.Response:
        """Ask as Gina, who manages the group."""
        return await self.ask(method, path, body, "gina", ("group_manager",))

    async def operator(self, method: str, path: str, body: Any = None) -> httpx.Response:
        """Ask as Lea, the administration of the operator."""
        return await self.ask(method, path, body, "lea", ("administration",), "relais")

    async def opened(self, org: str = "", **changed: Any) -> str:
        """The id of a dealership; the workers know it."""
        answer = await self.ask("POST", "/dealerships", OPENING | changed, org=org)
        assert answer.status_code == 201, answer.text
        found: str = answer.json()["id"]
        await self.follows(DEALERSHIP, found)
        return found

    async def made(self, answer: httpx.Response, aggregate: Aggregate[Any, Any, Any, Any]) -> str:
        """The id of what was made; the workers know it."""
        assert answer.status_code == 201, answer.text
        found: str = answer.json()["id"]
        await self.follows(aggregate, found)
        return found

    async def follows(self, aggregate: Aggregate[Any, Any, Any, Any], id: str) -> None:
        """The workers see the last fact of a stream."""
        facts = await self.running.commands.history(aggregate, id)
        await follow(self.running, facts[-1].event)


def refusal(answer: httpx.Response) -> tuple[int, str]:
    """The status and the kind of a problem."""
    return answer.status_code, answer.json()["type"].rpartition(":")[2]


def picture(file_id: str, visibility: Visibility = Visibility.PUBLIC) -> FileStored:
    """A picture of Ines's."""
    found = file(file_id, "ines", "group", Purpose.OTHER)
    return replace(found, visibility=visibility, media_type="image/png")


@asynccontextmanager
async def served(database: str) -> AsyncIterator[Caller]:
    """The API, with a group, a lone dealership, a depot and the operator of the platform."""
    async with serving.served(service, database, Caller) as caller:
        caller.user, caller.roles, caller.organisation = "rose", ("administration",), "group"
        await follow(
            caller.running,
            organisation("group", OrganisationKind.DEALER_GROUP),
            organisation("lone", OrganisationKind.DEALERSHIP),
            organisation("maarif", OrganisationKind.DEPOT),
            organisation("relais", OrganisationKind.MARKETPLACE_OPERATOR),
        )
        yield caller
