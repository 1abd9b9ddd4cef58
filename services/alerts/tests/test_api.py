"""The routes of alerts, over a real store."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from infra.host import opened
from infra.http.auth import PublishedKeys, SigningKey, Verifier, issue, jwks
from infra.http.health import Health
from infra.serving import api
from infra.settings import Settings
from services.alerts.service import service
from services.alerts.tests.stage import MASTER

KEY = SigningKey.generate()


@dataclass
class Driver:
    """Asks as a driver, Ada unless another one is named."""

    client: httpx.AsyncClient
    count: int = field(default=0)

    async def ask(
        self, method: str, path: str, body: Any = None, org: str = "hiflow"
    ) -> httpx.Response:
        self.count += 1
        headers = {
            "Authorization": f"Bearer {issue(KEY, 'ada', org, ('driver',))}",
            "Idempotency-Key": f"k{self.count}",
        }
        return await self.client.request(method, path, json=body, headers=headers)

    async def ids(self, org: str = "hiflow") -> list[str]:
        found = (await self.ask("GET", "/searches", org=org)).json()["items"]
        return [search["search_id"] for search in found]


@asynccontextmanager
async def served(database: str) -> AsyncIterator[Driver]:
    settings = Settings.model_validate(
        {
            "databases": {"alerts": database, "keys": database},
            "master_keys": MASTER,
            "jwks": jwks(KEY),
        }
    )
    async with opened(service, settings) as running:
        verifier = Verifier(PublishedKeys(settings.jwks), settings.issuer, settings.audience)
        transport = httpx.ASGITransport(api(running, verifier, Health()))
        async with httpx.AsyncClient(transport=transport, base_url="http://relais") as client:
            yield Driver(client)


@pytest.mark.requirement("HIF-41")
async def test_searches_are_saved_shown_changed_and_removed(database: str) -> None:
    async with served(database) as driver:
        wanted = {"text": "Lyon", "within_km": 50, "until_day": "2999-12-31"}
        assert (await driver.ask("PUT", "/searches/near", wanted)).is_success
        assert (await driver.ask("PUT", "/searches/all", {})).is_success
        shown = (await driver.ask("GET", "/searches")).json()["items"]
        assert [one["search_id"] for one in shown] == ["all", "near"]
        assert wanted.items() <= shown[1].items()
        assert (await driver.ask("PUT", "/searches/near", {"text": "Metz"})).is_success
        assert (await driver.ask("GET", "/searches")).json()["items"][1]["within_km"] is None
        assert (await driver.ask("DELETE", "/searches/near")).is_success
        assert await driver.ids() == ["all"]
        assert len((await driver.ask("GET", "/history")).json()["items"]) == 4


async def test_a_search_that_nothing_can_meet_names_its_field(database: str) -> None:
    async with served(database) as driver:
        past = (datetime.now(UTC).date() - timedelta(days=2)).isoformat()
        for body, field_name in (
            ({"until_day": past}, "until_day"),
            ({"shortest_km": 2, "longest_km": 1}, "longest_km"),
            ({"within_km": -1}, "within_km"),
            ({"text": ""}, "text"),
        ):
            refused = await driver.ask("PUT", "/searches/s-1", body)
            assert refused.status_code == 422
            assert field_name in refused.text
        assert await driver.ids() == []


async def test_another_organisation_sees_and_removes_nothing(database: str) -> None:
    async with served(database) as driver:
        await driver.ask("PUT", "/searches/s-1", {})
        assert await driver.ids("elsewhere") == []
        gone = await driver.ask("DELETE", "/searches/s-1", org="elsewhere")
        assert gone.status_code == 404
        assert await driver.ids() == ["s-1"]
