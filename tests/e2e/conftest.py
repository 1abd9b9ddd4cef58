"""Both services at work, served as `relais up` serves them."""

import base64
import json
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass

import pytest
import pytest_asyncio

from infra import host, serving
from infra.host import Running
from infra.settings import Settings
from infra.stack.broker import Broker
from infra.testing.brokers import emptied
from infra.tokens import Role, SigningKey, issue, jwks
from infra.topics import create_topics
from services.missions.service import service as missions
from services.views.partner.service import service as partner
from tests.e2e.world import kept_elsewhere

KEY = SigningKey.generate()
MASTER_KEYS = json.dumps({"test": base64.b64encode(bytes(range(32))).decode()})
SERVICES = (missions, partner)


@dataclass(frozen=True)
class Platform:
    """Both services at work in this process, and where their APIs are."""

    url: str
    missions: Running
    kafka: str


def token(subject: str, organisation: str, role: Role) -> str:
    return issue(KEY, subject, organisation, [role])


@pytest_asyncio.fixture
async def stores(
    request: pytest.FixtureRequest, event_store_url: str | None
) -> AsyncIterator[dict[str, str]]:
    """Where missions records: in its database, unless a test asks for `esdb`."""
    if getattr(request, "param", "postgres") == "postgres":
        yield {}
        return
    async with kept_elsewhere(event_store_url) as found:
        yield found


@pytest_asyncio.fixture
async def both(
    broker: Broker, new_database: Callable[[], str], stores: dict[str, str]
) -> AsyncIterator[Platform]:
    await emptied(broker)
    await create_topics(broker.bootstrap, missions.contracts, 1)
    settings = Settings.model_validate(
        {
            "databases": {name: new_database() for name in ("keys", "missions", "views.partner")},
            "stores": stores,
            "kafka": broker.bootstrap,
            "master_keys": MASTER_KEYS,
            "jwks": jwks(KEY),
            "port": 0,
            "position_wait": 0.5,
        }
    )
    async with AsyncExitStack() as stack:
        opened = [await stack.enter_async_context(host.opened(s, settings)) for s in SERVICES]
        for running in opened:
            await stack.enter_async_context(host.working(running))
        site = serving.site(opened, settings)
        url = await stack.enter_async_context(serving.serving(site, settings))
        yield Platform(url, opened[0], broker.bootstrap)
