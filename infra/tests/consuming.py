"""A topic in memory, and two kinds of consumer that show what they did in which order."""

from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from types import UnionType
from typing import Any, ClassVar
from uuid import NAMESPACE_URL, uuid5

from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from contracts import amendments
from contracts.common_v1 import AmendmentKind, EventAmended, Money, Point
from contracts.missions import driver_v1, trip_v1
from contracts.missions.driver_v1 import DriverEngaged, DriverEvent
from contracts.missions.trip_v1 import (
    QuoteSubmitted,
    QuoteWithdrawn,
    Slot,
    Stop,
    TripEvent,
    TripPublished,
    Vehicle,
)
from contracts.runtime import Contract
from infra.cloudevents import headers
from infra.cluster import Address
from infra.commands import Aggregate, Commands
from infra.consumers import core
from infra.consumers.core import Consumer
from infra.consumers.handler import Handler
from infra.consumers.reactions import Reaction, ReactionHandler
from infra.consumers.records import Delivery, Partition, Record, TopicReader
from infra.consumers.subscriptions import subscription
from infra.consumers.views import Generations, View, ViewHandler
from infra.database import Connection, Pool, open_pool
from infra.kafka import options
from infra.personal import Keyring
from infra.store import RecordedEvent
from infra.store.esdb import store as esdb
from infra.store.esdb.client import connected
from infra.store.esdb.store import EsdbStore
from infra.store.postgres import PostgresStore
from infra.store.protocol import BEGINNING
from infra.testing.esdb import EsdbDouble

NOON = datetime(2030, 5, 1, 12, 0, tzinfo=UTC)
DAY = date(2030, 5, 6)
TOPIC = trip_v1.contract.topic
Placed = tuple[TripEvent, int]
"""An event and its version."""
Reads = TripPublished | QuoteSubmitted
"""The events of a trip that both kinds of consumer read; they pass by all others."""

# --- Events -------------------------------------------------------------------


def published(trip: str = "t-1") -> TripPublished:
    place = Stop(city="Paris", postal_code="75012", point=Point(latitude=48.84, longitude=2.38))
    slot = Slot(DAY, fixed=False)
    car = Vehicle(make="Renault", model="Clio")
    return TripPublished(
        trip_id=trip,
        organisation_id="hiflow",
        client_brand="Atlas",
        tags=(),
        departure=place,
        arrival=place,
        from_slot=slot,
        until_slot=slot,
        vehicle=car,
        delivery_type="depot",
        distance_km=9,
        duration_minutes=9,
        client_process=None,
        additional_services=(),
        published_at=NOON,
        time_zone=None,
        reference=None,
    )


def quoted(trip: str = "t-1", driver: str = "ada") -> QuoteSubmitted:
    return QuoteSubmitted(
        trip_id=trip,
        driver_id=driver,
        price=Money(12_500, "EUR"),
        comment=None,
        pickup_on=None,
        delivery_on=None,
        submitted_at=NOON,
        expenses=(),
        valid_until=None,
    )


def withdrawn(trip: str = "t-1", driver: str = "ada") -> QuoteWithdrawn:
    """An event that neither kind of consumer reads."""
    return QuoteWithdrawn(trip_id=trip, driver_id=driver, withdrawn_at=NOON)


def history(trip: str = "t-1", length: int = 3) -> list[TripEvent]:
    """`word` tells its events apart: published, 2, 3, ..."""
    return [published(trip), *(quoted(trip, str(n)) for n in range(2, length + 1))]


def word(event: TripEvent) -> str:
    return event.driver_id if isinstance(event, QuoteSubmitted) else "published"


def recorded(event: TripEvent, version: int) -> RecordedEvent:
    kind = trip_v1.contract.by_class(type(event))
    id = uuid5(NAMESPACE_URL, f"{event.trip_id}/{version}")
    data = kind.encode(event, lambda _subject, _field, plain: plain)
    stream = f"trip-{event.trip_id}"
    return RecordedEvent(stream, version, BEGINNING, id, kind.type, data, {}, NOON, NOON)


