"""A store is restored to an earlier time: what was published since is found, and undone."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID, uuid4

import pytest
import pytest_asyncio

from contracts.missions import trip_v1
from contracts.missions.trip_v1 import QuoteWithdrawn
from infra import host
from infra.cloudevents import envelope
from infra.commands import CommandContext, Done
from infra.consumers import core
from infra.consumers.core import Consumer
from infra.consumers.handler import Handler
from infra.consumers.ownership import Fenced
from infra.consumers.records import Delivery, KafkaTopicReader, Record
from infra.consumers.subscriptions import subscription
from infra.database import Connection, open_pool
from infra.personal import Keyring
from infra.relay import Relay
from infra.settings import Settings
from infra.signals import Signal
from infra.stack.broker import Broker
from infra.stack.postgres import PostgresServer
from infra.store import Append, Appended, NewEvent
from infra.store.postgres import PostgresStore
from infra.store.protocol import BEGINNING
from infra.supervisor import Halt, supervise
from infra.testing.brokers import emptied
from infra.testing.databases import administer
from infra.testing.eventually import eventually
from infra.testing.records import records_of
from infra.testing.serving import KEY, MASTER_KEYS
from infra.tokens import jwks
from infra.topics import partitions_of
from services.missions.aggregates import TRIP as AGGREGATE
from services.missions.service import service as missions
from services.names import NAMES
from tests.e2e.story import OFFER
from tools.relais.answers import Trouble
from tools.relais.phantoms import Lost, Restored
from tools.relais.progress import Telling
from tools.relais.readers import Reader
from tools.relais.tests.conftest import Line

TRIP = trip_v1.contract
PLACES = [(TRIP.topic, number) for number in range(partitions_of(TRIP.topic))]
HAPPENED = datetime(2030, 5, 1, 12, 0, tzinfo=UTC)
LOST = {("missions.trip/T1", 3), ("missions.trip/T1", 4), ("missions.trip/T3", 1)}
NOTES = "create table notes (stream text, version int, event_id uuid)"


class Noting(Handler):
    """Notes each event that it is handed; twice would show."""

    async def handle(
        self, connection: Connection, deliveries: Sequence[Delivery]
    ) -> Mapping[int, Exception]:
        for one in deliveries:
            await connection.execute(
                "insert into notes values (%s, %s, %s)",
                (one.stream, one.envelope.sequence, one.envelope.event_id),
            )
        return {}


def silent(what: str, done: int, of: int | None = None) -> None:
    """Tells nobody."""


@dataclass
class Site:
    """The store of a service, the topic that it fills, and a reaction in another database."""

    broker: Broker
    url: str
    store: PostgresStore
    reader: Reader
    keyring: Keyring
    told: Telling = silent
    versions: dict[str, int] = field(default_factory=dict)

    async def record(self, trip: str, count: int = 1) -> None:
        """Record events of a trip one after the other."""
        kind = TRIP.by_class(QuoteWithdrawn)
        said = QuoteWithdrawn(trip_id=trip, driver_id="ada", withdrawn_at=HAPPENED)
        data = kind.encode(said, lambda _subject, _field, plain: plain)
        for _ in range(count):
            version = self.versions.get(trip, 0)
            event = NewEvent(uuid4(), kind.type, data, {"correlation": "c"}, HAPPENED)
            verdict = await self.store.append(Append(f"trip-{trip}", version, [event]))
            assert verdict == Appended(version + 1)
            self.versions[trip] = version + 1

    def relay(self) -> Relay:
        return Relay(
            "missions",
            self.store,
            [TRIP],
            bootstrap=self.broker.bootstrap,
            conninfo=self.url,
            signal=Signal("appended_missions", self.store.pool),
        )

    @asynccontextmanager
    async def publishing(self) -> AsyncIterator[Relay]:
        """A relay at work within the block."""
        relay = self.relay()
        task = asyncio.create_task(supervise("relay", relay.run, relay.progress))
        try:
            yield relay
        finally:
            relay.stop()
            await task

    async def published(self) -> list[Record]:
        """The records of the topic, once all of the store is there."""
        async with self.publishing():
            return await eventually(self.holds_everything)

    async def holds_everything(self) -> list[Record]:
        records = await records_of(self.broker.bootstrap, [TRIP.topic])
        assert await self.stored() <= ids(records)
        return records

    async def stored(self) -> set[UUID]:
        return {one.event_id for one in await self.store.read_all(BEGINNING, 1_000)}

    def consumer(self) -> Consumer:
        """A process that feeds the reaction."""
        return Consumer(
            self.reader.name,
            self.reader.pool,
            [subscription(TRIP, QuoteWithdrawn)],
            Noting(),
            self.keyring,
            KafkaTopicReader(self.broker.bootstrap),
        )

    async def read(self) -> Consumer:
        """Read the topic to its end; answers the process, which still thinks that it owns it."""
        consumer = self.consumer()
        await consumer.acquire(PLACES)
        while await consumer.catch_up():
            continue
        return consumer

    async def noted(self) -> list[UUID]:
        """The events that the reaction was handed, as often as it was."""
        async with self.reader.pool.connection() as connection:
            cursor = await connection.execute("select event_id from notes order by version")
            return [id for (id,) in await cursor.fetchall()]

    def restored(self, kind: type[Restored] = Restored) -> Restored:
        pool, broker = self.store.pool, self.broker.bootstrap
        return kind("missions", [TRIP], pool, [self.reader], {"missions": pool}, broker, self.told)

    async def kept(self) -> set[tuple[str, int, bool]]:
        """The lost events as the database of the service keeps them."""
        async with self.store.pool.connection() as connection:
            cursor = await connection.execute(
                "select stream, version, repaired_at is not null from relais.phantom"
            )
            return {(stream, version, done) for stream, version, done in await cursor.fetchall()}


def ids(records: Sequence[Record]) -> set[UUID]:
    return {envelope(one.headers).event_id for one in records}


def found(lost: Lost) -> set[tuple[str, int]]:
    return {(one.stream, one.version) for one in lost.phantoms}


def held(lost: Lost) -> set[tuple[str, int, int]]:
    return {(one.stream, one.seen, one.agreed) for one in lost.held}


@pytest_asyncio.fixture
async def site(
    broker: Broker, new_database: Callable[[], str], postgres: PostgresServer
) -> AsyncIterator[Site]:
    """The store was restored: T1 was at version 2 of 4 then, T3 was not there, T2 was complete.

    After it T1 got another third version.
    """
    await emptied(broker)
    url, other, saved = new_database(), new_database(), new_database()
    pool, theirs = await open_pool(url, 4, "missions"), await open_pool(other, 4, "bells")
    keyring = Keyring(theirs, {"test": bytes(32)})
    reader = Reader("bells.noting", "bells", "reaction", (TRIP,), theirs)
    before = Site(broker, url, PostgresStore(pool), reader, keyring)
    await before.store.migrate()
    await keyring.migrate()
    await core.migrate(theirs)
    async with theirs.connection() as connection:
        await connection.execute(NOTES.encode())
    await before.record("T1", 2)
    await before.record("T2")
    await before.published()
    await before.read()
    await pool.close()
    name = saved.rsplit("/", 1)[-1].partition("?")[0]
    administer(postgres, f"drop database {name}")
    administer(
        postgres, f"create database {name} template {url.rsplit('/', 1)[-1].partition('?')[0]}"
    )
    pool = await open_pool(url, 4, "missions")
    lost = replace(before, store=PostgresStore(pool))
    await lost.record("T1", 2)
    await lost.record("T3")
    await lost.published()
    await lost.read()
    await pool.close()
    pool = await open_pool(saved, 4, "missions")
    site = replace(before, url=saved, store=PostgresStore(pool), versions={"T1": 2, "T2": 1})
    await site.record("T1")
    yield site
    await pool.close()
    await theirs.close()


async def repaired(site: Site) -> None:
    """Repair it, while no relay leads."""
    async with site.restored().alone():
        await site.restored().repair(await site.restored().lost(), "restored to noon")


async def refused_while_leading(site: Site) -> None:
    """While a relay leads, nobody repairs."""
    async with site.publishing() as relay:
        await relay.leading.wait()
        with pytest.raises(Trouble, match="stop `relais work missions` everywhere first"):
            async with site.restored().alone():
                raise AssertionError("a relay leads")


async def listed(site: Site) -> None:
    """A look lists all that is held of lost events, and changes nothing: a second says the same."""
    for _ in range(2):
        lost = await site.restored().lost()
        assert found(lost) == LOST
        assert held(lost) == {("missions.trip/T1", 4, 2), ("missions.trip/T3", 1, 0)}
    with pytest.raises(Halt):
        await asyncio.wait_for(site.relay().run(), 15)


async def test_a_restored_store_is_published_and_read_again(site: Site) -> None:
    await listed(site)
    phantoms = set(await site.noted()) - await site.stored()
    running = await site.read()
    await repaired(site)
    records = await site.published()
    assert ids(records) == await site.stored()
    # The process that ran on meanwhile cannot count what it never saw.
    with pytest.raises(Fenced):
        await running.consume(records)
    await site.read()
    noted = await site.noted()
    assert set(noted) - phantoms == await site.stored()
    assert len(noted) == len(set(noted))
    assert not (await site.restored().lost()).anything
    assert await site.kept() == {(stream, version, True) for stream, version in LOST}
    await refused_while_leading(site)


class Interrupted(Restored):
    """A repair that breaks off between the topics and the readers."""

    async def _go_back(self, reader: Reader, found: Lost) -> None:
        raise OSError("the network is away")


async def test_an_interrupted_repair_goes_on_when_it_is_said_again(site: Site) -> None:
    restored, broken = site.restored(), site.restored(Interrupted)
    with pytest.raises(OSError, match="the network is away"):
        await broken.repair(await restored.lost(), "restored to noon")
    # The topic is empty by now; what it held is known all the same.
    again = await restored.lost()
    assert (found(again), again.topics) == (LOST, set())
    await restored.repair(again, "restored to noon")
    await site.published()
    await site.read()
    assert await site.stored() <= set(await site.noted())
    assert not (await restored.lost()).anything


# --- The commands -------------------------------------------------------------


@dataclass(frozen=True)
class Installed(Line):
    """An installation on servers of the tests, of which missions works now and then."""

    postgres: PostgresServer
    broker: Broker

    @property
    def settings(self) -> Settings:
        names = {name.removeprefix("RELAIS_").lower(): v for name, v in self.environment.items()}
        return Settings.model_validate(names)

    async def lived(self, *trips: str) -> list[Record]:
        """Missions publishes these trips and all that its store has; answers the topic."""
        async with host.opened(missions, self.settings) as running, host.working(running):
            for trip in trips:
                offer = replace(OFFER, trip_id=trip)
                context = CommandContext(uuid4(), "c", "c", "user:lea", "hiflow", HAPPENED, trip)
                assert isinstance(
                    await running.commands.handle(AGGREGATE, trip, offer, context), Done
                )
            stored = {one.event_id for one in await running.store.read_all(BEGINNING, 1_000)}

            async def holds() -> list[Record]:
                records = await records_of(self.broker.bootstrap, [TRIP.topic])
                assert stored <= ids(records)
                return records

            return await eventually(holds)

    def copy(self, name: str, of: str) -> None:
        administer(self.postgres, f"drop database if exists {name}")
        administer(self.postgres, f"create database {name} template {of}")


@pytest.fixture
def installed(broker: Broker, postgres: PostgresServer, tmp_path: Path) -> Iterator[Installed]:
    """Every service has its databases and its topics, and nothing happened yet."""
    asyncio.run(emptied(broker))
    environment = {
        "RELAIS_HOME": str(tmp_path),
        "RELAIS_POSTGRES": postgres.url(),
        "RELAIS_KAFKA": broker.bootstrap,
        "RELAIS_MASTER_KEYS": MASTER_KEYS,
        "RELAIS_JWKS": jwks(KEY),
    }
    site = Installed(tmp_path, environment, postgres, broker)
    for words in (("migrate",), ("topics", "create")):
        said = site.say(*words)
        assert said.exit_code == 0, said.output
    yield site
    for name in (*NAMES, "keys", "before"):
        administer(
            postgres, f"drop database if exists relais_{name.replace('.', '_')} with (force)"
        )


# Every service makes its databases, which takes a busy machine minutes.
@pytest.mark.timeout(400)
def test_the_commands_of_the_runbook_undo_a_restore(installed: Installed) -> None:
    asyncio.run(installed.lived("T1"))
    installed.copy("relais_before", of="relais_missions")
    asyncio.run(installed.lived("T2"))
    installed.copy("relais_missions", of="relais_before")
    [found] = installed.facts("phantoms", "list", code=1)
    assert [one["key"] for one in found["phantoms"]] == ["T2"]
    words = ("phantoms", "repair", "missions", "--reason", "restored to noon")
    assert installed.facts(*words)["phantoms"] == found["phantoms"]
    assert installed.facts("phantoms", "list", code=1) == [found]
    installed.facts(*words, "--yes")
    records = asyncio.run(installed.lived("T3"))
    assert {one.key for one in records} == {b"T1", b"T3"}
    assert installed.facts("phantoms", "list") == []
    assert installed.audited[-1]["reason"] == "restored to noon"
