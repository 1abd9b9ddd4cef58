"""Runs services: opens what they need, starts what they declare, stops it in order.

The same declaration runs as an API, as workers, or everything in one process.
"""

import asyncio
import logging
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

import psycopg
from psycopg import errors, sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from contracts.runtime import Contract
from infra.commands import Aggregate, Commands
from infra.consumers import core
from infra.consumers.core import Consumer
from infra.consumers.handler import Handler
from infra.consumers.reactions import Follower, Reaction, ReactionHandler
from infra.consumers.records import KafkaTopicReader
from infra.consumers.subscriptions import Subscription
from infra.consumers.transports import FaustApp, KafkaLoop
from infra.consumers.views import (
    Generation,
    Generations,
    View,
    ViewHandler,
    fingerprint_of,
    shape_schema,
    subscriptions,
)
from infra.database import Pool, open_pool
from infra.migrations import Step, apply_migrations
from infra.personal import Keyring
from infra.relay import Relay
from infra.settings import Settings
from infra.signals import Signal
from infra.store.choice import store_of
from infra.store.postgres import PostgresStore
from infra.store.protocol import ServiceStore
from infra.supervisor import Progress, supervise
from infra.timers import Timers
from infra.wording import ALL, Wording

log = logging.getLogger("relais.host")

STOP_SECONDS = 20.0
GENERATIONS_SECONDS = 2.0


Outside = Literal["mail", "texts", "push", "objects", "scanner", "cards", "vendors"]
"""A mail server, a gateway of text messages, push services of browsers, a store of objects, a virus
scanner, a provider of card payments, systems that dealerships have of others."""


@dataclass(frozen=True)
class Service:
    """The parts of a service, in one screen.

    `routes` takes the opened service and answers its API router; `wording` has what it says
    of the rules that say no. `lookups` are tables like `views`, of other services' facts
    that its commands ask for. `guard` refuses people who have a good access token; it may ask the
    lookups. `followers` write what is neither event nor row, e.g. they remove the secrets of who is
    forgotten. `migrations` are steps of SQL, in order, for what must not be an event: secrets,
    receipts, chunks. `workers` are more loops, by name, e.g. one that sends mail; `counting` names
    the Faust apps among them, which may make the topics of their tables. `about` tells
    people outside what its API is for. `reaches` names what it talks to beside the databases, the
    broker and the keys of accounts; production opens the ways to these and to nothing else.
    """

    name: str
    routes: Callable[["Running"], Any]
    aggregates: tuple[Aggregate[Any, Any, Any, Any], ...] = ()
    reactions: tuple[Reaction[Any], ...] = ()
    followers: tuple[Follower, ...] = ()
    views: tuple[View[Any, Any], ...] = ()
    lookups: tuple[View[Any, Any], ...] = ()
    wording: Wording = ALL
    guard: Callable[[Any], Awaitable[None]] | None = None
    migrations: tuple[Step | str, ...] = ()
    workers: Mapping[str, Callable[["Running"], "Worker"]] = field(default_factory=dict)
    counting: tuple[str, ...] = ()
    about: str = ""
    reaches: tuple[Outside, ...] = ()

    @property
    def contracts(self) -> tuple[Contract[Any], ...]:
        """The contracts it records events of."""
        return tuple(aggregate.contract for aggregate in self.aggregates)

    @property
    def sources(self) -> tuple[Contract[Any], ...]:
        """The contracts its tables are folded from, each once."""
        return tuple(one.contract for one in self.subscriptions)

    @property
    def tables(self) -> tuple[View[Any, Any], ...]:
        """All tables folded from events: its views and its lookups."""
        return self.views + self.lookups

    @property
    def subscriptions(self) -> tuple[Subscription, ...]:
        """The events that its tables read, one subscription a topic."""
        return subscriptions(self.tables)

    @property
    def schema(self) -> str:
        """The last part of the name, by which its generations go."""
        return self.name.rsplit(".", 1)[-1]

    @property
    def shape(self) -> str:
        """The schema that queries of this release read; empty without tables."""
        return shape_schema(self.schema, fingerprint_of(self.tables)) if self.tables else ""

    @property
    def prefix(self) -> str:
        """Where its API is served, alone or beside others: `/missions`, `/partner`."""
        return f"/{self.schema}"