def value_of(event: TripEvent) -> bytes:
    """The value of an event without personal data."""
    return recorded(event, 1).data


def amendment(
    version: int,
    at: int,
    kind: AmendmentKind = AmendmentKind.CORRECTED,
    instead: TripEvent | None = None,
    readers: tuple[str, ...] = (),
) -> RecordedEvent:
    """An amendment of a version of trip t-1, recorded as another one."""
    said = EventAmended(
        version=version,
        event_id=str(uuid5(NAMESPACE_URL, f"t-1/{version}")),
        kind=kind,
        reason="a slip of the pen",
        replacement=None if instead is None else value_of(instead),
        unreadable=False,
        readers=readers,
        digest=None,
        type=recorded(instead, 1).type if instead is not None else "",
    )
    id = uuid5(NAMESPACE_URL, f"t-1/{at}")
    value = amendments.encode(said)
    return RecordedEvent("trip-t-1", at, BEGINNING, id, amendments.TYPE, value, {}, NOON, NOON)


async def send(bootstrap: Address, contract: Contract[TripEvent], found: Iterable[Placed]) -> None:
    """Publish to a broker as the relay does."""
    async with AIOKafkaProducer(**options(bootstrap)) as producer:
        for event, version in found:
            row = recorded(event, version)
            described = headers(contract, event.trip_id, row, 0)
            key = event.trip_id.encode()
            await producer.send_and_wait(contract.topic, row.data, key, headers=described)


async def create_topic(bootstrap: str, topic: str, partitions: int) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    await admin.create_topics([NewTopic(topic, partitions, 1)])
    await admin.close()


# --- The topic ----------------------------------------------------------------


class Topic:
    """A `TopicReader` over what a relay would have published; loses and repeats at will."""

    def __init__(self) -> None:
        self.timeline = 0
        self.reads = 0
        self._held: dict[Partition, list[Record]] = defaultdict(list)
        self._ends: Counter[Partition] = Counter()
        self._versions: Counter[str] = Counter()

    def publish(self, *events: TripEvent, partition: int = 0) -> list[Record]:
        return [self._publish(event, partition) for event in events]

    def _publish(self, event: TripEvent, partition: int) -> Record:
        self._versions[event.trip_id] += 1
        return self.put(event, self._versions[event.trip_id], partition)

    def put(self, event: TripEvent, version: int, partition: int = 0) -> Record:
        """At the end of the partition, whatever is there."""
        found = recorded(event, version)
        described = headers(trip_v1.contract, event.trip_id, found, self.timeline)
        key = event.trip_id.encode()
        return self.append(Record(TOPIC, partition, 0, key, found.data, tuple(described)))

    def amend(self, version: int, **said: Any) -> Record:
        """An amendment of a version of trip t-1, as the next event of it."""
        self._versions["t-1"] += 1
        found = amendment(version, self._versions["t-1"], **said)
        described = headers(trip_v1.contract, "t-1", found, self.timeline)
        return self.append(Record(TOPIC, 0, 0, b"t-1", found.data, tuple(described)))

    def append(self, record: Record) -> Record:
        place = record.topic, record.partition
        placed = replace(record, offset=self._ends[place])
        self._ends[place] += 1
        self._held[place].append(placed)
        return placed

    def swap(self, record: Record, other: Record) -> None:
        """Another record stands at its offset."""
        held = self._held[record.topic, record.partition]
        held[held.index(record)] = other

    def lose(self, record: Record) -> None:
        """The record is not there any more; its offset stays empty."""
        self._held[record.topic, record.partition].remove(record)

    def wipe(self) -> None:
        """Empty, as after the loss of every disk; the relay begins a new timeline."""
        self._held.clear()
        self._ends.clear()
        self._versions.clear()
        self.timeline += 1

    async def ends(self, partitions: Iterable[Partition]) -> dict[Partition, int]:
        return {partition: self._ends[partition] for partition in partitions}

    async def read(self, partition: Partition, start: int, stop: int) -> list[Record]:
        self.reads += 1
        found = [r for r in self._held[partition] if start <= r.offset < stop]
        return found[:3]

    async def close(self) -> None:
        """There is nothing to hang up."""


