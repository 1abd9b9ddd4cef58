"""Strict readers of CloudEvents take every event of ours as the relay publishes it."""

import asyncio
import base64
import json
import shutil
import subprocess
import warnings
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import pytest_asyncio

from contracts.runtime import Contract
from infra.consumers.records import Record
from infra.database import open_pool
from infra.relay import Relay
from infra.signals import Signal
from infra.stack.broker import Broker
from infra.stack.choice import broker_of
from infra.store import Append, NewEvent
from infra.store.postgres import PostgresStore
from infra.supervisor import supervise
from infra.testing.eventually import eventually
from infra.testing.records import records_of
from services.registry import services
from tests.contract import kit
from tools.compiler import samples
from tools.outside import Absent, GoSource, NpmLibrary

SOURCES = Path(__file__).parent / "cloudevents"
Headers = Mapping[str, bytes]
META = {
    "correlation": "journey-1",
    "causation": "request-1",
    "actor": "user:7",
    "organisation": "atlas",
    "traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
}
HEADERS: Headers = {
    "ce_specversion": b"1.0",
    "ce_id": b"1",
    "ce_source": b"/relais/missions",
    "ce_type": b"relais.missions.trip.v1.expired",
    "ce_dataschema": b"urn:relais:schema:relais.missions.trip.v1.TripExpired",
    "content-type": b"application/protobuf",
}

# Where a reader is absent, the summary says so.
pytestmark = pytest.mark.filterwarnings("default::UserWarning")

Reader = Callable[[Sequence[tuple[Headers, bytes]]], list[str]]
"""Answers one complaint a record, empty when it has none."""


def javascript(tmp_path: Path) -> Reader:
    """The SDK of JavaScript. Raises `Absent`."""
    modules = NpmLibrary("cloudevents@10.0.0").installed()
    (tmp_path / "node_modules").symlink_to(modules)
    shutil.copy(SOURCES / "read.mjs", tmp_path)
    return lambda records: _said(["node", "read.mjs"], tmp_path, records)


def go(tmp_path: Path) -> Reader:
    """The SDK of Go, with its binding for Kafka. Raises `Absent`."""
    program = str(GoSource(SOURCES / "go").installed())
    return lambda records: _said([program], tmp_path, records)


def _said(
    command: Sequence[str], folder: Path, records: Sequence[tuple[Headers, bytes]]
) -> list[str]:
    asked = [
        {
            "headers": {name: _base64(text) for name, text in headers.items()},
            "value": _base64(value),
        }
        for headers, value in records
    ]
    done = subprocess.run(
        command, cwd=folder, input=json.dumps(asked), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    said: list[str] = json.loads(done.stdout)
    return said


def _base64(content: bytes) -> str:
    return base64.b64encode(content).decode()


@pytest.fixture(params=[javascript, go], ids=lambda made: made.__name__)
def reader(request: pytest.FixtureRequest, tmp_path: Path) -> Reader | None:
    """A strict reader; None where its language is not at hand."""
    try:
        made: Reader = request.param(tmp_path)
    except Absent as absent:
        warnings.warn(str(absent), stacklevel=1)
        return None
    return made


@pytest_asyncio.fixture
async def small_broker(tmp_path: Path) -> AsyncIterator[Broker]:
    """A broker of its own: the topics of all services are more than any other test has."""
    server = broker_of("noida", tmp_path / "broker")
    await server.start()
    yield server
    await server.kill()


async def published(
    broker: Broker, service: str, contracts: Sequence[Contract[Any]], url: str
) -> list[Record]:
    """The newest sample of every event of a service, recorded and published by its relay."""
    pool = await open_pool(url, 4, "cloudevents")
    store = PostgresStore(pool)
    await store.migrate()
    signal = Signal("appended_cloudevents", pool)
    relay = Relay(
        service, store, contracts, bootstrap=broker.bootstrap, conninfo=url, signal=signal
    )
    running = asyncio.create_task(supervise("relay", relay.run, relay.progress))
    now = datetime.now(UTC)
    for contract in contracts:
        folder = kit.folder(contract.types[0])
        events = [
            NewEvent(uuid4(), kind.type, samples.stored(folder, kind)[-1].read_bytes(), META, now)
            for kind in contract.types
        ]
        await store.append(Append(f"{contract.name}-1", 0, events))

    async def all_there() -> list[Record]:
        records = await records_of(broker.bootstrap, [contract.topic for contract in contracts])
        assert len(records) == sum(len(contract.types) for contract in contracts)
        return records

    try:
        return await eventually(all_there)
    finally:
        relay.stop()
        await running
        await pool.close()


async def test_every_event_as_the_relay_publishes_it_is_taken(
    reader: Reader | None, small_broker: Broker, new_database: Callable[[], str]
) -> None:
    if reader is None:
        return
    records: list[Record] = []
    # Two services may have an aggregate of one name.
    for service in services():
        if service.contracts:
            url = new_database()
            records += await published(small_broker, service.name, service.contracts, url)
    said = reader([(dict(record.headers), record.value) for record in records])
    assert said == [""] * len(kit.KINDS)


@pytest.mark.parametrize(
    "change",
    [
        {"ce_dataschema": b"relais.missions.trip.v1.TripExpired"},
        {"ce_source": b""},
        {"ce_type": b""},
    ],
    ids=["no absolute URI", "no source", "no type"],
)
def test_a_strict_reader_refuses_what_is_no_cloud_event(
    reader: Reader | None, change: Headers
) -> None:
    if reader is None:
        return
    good, bad = reader([(HEADERS, b"fact"), ({**HEADERS, **change}, b"fact")])
    assert (good, bool(bad)) == ("", True)
