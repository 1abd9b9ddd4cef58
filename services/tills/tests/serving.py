"""The API of tills, and the people who ask it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import count
from typing import Any

import httpx

from contracts.accounts.organisation_v1 import OrganisationKind
from contracts.accounts.user_v1 import Role
from contracts.cash import dirhams
from contracts.depot_tours import tour_v1
from contracts.depot_tours.tour_v1 import OrderHandedOver
from infra.consumers.reactions import ReactionHandler
from infra.testing import serving
from infra.testing.deliveries import deliveries
from infra.testing.following import NOON, activated, follow, organisation, user
from services.tills.aggregates import TILL
from services.tills.service import service
from services.tills.tests.make import DAY, handed_over
from services.tills.tests.make import TILL as TILL_ID

PATH = f"/days/{DAY}"
COUNTS = f"{PATH}/counts"


def dh(minor: int) -> dict[str, Any]:
    return {"amount_minor": minor, "currency": "MAD"}


class Caller(serving.Caller):
    """Asks as Nadia, who manages the depot, or as Omar, an operator."""

    async def omar(self, method: str, path: str, body: Any = None) -> httpx.Response:
        return await self.ask(method, path, body, "omar", ("operator",))

    async def counted(self, minor: int, courier: str = "karim") -> httpx.Response:
        body = {"courier_id": courier, "counted": dh(minor)}
        return await self.omar("POST", COUNTS, body)

    async def collected(self, *handovers: OrderHandedOver) -> None:
        """The workers see what happened on tours."""
        [reaction] = self.running.service.reactions
        batch = deliveries([tour_v1.contract], handovers, count(1), NOON)
        handler = ReactionHandler(reaction, self.running.commands, service.name)
        async with self.running.pool.connection() as connection, connection.transaction():
            assert await handler.handle(connection, batch) == {}

    async def paid(self) -> None:
        """Karim was paid for two orders, 350 dirhams together."""
        await self.collected(handed_over(), handed_over("o-2", dirhams(100)))

    async def booked(self) -> None:
        """The workers keep the books."""
        facts = await self.running.commands.history(TILL, TILL_ID)
        await follow(self.running, *(one.event for one in facts))


@asynccontextmanager
async def served(database: str) -> AsyncIterator[Caller]:
    """The API of a depot with an operator and a courier."""
    async with serving.served(service, database, Caller) as caller:
        caller.user, caller.roles, caller.organisation = "nadia", ("administration",), "maarif"
        await follow(
            caller.running,
            organisation("maarif", OrganisationKind.DEPOT),
            organisation("elsewhere", OrganisationKind.DEPOT),
            user("omar", "maarif", Role.OPERATOR),
            user("karim", "maarif", Role.COURIER),
            activated("karim", "maarif", Role.COURIER),
            user("samir", "elsewhere", Role.COURIER),
            activated("samir", "elsewhere", Role.COURIER),
        )
        yield caller
