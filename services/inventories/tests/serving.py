"""The API of inventories, and the people who ask it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx

from contracts.accounts.organisation_v1 import OrganisationKind
from contracts.accounts.user_v1 import Role
from infra.testing import serving
from infra.testing.following import follow, organisation, user
from services.inventories.service import service


class Caller(serving.Caller):
    """Asks as Nadia, who manages the depot, or as one of those who count."""

    async def counter(
        self, method: str, path: str, body: Any = None, who: str = "omar"
    ) -> httpx.Response:
        return await self.ask(method, path, body, who, ("operator",))

    async def opened(self, *shelves: str) -> str:
        """The path of an inventory that was opened."""
        answer = await self.ask("POST", "/inventories", {"shelves": shelves})
        assert answer.status_code == 201, answer.text
        return answer.headers["Location"].removeprefix("/inventories")

    async def counted(
        self, path: str, *parcels: str, count: int = 1, shelf: str | None = None, who: str = "omar"
    ) -> httpx.Response:
        body = {"count": count, "shelf": shelf, "parcels": parcels}
        return await self.counter("POST", f"{path}/scans", body, who)

    async def ended(self, path: str, count: int, parcels: int) -> httpx.Response:
        return await self.ask("POST", f"{path}/counts", {"count": count, "parcels": parcels})


@asynccontextmanager
async def served(database: str) -> AsyncIterator[Caller]:
    """The API of a depot with two operators."""
    async with serving.served(service, database, Caller) as caller:
        caller.user, caller.roles, caller.organisation = "nadia", ("administration",), "maarif"
        await follow(
            caller.running,
            organisation("maarif", OrganisationKind.DEPOT),
            organisation("elsewhere", OrganisationKind.DEPOT),
            user("omar", "maarif", Role.OPERATOR),
            user("hind", "maarif", Role.OPERATOR),
        )
        yield caller
