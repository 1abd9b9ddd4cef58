"""The API of a depot, and the people who ask it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import count
from typing import Any

import httpx

from contracts.accounts.organisation_v1 import OrganisationKind
from contracts.accounts.user_v1 import Role
from contracts.depot_tours import tour_v1
from contracts.media.file_v1 import Purpose
from infra.consumers.reactions import ReactionHandler
from infra.http import readable_ids
from infra.testing import serving
from infra.testing.deliveries import deliveries
from infra.testing.following import NOON, activated, file, follow, organisation, user
from services.depot_tours.aggregates import TOUR
from services.depot_tours.service import service

SSCC = "340123450000000000"
DOOR = {"latitude": 33.57, "longitude": -7.59}
AT_THE_DOOR = {"reason": "refused", "called": True, "location": DOOR}
ORDER_ID = readable_ids.referenced_id(readable_ids.ORDER, "maarif", "CASA-2041")
RECIPIENT = {"name": "Salma Idrissi", "phone": "+212612345678", "address": "12 rue Ibn Batouta"}
BODY: dict[str, Any] = {
    "tracking_number": "CASA-2041",
    "city": "Casablanca",
    "recipient": RECIPIENT,
    "parcels": [{}, {"sscc": SSCC}],
    "cash_on_delivery": {"amount_minor": 34900, "currency": "MAD"},
}


class Caller(serving.Caller):
    """Asks as Nadia, who manages the depot, as Omar, an operator, or as Karim, a courier."""

    async def omar(self, method: str, path: str, body: Any = None) -> httpx.Response:
        return await self.ask(method, path, body, "omar", ("operator",))

    async def karim(self, method: str, path: str, body: Any = None) -> httpx.Response:
        return await self.ask(method, path, body, "karim", ("courier",))

    async def registered(self, **changed: Any) -> str:
        """The path of an order that the depot learnt of."""
        answer = await self.omar("POST", "/orders", BODY | changed)
        assert answer.status_code == 201, answer.text
        return f"/orders/{answer.json()['id']}"

    async def planned(self, **changed: Any) -> str:
        """The path of a pickup of an order that the depot learnt of."""
        path = await self.registered(**changed)
        body = {"order_ids": [path.rpartition("/")[2]], "day": "2030-05-02"}
        answer = await self.omar("POST", "/pickups", body)
        assert answer.status_code == 201, answer.text
        return f"/pickups/{answer.json()['id']}"

    async def assigned(self, **changed: Any) -> str:
        """The path of an order that Omar is to prepare."""
        path = await self.registered(**changed)
        answer = await self.ask("PUT", f"{path}/preparation", {"operator_id": "omar"})
        assert answer.is_success, answer.text
        return path

    async def prepared(self, **changed: Any) -> str:
        """The id of an order whose only parcel was scanned."""
        path = await self.assigned(parcels=[{}], **changed)
        number = changed.get("tracking_number", BODY["tracking_number"])
        assert (await self.scanned(path, number)).is_success
        done = await self.omar("PUT", f"{path}/preparation/completion", {})
        assert done.is_success, done.text
        return path.rpartition("/")[2]

    async def composed(self, *order_ids: str) -> str:
        """The path of a tour for Karim."""
        asked = {"courier_id": "karim", "order_ids": order_ids}
        answer = await self.omar("POST", "/tours", asked)
        assert answer.status_code == 201, answer.text
        return f"/tours/{answer.json()['id']}"

    async def handing_over(self, *order_ids: str) -> tuple[str, str]:
        """The path of a loaded tour that Karim takes, and his code."""
        path = await self.composed(*order_ids)
        for one in (await self.omar("GET", path)).json()["orders"]:
            for code in one["parcel_codes"]:
                assert (await self.omar("POST", f"{path}/scans", {"scanned": code})).is_success
        return path, await self.taken(path)

    async def taken(self, path: str) -> str:
        """The code that Karim is shown for the parcels that are loaded."""
        seen = (await self.karim("GET", path)).json()["loaded"]
        answer = await self.karim("POST", f"{path}/handovers", {"loaded": seen})
        assert answer.is_success, answer.text
        return str(answer.json()["code"])

    async def out(self, *order_ids: str) -> str:
        """The path of a tour that has left."""
        path, code = await self.handing_over(*order_ids)
        left = await self.omar("PUT", f"{path}/exit", {"code": code})
        assert left.is_success, left.text
        return path

    async def given_back(self, *order_ids: str) -> None:
        """Orders of a tour come back, and the depot knows of it."""
        path = await self.out(*order_ids)
        for order_id in order_ids:
            order = f"{path}/orders/{order_id}"
            for answer in (
                await self.karim("PUT", f"{order}/failures/1", AT_THE_DOOR),
                await self.karim("PUT", f"{order}/return"),
            ):
                assert answer.is_success, answer.text
        await self.reacted(path.rpartition("/")[2])

    async def reacted(self, tour_id: str) -> None:
        """The workers see what happened to a tour."""
        [reaction] = self.running.service.reactions
        facts = await self.running.commands.history(TOUR, tour_id)
        batch = deliveries([tour_v1.contract], [one.event for one in facts], count(1), NOON)
        handler = ReactionHandler(reaction, self.running.commands, service.name)
        async with self.running.pool.connection() as connection, connection.transaction():
            assert await handler.handle(connection, batch) == {}

    async def scanned(self, path: str, text: str) -> httpx.Response:
        return await self.omar("POST", f"{path}/preparation/scans", {"scanned": text})


@asynccontextmanager
async def served(database: str, **named: Any) -> AsyncIterator[Caller]:
    """The API of a depot with an operator and two couriers; `named` are further settings."""
    async with serving.served(service, database, Caller, **named) as caller:
        caller.user, caller.roles, caller.organisation = "nadia", ("administration",), "maarif"
        couriers = ("karim", "hassan")
        await follow(
            caller.running,
            organisation("maarif", OrganisationKind.DEPOT),
            organisation("elsewhere", OrganisationKind.DEPOT),
            organisation("strangers", OrganisationKind.DEPOT),
            user("omar", "maarif", Role.OPERATOR),
            activated("omar", "maarif", Role.OPERATOR),
            *(user(one, "maarif", Role.COURIER) for one in couriers),
            *(activated(one, "maarif", Role.COURIER) for one in couriers),
            user("lea", "elsewhere"),
            file("f-1", "karim", "maarif", Purpose.OTHER),
            file("f-2", "hassan", "maarif", Purpose.OTHER),
        )
        yield caller
