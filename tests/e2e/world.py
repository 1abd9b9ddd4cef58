"""Missions and the partner's views on real servers, with workers that can be killed one by one."""

import asyncio
import base64
import json
import random
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import psycopg
from aiokafka.admin import AIOKafkaAdminClient
from psycopg import sql
from psycopg_pool import PoolTimeout

from contracts.missions.driver_v1 import DriverEngaged
from contracts.missions.trip_v1 import MissionAssigned
from infra import host
from infra.commands import Aggregate, CommandContext, Done, Refused
from infra.consumers.records import Record
from infra.consumers.views import View
from infra.host import Running
from infra.personal import Encoded
from infra.settings import Settings
from infra.stack.broker import Broker
from infra.store import RecordedEvent
from infra.store.protocol import BEGINNING, StoreAway
from infra.testing.brokers import emptied, refilled
from infra.testing.esdb import EsdbDouble
from infra.testing.eventually import eventually
from infra.testing.records import records_of, versions
from infra.topics import create_topics
from services.missions.aggregates import TRIP
from services.missions.service import service as missions
from services.views.partner.service import service as partner
from tests.e2e import worker

NOON = datetime(2030, 5, 1, 12, 0, tzinfo=UTC)
MISSING = 2
"""Records of each partition that a mirror had not copied yet."""
AWAY = (psycopg.OperationalError, psycopg.InterfaceError, PoolTimeout, StoreAway)
MASTER_KEYS = json.dumps({"test": base64.b64encode(bytes(range(32))).decode()})


