"""A deactivated user moves no money any more: accounts and payments, a broker between them."""

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from time import time
from typing import Any
from uuid import uuid4

import httpx
import pytest

from infra import host, serving
from infra.settings import Settings
from infra.stack.broker import Broker
from infra.testing.brokers import emptied
from infra.testing.eventually import PATIENCE_SECONDS, eventually
from infra.tokens import Role, issue, jwks
from infra.topics import create_topics
from services.accounts.service import service as accounts
from services.payments.service import service as payments
from tests.e2e.conftest import KEY, MASTER_KEYS

SERVICES = (accounts, payments)

pytestmark = pytest.mark.any_broker


@dataclass
class People:
    """An administrator, and those whom they invite to drive."""

    client: httpx.AsyncClient

    async def ask(
        self, who: str, role: Role, method: str, path: str, body: Any = None
    ) -> httpx.Response:
        token = issue(KEY, who, "hiflow", [role], authenticated_at=time())
        headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": uuid4().hex}
        return await self.client.request(method, path, json=body, headers=headers)

    async def administer(self, method: str, path: str, body: Any = None) -> Any:
        answer = await self.ask("lea", "administration", method, path, body)
        assert answer.is_success, answer.text
        return answer.json()

    async def driver(self) -> str:
        """The id of an active user who drives."""
        somebody = {"email": f"{uuid4().hex}@example.org", "name": "Ada Roux", "roles": ["driver"]}
        user_id = str((await self.administer("POST", "/accounts/users", somebody))["id"])
        signed = {"signed_on": datetime.now(UTC).date().isoformat()}
        await self.administer("PUT", f"/accounts/users/{user_id}/agreement", signed)
        await self.administer("PUT", f"/accounts/users/{user_id}/activation")
        return user_id

    async def deactivate(self, user_id: str) -> None:
        await self.administer("DELETE", f"/accounts/users/{user_id}/activation")

    async def is_let_in(self, user_id: str) -> bool:
        """Whether payments lets a user come to their bank details."""
        path = f"/payments/payees/{user_id}/bank-details"
        bank = {"iban": "FR1420041010050500013M02606", "holder": "Ada", "proof_file_id": "f-1"}
        answer = await self.ask(user_id, "driver", "PUT", path, bank)
        kind = answer.json()["type"].rpartition(":")[2]
        assert kind in {"session-over", "unknown-reference"}, answer.text
        return bool(kind == "unknown-reference")


@asynccontextmanager
async def at_work(broker: Broker, new_database: Callable[[], str]) -> AsyncIterator[People]:
    topics = {c.topic: c for s in SERVICES for c in (*s.contracts, *s.sources)}
    await emptied(broker)
    await create_topics(broker.bootstrap, list(topics.values()), 1)
    settings = Settings.model_validate(
        {
            "databases": {name: new_database() for name in ("keys", *(s.name for s in SERVICES))},
            "kafka": broker.bootstrap,
            "master_keys": MASTER_KEYS,
            "jwks": jwks(KEY),
            "port": 0,
        }
    )
    async with AsyncExitStack() as stack:
        opened = [await stack.enter_async_context(host.opened(s, settings)) for s in SERVICES]
        for running in opened:
            await stack.enter_async_context(host.working(running))
        site = serving.site(opened, settings)
        url = await stack.enter_async_context(serving.serving(site, settings))
        async with httpx.AsyncClient(base_url=url, timeout=PATIENCE_SECONDS) as client:
            yield People(client)


async def test_a_token_of_somebody_deactivated_moves_no_money(
    broker: Broker, new_database: Callable[[], str]
) -> None:
    async with at_work(broker, new_database) as people:
        leaving, staying = await people.driver(), await people.driver()
        assert await people.is_let_in(leaving)
        await people.deactivate(leaving)

        async def refused() -> None:
            assert not await people.is_let_in(leaving)

        await eventually(refused)
        assert await people.is_let_in(staying), "nobody else is refused"