class Worker(Protocol):
    """A loop of a service."""

    progress: Progress

    async def run(self) -> None: ...

    def stop(self) -> None: ...


@dataclass
class Running:
    """A service with what it stands on, opened."""

    service: Service
    settings: Settings
    pool: Pool
    keyring: Keyring
    store: ServiceStore
    commands: Commands
    appended: Signal
    seen: Signal
    generations: Generations | None
    workers: dict[str, Worker] = field(default_factory=dict)

    def consumer(
        self,
        name: str,
        subscriptions: Sequence[Subscription],
        handler: Handler,
        reader: KafkaTopicReader | None = None,
    ) -> Consumer:
        """A consumer of this service; without a reader it reads topics again through its own."""
        return Consumer(
            name,
            self.pool,
            subscriptions,
            handler,
            self.keyring,
            reader or KafkaTopicReader(self.settings.cluster),
            owner=socket.gethostname(),
            seen=self.seen,
            parking_limit=self.settings.parking_limit,
        )

    def reacting(self) -> FaustApp | None:
        """The app of its reactions and followers; None when it has none."""
        service, settings = self.service, self.settings
        reactions = [one.equipped(self) for one in service.reactions]
        readers: list[tuple[str, Subscription, Handler]] = [
            (one.name, one.subscription, ReactionHandler(one, self.commands, service.name))
            for one in reactions
        ]
        readers += [(one.name, one.subscription, one.handler) for one in service.followers]
        if not readers:
            return None
        again = KafkaTopicReader(settings.cluster)
        consumers = [
            self.consumer(f"{service.name}.{name}", [subscription], handler, again)
            for name, subscription, handler in readers
        ]
        return FaustApp(consumers, settings.cluster, f"relais.{service.name}")


async def ensure_database(url: str) -> None:
    """Create the database of a URL when the server lacks it. Safe to repeat."""
    name = str(conninfo_to_dict(url)["dbname"])
    server = make_conninfo(url, dbname="postgres")
    try:
        async with await psycopg.AsyncConnection.connect(url, connect_timeout=10):
            return
    except psycopg.OperationalError as error:
        if "does not exist" not in str(error):
            raise
    async with await psycopg.AsyncConnection.connect(server, autocommit=True) as connection:
        try:
            await connection.execute(sql.SQL("create database {}").format(sql.Identifier(name)))
        except (errors.DuplicateDatabase, errors.UniqueViolation):
            log.info("database %s was made by another process meanwhile", name)


@asynccontextmanager
async def opened(
    service: Service, settings: Settings, keys: Pool | None = None
) -> AsyncIterator[Running]:
    """The service with its pools, migrated; closed at the end of the block.

    Services of one process may share `keys`, an `open_keys`.
    """
    async with AsyncExitStack() as stack:
        if keys is None:
            keys = await stack.enter_async_context(open_keys(settings))
        pool = await _pool(stack, settings, service.name, settings.pool_size, service.shape)
        store = await stack.enter_async_context(store_of(service.name, settings, pool))
        running = assembled(service, settings, pool, keys, store)
        await migrate(running)
        yield running


@asynccontextmanager
async def open_keys(settings: Settings, size: int = 4) -> AsyncIterator[Pool]:
    """A pool for the database of keys, for the time of the block."""
    async with AsyncExitStack() as stack:
        yield await _pool(stack, settings, "keys", size)


def assembled(
    service: Service,
    settings: Settings,
    pool: Pool,
    keys: Pool,
    store: ServiceStore | None = None,
) -> Running:
    """The service over these pools, its own and that of the keys, opened or not.

    Without a store it is the one on PostgreSQL.
    """
    keyring = Keyring(keys, settings.masters)
    appended = Signal(f"appended_{service.schema}", pool)
    store = store or PostgresStore(pool)
    store.on_append = appended.notify
    return Running(
        service=service,
        settings=settings,
        pool=pool,
        keyring=keyring,
        store=store,
        commands=Commands(service.name, store, keyring),
        appended=appended,
        seen=Signal(f"seen_{service.schema}", pool),
        generations=generations(service, pool),
    )


def generations(service: Service, pool: Pool) -> Generations | None:
    """The generations of its tables; None when it has no tables."""
    return Generations(service.schema, service.tables, pool) if service.tables else None