@dataclass
class World:
    """Both services, opened, and what their clients were promised."""

    broker: Broker
    missions: Running
    partner: Running
    elsewhere: str
    settings: dict[str, Any]
    folder: Path
    dice: random.Random
    promised: list[Done[Any]] = field(default_factory=list)
    _processes: dict[str, list[BaseProcess]] = field(default_factory=dict)

    # --- Workers --------------------------------------------------------------------------------

    def start(self, *names: str, lock: str = "") -> None:
        """Start these workers, each a process: relay, reactions, views."""
        for name in names:
            service = partner if name == "views" else missions
            begun = worker.begun(
                service.name, name, self.settings, lock, self.folder / f"{name}.log"
            )
            self._processes.setdefault(name, []).append(begun)

    def start_second_relay(self) -> None:
        """A relay that takes its lock in another database, so that both think they lead."""
        self.start("relay", lock=self.elsewhere)

    async def kill(self, name: str) -> None:
        """End a worker wherever it is, as `kill -9` does."""
        for process in self._processes.pop(name, []):
            process.kill()
            await asyncio.to_thread(process.join)

    async def kill_and_restart(self, name: str) -> None:
        await self.kill(name)
        self.start(name)

    async def finish(self) -> None:
        """End every worker."""
        for name in list(self._processes):
            await self.kill(name)

    # --- Losses ---------------------------------------------------------------------------------

    async def lose_a_topic(self) -> None:
        """Somebody deletes the topic of trips at the broker."""
        admin = AIOKafkaAdminClient(bootstrap_servers=self.broker.bootstrap)
        await admin.start()
        try:
            await admin.delete_topics([TRIP.contract.topic])
        finally:
            await admin.close()

    async def move_to_a_mirror(self) -> None:
        """All workers end and begin anew beside a copy of the topics that a mirror has made.

        It lacks the last records of each partition, and others stand at other offsets, since one
        came twice. Databases moved as they are.
        """
        names = [*self._processes]
        await self.finish()
        partitions: dict[tuple[str, int], list[Record]] = {}
        for record in await self.records():
            partitions.setdefault(record.place, []).append(record)
        mirrored = [one for found in partitions.values() for one in (found[0], *found[:-MISSING])]
        await refilled(self.broker, missions.contracts, mirrored)
        self.start(*names)

    # --- Commands -------------------------------------------------------------------------------

    async def do(self, aggregate: Aggregate[Any, Any, Any, Any], id: str, command: Any) -> Any:
        """Send a command until it is answered, always with the same id, as a client does."""
        context = self._context()

        async def attempt() -> Done[Any] | Refused[Any]:
            try:
                return await self.missions.commands.handle(aggregate, id, command, context)
            except AWAY as error:
                raise AssertionError("the database is away") from error

        answer = await eventually(attempt)
        assert isinstance(answer, Done), answer
        self.promised.append(answer)
        return answer

    def _context(self) -> CommandContext:
        id = UUID(int=self.dice.getrandbits(128), version=4)
        return CommandContext(id, str(id), str(id), "user:1", "hiflow", NOON, "same")

    # --- What it all came to --------------------------------------------------------------------

    async def stored(self) -> dict[str, list[RecordedEvent]]:
        """The events of each stream, in the order of their versions."""
        found: dict[str, list[RecordedEvent]] = {}
        for event in await self.missions.store.read_all(BEGINNING, 1_000_000):
            found.setdefault(event.stream, []).append(event)
        return found

    async def records(self) -> list[Record]:
        """Everything in the topics."""
        return await records_of(
            self.broker.bootstrap, [contract.topic for contract in missions.contracts]
        )

    async def came_to_rest(self) -> None:
        """Every promise is kept in the store, the topics, the views and by the reaction."""
        try:
            await self._keeps_every_promise()
        except AWAY as error:
            raise AssertionError("a connection from before the crash") from error

    async def _keeps_every_promise(self) -> None:
        stored = await self.stored()
        for done in self.promised:
            assert len(stored[done.stream]) >= done.version
        await self._topics_hold(stored)
        await self._drivers_are_engaged_once(stored)
        for view in partner.views:
            await self._shows(view, stored)
        # The reaction may have recorded more meanwhile.
        assert len(await self.stored()) == len(stored)

    async def _topics_hold(self, stored: dict[str, list[RecordedEvent]]) -> None:
        published = versions(await self.records())
        expected = {
            f"missions.{stream.replace('-', '/', 1)}": [event.version for event in events]
            for stream, events in stored.items()
        }
        assert published == expected

    async def _drivers_are_engaged_once(self, stored: dict[str, list[RecordedEvent]]) -> None:
        trips, drivers = await self._events("trip", stored), await self._events("driver", stored)
        assigned = [(e.driver_id, e.trip_id) for e in trips if isinstance(e, MissionAssigned)]
        engaged = [(e.driver_id, e.trip_id) for e in drivers if isinstance(e, DriverEngaged)]
        assert sorted(engaged) == sorted(assigned), f"{len(engaged)} of {len(assigned)} engaged"

    async def _shows(self, view: View[Any, Any], stored: dict[str, list[RecordedEvent]]) -> None:
        rows: dict[Any, Any] = {}
        for event in await self._events(view.contract.name, stored):
            if type(event) not in view.events or (key := view.key(event)) is None:
                continue
            row = view.project(rows.pop(key, None), event)
            if row is not None:
                rows[key] = row
        shown = await self._rows(view)
        assert shown.keys() == rows.keys(), f"{view.name} has {len(shown)} of {len(rows)} rows"
        for key, row in rows.items():
            assert shown[key] == row, f"{view.name}: {shown[key]} is not {row}"

    async def _rows(self, view: View[Any, Any]) -> dict[Any, Any]:
        columns = sql.SQL(", ").join(map(sql.Identifier, view.columns))
        question = sql.SQL("select {} from {}").format(
            columns, sql.Identifier(partner.schema, view.name)
        )
        async with self.partner.pool.connection() as connection:
            cursor = connection.cursor(row_factory=view.row_factory, binary=True)
            await cursor.execute(question)
            return {view.key_of(row): row for row in await cursor.fetchall()}

    async def _events(self, name: str, stored: dict[str, list[RecordedEvent]]) -> list[Any]:
        [aggregate] = [a for a in missions.aggregates if a.contract.name == name]
        events = [e for s, found in stored.items() if s.startswith(f"{name}-") for e in found]
        codec = self.missions.commands.codec(aggregate.contract)
        return await codec.decode([Encoded(e.event_id, e.type, e.data) for e in events])


@asynccontextmanager
async def kept_elsewhere(server: str | None) -> AsyncIterator[dict[str, str]]:
    """The setting with which missions records on this EventStoreDB, or on a double of its own."""
    async with AsyncExitStack() as stack:
        url = server or (await stack.enter_async_context(EsdbDouble())).url
        # A real one keeps what the test before wrote.
        yield {"missions": f"{url}#test-{uuid4().hex}"}


@asynccontextmanager
async def opened(
    broker: Broker,
    new_database: Callable[[], str],
    folder: Path,
    seed: int,
    stores: Mapping[str, str] | None = None,
) -> AsyncIterator[World]:
    """A world on an empty broker and in databases of its own, its workers at work.

    `stores` has the URLs of those that are not in the databases, by service.
    """
    await emptied(broker)
    await create_topics(broker.bootstrap, missions.contracts, 1)
    databases = {name: new_database() for name in ("keys", "missions", "views.partner")}
    given: dict[str, Any] = {
        "databases": databases,
        "stores": stores or {},
        "kafka": broker.bootstrap,
        "master_keys": MASTER_KEYS,
    }
    settings = Settings(**given)
    async with host.opened(missions, settings) as m, host.opened(partner, settings) as p:
        world = World(broker, m, p, new_database(), given, folder, random.Random(seed))
        world.start("relay", "reactions", "views")
        try:
            yield world
        finally:
            await world.finish()