def reheaded(record: Record, **changed: bytes | None) -> Record:
    """The record with other CloudEvents headers; None leaves one out."""
    given = dict(record.headers) | {f"ce_{name}": value for name, value in changed.items()}
    return replace(record, headers=tuple((k, v) for k, v in given.items() if v is not None))


# --- Two kinds of consumer ----------------------------------------------------


class Poison(Exception):
    """Raised by a handler for an event that it cannot take."""


@dataclass
class Kit:
    """A database with one kind of consumer in it. Words in `poison` make its handler raise."""

    pool: Pool
    topic: Topic
    keyring: Keyring
    stack: AsyncExitStack
    poison: set[str] = field(default_factory=set)
    contract: Contract[TripEvent] = trip_v1.contract
    joins_transactions: ClassVar[bool] = True
    """Whether the work of its handler is undone with the transaction of the positions."""

    def handler(self) -> Handler:
        raise NotImplementedError

    async def seen(self, trip: str = "t-1") -> list[str]:
        """The words of the events done for a trip, in order, each as often as it was done."""
        raise NotImplementedError

    def consumer(
        self,
        name: str = "test",
        handler: Handler | None = None,
        limit: int = 100,
        reader: TopicReader | None = None,
        reads: UnionType = Reads,
    ) -> Consumer:
        return Consumer(
            name,
            self.pool,
            [subscription(self.contract, reads)],
            handler or self.handler(),
            self.keyring,
            reader or self.topic,
            parking_limit=limit,
        )

    async def owner(
        self, name: str = "test", handler: Handler | None = None, limit: int = 100
    ) -> Consumer:
        """A consumer that has just become the owner of two partitions."""
        consumer = self.consumer(name, handler, limit)
        await consumer.acquire([(TOPIC, 0), (TOPIC, 1)])
        return consumer

    def word(self, event: TripEvent) -> str:
        """Raises for poison; `refused` becomes what PostgreSQL never takes."""
        found = word(event)
        if found in self.poison:
            raise Poison(found)
        return "\0" if found == "refused" else found

    async def ask(self, query: str) -> list[Any]:
        """Rows of one column as plain values."""
        async with self.pool.connection() as connection:
            cursor = await connection.execute(query.encode())
            return [row[0] if len(row) == 1 else row for row in await cursor.fetchall()]

    async def parked(self) -> list[tuple[str, int]]:
        return await self.ask("select stream, version from consumer.parked order by 1, 2")

    async def reason(self) -> str:
        """Why the first parked record is."""
        [first, *_] = await self.ask("select reason from consumer.parked order by stream, version")
        return str(first)

    async def request(self, what: str, consumer: Consumer) -> None:
        """Ask for all parked streams, and have it done."""
        await self.ask(f"update consumer.parked set request = '{what}' returning 1")
        await consumer.serve_requests()


@dataclass(frozen=True, slots=True)
class Seen:
    trip_id: str
    words: tuple[str, ...]


class ViewKit(Kit):
    """A view with a row a trip that lists the words."""

    tables = ("shown_1.seen",)

    async def open(self) -> None:
        await self.generations.migrate()
        active = await self.generations.active()
        assert active is not None
        self.generation = active

    @property
    def view(self) -> View[Seen, Reads]:
        return View(
            "seen",
            self.contract,
            Seen,
            ("trip_id",),
            self._key,
            self._fold,
            indexes=("(words)",),
            reads=Reads,
        )

    @property
    def generations(self) -> Generations:
        return Generations("shown", [self.view], self.pool)

    def _key(self, event: Reads) -> tuple[str]:
        return (event.trip_id,)

    def _fold(self, row: Seen | None, event: Reads) -> Seen:
        before = row.words if row is not None else ()
        return Seen(event.trip_id, (*before, self.word(event)))

    def handler(self) -> Handler:
        return ViewHandler(self.generation, [self.view])

    async def seen(self, trip: str = "t-1") -> list[str]:
        return await self.ask(f"select unnest(words) from shown_1.seen where trip_id = '{trip}'")


