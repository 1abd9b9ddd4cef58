"""Operators are answered alike where the facts are in EventStoreDB."""

import asyncio
import json
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest

from infra.store.protocol import BEGINNING
from infra.testing.eventually import PATIENCE_SECONDS, eventually
from services.missions.aggregates import TRIP
from tests.e2e.conftest import Platform, token
from tools.demo.people import cities, trips
from tools.demo.teller import today
from tools.relais import why
from tools.relais.tests.conftest import Line

pytestmark = pytest.mark.any_broker


async def published(both: Platform) -> str:
    """A trip that every table has; the name of its stream."""
    [trip] = trips(1, cities(), today())
    given = {
        "Authorization": f"Bearer {token('lea', 'hiflow', 'logistics')}",
        "Idempotency-Key": uuid4().hex,
    }
    async with httpx.AsyncClient(base_url=both.url, timeout=PATIENCE_SECONDS) as client:
        (await client.post("/missions/trips", json=trip, headers=given)).raise_for_status()
    [event] = await both.missions.store.read_all(BEGINNING, 10)
    return event.stream


@pytest.fixture
def line(both: Platform, tmp_path: Path) -> Line:
    """The command line of an operator of this platform."""
    found = both.missions.settings
    environment = {
        "RELAIS_HOME": str(tmp_path),
        "RELAIS_DATABASES": json.dumps(found.databases),
        "RELAIS_STORES": json.dumps(found.stores),
        "RELAIS_KAFKA": both.kafka,
        "RELAIS_MASTER_KEYS": found.master_keys.get_secret_value(),
    }
    return Line(tmp_path, environment)


async def facts(line: Line, *words: str, code: int = 0) -> Any:
    return await asyncio.to_thread(line.facts, *words, code=code)


@pytest.mark.parametrize("stores", ["postgres", "esdb"], indirect=True)
async def test_a_cause_is_followed(both: Platform) -> None:
    stream = await published(both)
    store = both.missions.store
    stores = {"missions": store}
    [event] = await store.read(stream)
    correlation = await why._correlation(stores, str(event.event_id))
    assert correlation == event.meta["correlation"]
    [found] = await why._events(stores, correlation, 10, None)
    assert (found["stream"], found["event_id"]) == (stream, str(event.event_id))
    assert await why._events(stores, correlation, 10, why._place(found)) == []
    told = await why._of_streams(store, [stream])
    assert [(one["stream"], one["version"], one["type"]) for one in told["streams"]] == [
        (stream, 1, event.type)
    ]
    assert {one["stream"] for one in told["timers"]} <= {stream}
    assert told["fired"] == []


@pytest.mark.parametrize("stores", ["esdb"], indirect=True)
async def test_events_relays_and_views_are_told(both: Platform, line: Line) -> None:
    stream = await published(both)
    [shown] = await facts(line, "events", "show", stream)
    assert (shown["stream"], shown["version"], shown["error"]) == (stream, 1, None)
    [tailed] = await asyncio.to_thread(line.lines, "events", "tail", "--service", "missions")
    assert tailed["event_id"] == shown["event_id"]
    assert await facts(line, "events", "amended", "--service", "missions") == []

    async def is_relayed() -> None:
        [relay] = await facts(line, "relay", "status", "--service", "missions")
        assert (relay["published"], relay["waiting"], relay["trouble"]) == (1, 0, None)

    await eventually(is_relayed)
    rebuilt = await facts(line, "views", "rebuild", "views.partner")
    assert rebuilt["swapped"]

    async def is_well() -> None:
        said = await facts(line, "doctor", "--whole", "--settled", "0", code=3)
        assert said["findings"] == []
        looked_at = {one["where"]: one for one in said["looked_at"]}
        assert looked_at["store of missions"]["events"] == 1
        assert looked_at[TRIP.contract.topic]["checked"] == 1

    await eventually(is_well)