async def _pool(
    stack: AsyncExitStack, settings: Settings, name: str, size: int, shape: str = ""
) -> Pool:
    url = settings.database(name)
    await ensure_database(url)
    pool = await open_pool(url, size, name, shape)
    stack.push_async_callback(pool.close)
    return pool


async def migrate(running: Running) -> None:
    """Bring the databases of a service to what this code needs. Safe to repeat."""
    await running.keyring.migrate()
    await core.migrate(running.pool)
    if running.service.aggregates:
        await running.store.migrate()
    if running.generations is not None:
        await running.generations.migrate()
    if running.service.migrations:
        await apply_migrations(running.pool, "tables", running.service.migrations)


def workers(running: Running) -> dict[str, Worker]:
    """The loops a service declares: relay, timers, one for all reactions, one for its tables."""
    service, settings = running.service, running.settings
    found: dict[str, Worker] = {}
    if service.aggregates:
        found["relay"] = Relay(
            service.name,
            running.store,
            service.contracts,
            bootstrap=settings.cluster,
            conninfo=settings.database(service.name),
            signal=running.appended,
            replication=settings.topic_replication,
            in_sync=settings.topic_in_sync,
        )
        found["timers"] = Timers(
            service.name, running.commands, service.aggregates, running.appended
        )
    if (reacting := running.reacting()) is not None:
        found["reactions"] = reacting
    if running.generations is not None:
        found["views"] = ViewsWorker(running)
    return found | {name: make(running) for name, make in service.workers.items()}


class ViewsWorker:
    """Feeds every generation of the tables that this code can feed, as they come and go."""

    def __init__(self, running: Running) -> None:
        self.progress = Progress()
        self.loops: dict[int, KafkaLoop] = {}
        self._running = running
        self._tasks: dict[int, asyncio.Task[None]] = {}
        self._stopping = asyncio.Event()

    def stop(self) -> None:
        """Finish the batches at hand, then return from `run`."""
        self._stopping.set()

    async def run(self) -> None:
        """Feed until stopped."""
        try:
            while not self._stopping.is_set():
                await self._follow()
                self._tick()
                try:
                    await asyncio.wait_for(self._stopping.wait(), GENERATIONS_SECONDS)
                except TimeoutError:
                    continue
        finally:
            for number in list(self.loops):
                await self._end(number)

    def _tick(self) -> None:
        halted = [loop.progress.halted for loop in self.loops.values() if loop.progress.halted]
        self.progress.halted = halted[0] if halted else None
        if all(loop.progress.age() < 30 or loop.progress.halted for loop in self.loops.values()):
            self.progress.tick()

    async def _follow(self) -> None:
        assert self._running.generations is not None
        fed = {
            generation.number: generation for generation in await self._running.generations.fed()
        }
        for number in self.loops.keys() - fed.keys():
            await self._end(number)
        for number in fed.keys() - self.loops.keys():
            self._begin(fed[number])

    def _begin(self, generation: Generation) -> None:
        service, settings = self._running.service, self._running.settings
        handler = ViewHandler(generation, service.tables)
        consumer = self._running.consumer(generation.consumer, service.subscriptions, handler)
        group = f"relais.{generation.consumer}"
        loop = KafkaLoop(consumer, settings.cluster, group)
        self.loops[generation.number] = loop
        self._tasks[generation.number] = asyncio.create_task(
            supervise(generation.consumer, loop.run, loop.progress)
        )

    async def _end(self, number: int) -> None:
        self.loops.pop(number).stop()
        await _finish(self._tasks.pop(number))


@asynccontextmanager
async def working(running: Running) -> AsyncIterator[dict[str, Worker]]:
    """The workers of a service, supervised; finished in order at the end of the block."""
    running.workers = workers(running)
    tasks = [
        asyncio.create_task(supervise(f"{running.service.name} {name}", w.run, w.progress))
        for name, w in running.workers.items()
    ]
    try:
        yield running.workers
    finally:
        for worker in running.workers.values():
            worker.stop()
        await asyncio.gather(*(_finish(task) for task in tasks))


async def _finish(task: "asyncio.Task[None]") -> None:
    """Wait for a stopped loop; cancel it when it does not end."""
    _, late = await asyncio.wait([task], timeout=STOP_SECONDS)
    if late:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
