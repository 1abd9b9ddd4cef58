"""The API of customers, and the people of a dealer group who ask it."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import count
from typing import Any

import httpx

from contracts.dealerships.dealership_v1 import DealershipOpened
from contracts.interventions import case_v1
from contracts.interventions.case_v1 import CustomerNamed, Title
from infra.testing import serving
from infra.testing.deliveries import deliveries
from infra.testing.following import follow
from infra.testing.serving import KEY, NO_HEADERS
from infra.tokens import Role, issue
from services.customers.adapters.erasing import Erasing
from services.customers.adapters.following import Cases
from services.customers.adapters.matching import Matching
from services.customers.service import service
from services.customers.tests.make import GROUP, LYON, NOON, PARIS

CAMILLE: Mapping[str, Any] = {
    "title": "madam",
    "last_name": "Lefèvre",
    "first_name": "Camille",
    "email": "camille@example.org",
    "phone": "06 12 34 56 78",
    "language": "fr",
}


def dealership(id: str, organisation_id: str = GROUP, country: str = "FR") -> DealershipOpened:
    return DealershipOpened(
        dealership_id=id,
        organisation_id=organisation_id,
        dealership_name=f"Garage {id}",
        time_zone="Europe/Paris",
        currency="EUR",
        country=country,
        default_language="fr",
        vat_basis_points=2000,
        main_brand="renault",
        main_brand_name="Renault",
        opened_by="relais",
        opened_at=NOON,
    )


def named(
    case_id: str = "d1",
    phone: str | None = "+33612345678",
    email: str | None = None,
    known: str | None = None,
    minute: int = 0,
    last_name: str = "Lefevre",
    dealership_id: str = LYON,
) -> CustomerNamed:
    return CustomerNamed(
        case_id=case_id,
        organisation_id=GROUP,
        dealership_id=dealership_id,
        contact_id=known or f"of-{case_id}",
        known=known is not None,
        title=Title.MADAM,
        last_name=last_name,
        first_name=None,
        email=email,
        phone=phone,
        language="fr",
        named_by="nadia",
        named_at=NOON.replace(minute=minute),
    )


@dataclass
class Person:
    """Somebody of a dealer group."""

    user: str
    roles: tuple[Role, ...]
    dealerships: tuple[str, ...] = (LYON,)
    organisation: str = GROUP


NADIA = Person("nadia", ("administrative_agent",))
KARIM = Person("karim", ("dealership_manager",))
SALES = Person("sofia", ("sales_representative",))
GROUP_MANAGER = Person("gaspard", ("group_manager",), ())
OF_PARIS = Person("paul", ("dealership_manager", "administrative_agent"), (PARIS,))
STRANGER = Person("sam", ("dealership_manager", "administrative_agent"), (LYON,), "elsewhere")


class Caller(serving.Caller):
    """Asks as one of them; unless told, as Nadia, an administrative agent."""

    async def of(
        self,
        person: Person,
        method: str,
        path: str,
        body: Any = None,
        headers: Mapping[str, str] = NO_HEADERS,
    ) -> httpx.Response:
        held: dict[str, tuple[str, ...]] = dict.fromkeys(person.roles, person.dealerships)
        token = issue(KEY, person.user, person.organisation, person.roles, dealerships=held)
        sent = {"Authorization": f"Bearer {token}", **headers}
        return await self.anybody(method, path, body, sent)

    async def nadia(self, method: str, path: str, body: Any = None) -> httpx.Response:
        return await self.of(NADIA, method, path, body)

    async def karim(self, method: str, path: str, body: Any = None) -> httpx.Response:
        return await self.of(KARIM, method, path, body)

    async def recorded(self, **said: Any) -> str:
        """The id of a customer whom Nadia recorded."""
        body = {"dealership_id": LYON, **CAMILLE, **said}
        answer = await self.nadia("POST", "/customers", body)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    async def shown(self, customer_id: str) -> Any:
        answer = await self.nadia("GET", f"/customers/{customer_id}")
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def told(self, *events: Any) -> None:
        """The followers see what cases tell, and the matching settles it."""
        await follow(self.running, *events)
        batch = deliveries([case_v1.contract], events, count(1), NOON)
        async with self.running.pool.connection() as connection, connection.transaction():
            assert await Cases().handle(connection, batch) == {}
        matching = Matching(self.running)
        while await matching.match_one():
            pass

    async def erased(self, customer_id: str, cases: int = 0) -> None:
        """Karim confirms, and the worker does its part."""
        found = (await self.karim("GET", f"/customers/{customer_id}/erasure")).json()
        body = {name: found[name] for name in ("cases", "vehicles", "merged_ids")}
        assert body["cases"] == cases
        done = await self.karim("PUT", f"/customers/{customer_id}/erasure", body)
        assert done.status_code == 200, done.text
        erasing = Erasing(self.running)
        while await erasing.erase_one():
            pass


@asynccontextmanager
async def served(database: str) -> AsyncIterator[Caller]:
    """The API of a group with dealerships in Lyon and Paris."""
    async with serving.served(service, database, Caller) as caller:
        await follow(
            caller.running,
            dealership(LYON),
            dealership(PARIS),
            dealership("casa", country="MA"),
            dealership("abroad", "elsewhere"),
        )
        yield caller