@dataclass(frozen=True, slots=True)
class Note:
    """The command of the reaction: it records an event every time, so repeating it would show."""

    trip_id: str
    word: str


def decide(command: Note, _noted: int) -> list[DriverEvent] | str:
    return [
        DriverEngaged(
            driver_id=command.trip_id,
            trip_id=command.word,
            from_day=DAY,
            until_day=DAY,
            engaged_at=NOON,
        )
    ]


def evolve(noted: int, _event: DriverEvent) -> int:
    return noted + 1


NOTES: Aggregate[Note, int, DriverEvent, str] = Aggregate(driver_v1.contract, decide, evolve, 0)


class ReactionKit(Kit):
    """A reaction that notes the word of each event in a stream a trip."""

    tables: tuple[str, ...] = ("es.stored_event",)

    async def open(self) -> None:
        self.commands = Commands("notes", PostgresStore(self.pool), self.keyring)
        await self.commands.store.migrate()

    def handler(self) -> Handler:
        def react(event: Reads) -> list[Note]:
            found = self.word(event)
            return [Note("\0" if found == "\0" else event.trip_id, found)]

        def target(note: Note) -> str:
            return note.trip_id

        reaction = Reaction("noting", self.contract, react, NOTES, target, reads=Reads)
        return ReactionHandler(reaction, self.commands, "notes")

    async def seen(self, trip: str = "t-1") -> list[str]:
        noted = await self.commands.history(NOTES, trip)
        return [entry.event.trip_id for entry in noted if isinstance(entry.event, DriverEngaged)]


class ElsewhereKit(ReactionKit):
    """The same reaction with its events in EventStoreDB, and their ids and timers beside it."""

    tables = ("beside.event_id", "beside.cluster", "es.timer")
    joins_transactions = False

    async def open(self) -> None:
        self.server = await self.stack.enter_async_context(EsdbDouble())
        client = await self.stack.enter_async_context(connected(self.server.url))
        self.commands = Commands("notes", EsdbStore(client, self.pool), self.keyring)
        await esdb.make_tables(self.pool)


ELSEWHERE = "reaction elsewhere"
KITS: Mapping[str, type[ViewKit] | type[ReactionKit]] = {
    "view": ViewKit,
    "reaction": ReactionKit,
    ELSEWHERE: ElsewhereKit,
}


@asynccontextmanager
async def opened(kind: str, database: str) -> AsyncIterator[ViewKit | ReactionKit]:
    """A kit on a database, which it empties first; closed at the end of the block."""
    async with attached(kind, database) as kit:
        for table in ("consumer.position", "consumer.stream", "consumer.parked", *kit.tables):
            await kit.ask(f"delete from {table} returning 1")
        yield kit


@asynccontextmanager
async def attached(kind: str, database: str) -> AsyncIterator[ViewKit | ReactionKit]:
    """A kit on a database as it is; closed at the end of the block."""
    pool = await open_pool(database, 6, kind)
    try:
        keyring = Keyring(pool, {"test": b"k" * 32})
        await keyring.migrate()
        await core.migrate(pool)
        async with AsyncExitStack() as stack:
            kit = KITS[kind](pool, Topic(), keyring, stack)
            await kit.open()
            yield kit
    finally:
        await pool.close()


# --- Trouble ------------------------------------------------------------------


class Crash(Exception):
    """The process ends here."""


async def raising(_: Connection) -> None:
    raise Crash


async def losing_the_session(connection: Connection) -> None:
    await connection.execute("select pg_terminate_backend(pg_backend_pid())")


@dataclass
class Crashing(Handler):
    """A handler that comes to grief between its work and the commit, as often as told."""

    handler: Handler
    crash: Callable[[Connection], Awaitable[None]] = raising
    times: int = 1

    async def handle(
        self, connection: Connection, deliveries: Sequence[Delivery]
    ) -> Mapping[int, Exception]:
        failed = await self.handler.handle(connection, deliveries)
        if self.times > 0:
            self.times -= 1
            await self.crash(connection)
        return failed
