"""Carries records to consumers: a plain aiokafka loop, or a Faust app.

Both are only transport. Where a consumer goes on is what its database says; the offsets committed
to Kafka are a signal for those who watch lag.
"""

import asyncio
import logging
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from tempfile import gettempdir
from time import monotonic
from typing import Any

import faust
from aiokafka import (
    AIOKafkaConsumer,
    ConsumerRebalanceListener,
    ConsumerRecord,
    TopicPartition,
)
from aiokafka.errors import KafkaError
from faust.transport.drivers.aiokafka import AIOKafkaConsumerThread
from faust.transport.drivers.aiokafka import Consumer as FaustConsumer
from faust.transport.drivers.aiokafka import Transport as FaustTransport
from mode import Service
from mode.threads import ServiceThread

from infra.cloudevents import NotAnEvent, envelope
from infra.cluster import Address
from infra.consumers.core import Consumer
from infra.consumers.handler import Retry
from infra.consumers.hanging_up import hang_up
from infra.consumers.ownership import Fenced
from infra.consumers.records import Partition, Record, from_kafka, headers_of
from infra.kafka import TokenFile, options
from infra.supervisor import Halt, Progress

log = logging.getLogger("relais.transport")
FAUST = logging.getLogger("faust.transport")
"""Of what is Faust's, also in classes of ours: how much is told of it goes by this name."""

BATCH = 1_000
POLL_MS = 1_000
METADATA_MS = 5_000
"""How soon a topic that came back, with one partition at first, is seen to have all of them."""
COMMIT_SECONDS = 5.0
REQUEST_SECONDS = 1.0
RETRY_SECONDS = 0.2
SESSION_SECONDS = 10.0
"""As long as aiokafka waits for a member of a group that says nothing."""
CATCH_UP_SECONDS = 5.0
MOST_WAITING = 5 * BATCH
STUCK_SECONDS = 30.0
SETTLE_SECONDS = 2.0
UNSETTLED_SECONDS = 30.0


class Lag:
    """How far a consumer is behind, in records and in seconds of the oldest one waiting."""

    def __init__(self) -> None:
        self.records = 0
        self.seconds = 0.0

    def saw(self, last: Record | None, behind: int) -> None:
        """After a batch that ended with `last`, `behind` records are left."""
        self.records = behind
        self.seconds = 0.0
        if behind and last is not None:
            with suppress(NotAnEvent):
                recorded_at = envelope(last.headers).recorded_at
                self.seconds = (datetime.now(UTC) - recorded_at).total_seconds()


class GroupUnsettled(Exception):
    """The group has not settled for long; joining it anew is what helps."""


class KafkaLoop:
    """Carries records to a consumer in batches, within a Kafka group."""

    def __init__(
        self,
        consumer: Consumer,
        bootstrap: Address,
        group: str,
        commit_seconds: float = COMMIT_SECONDS,
    ) -> None:
        self.progress = Progress()
        self.lag = Lag()
        self.assigned = asyncio.Event()
        self.consumer = consumer
        self._bootstrap = bootstrap
        self._group = group
        self._commit_seconds = commit_seconds
        self._stopping = False
        self._waiting: asyncio.Timeout | None = None
        self._broken: Exception | None = None

    def stop(self) -> None:
        """Finish the batch at hand, then return from `run`; a wait for records ends at once."""
        self._stopping = True
        if self._waiting is not None and not self._waiting.expired():
            self._waiting.reschedule(asyncio.get_running_loop().time())

    async def run(self) -> None:
        """Consume until stopped. Raises what breaks; the caller starts it again."""
        client = AIOKafkaConsumer(
            **options(self._bootstrap),
            group_id=self._group,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            fetch_max_wait_ms=POLL_MS,
            max_partition_fetch_bytes=4 * 1024 * 1024,
            metadata_max_age_ms=METADATA_MS,
            # A coordinator that never answers is given up before a probe gives us up.
            request_timeout_ms=15_000,
        )
        self._broken = None
        client.subscribe(topics=self.consumer.topics, listener=_Owner(self, client))
        try:
            await client.start()
            await self._loop(client)
        finally:
            self.assigned.clear()
            await hang_up(client)
            await self.consumer.finish()

    def broke(self, error: Exception) -> None:
        """Ownership could not be settled: raise it from `run`, or records would go nowhere."""
        self._broken = error

    async def _loop(self, client: AIOKafkaConsumer) -> None:
        committed_at = requests_at = settled_at = monotonic()
        while not self._stopping:
            found = await self._poll(client)
            settled_at = settled_at if found is None else monotonic()
            if monotonic() - settled_at > UNSETTLED_SECONDS:
                raise GroupUnsettled(self._group)
            if self._broken is not None:
                raise self._broken
            records = [from_kafka(r) for group in (found or {}).values() for r in group]
            if records:
                await patiently(self.consumer, records)
            behind = _behind(client, self.consumer.next_offsets())
            self.lag.saw(records[-1] if records else None, behind)
            self.progress.tick()
            now = monotonic()
            if now - requests_at > REQUEST_SECONDS:
                await self.consumer.serve_requests()
                requests_at = now
            if now - committed_at > self._commit_seconds and self.assigned.is_set():
                await self._commit(client)
                committed_at = now

    async def _poll(
        self, client: AIOKafkaConsumer
    ) -> Mapping[TopicPartition, Sequence[ConsumerRecord]] | None:
        """The next records; None while the group settles, and when it was stopped meanwhile."""
        try:
            async with asyncio.timeout(SETTLE_SECONDS) as self._waiting:
                found: Mapping[TopicPartition, Sequence[ConsumerRecord]] = await client.getmany(
                    timeout_ms=POLL_MS, max_records=BATCH
                )
        except TimeoutError:
            # While the group settles, the client waits as long as that takes, whatever it is told.
            return None
        finally:
            self._waiting = None
        return found

    async def _commit(self, client: AIOKafkaConsumer) -> None:
        offsets = {TopicPartition(*p): o for p, o in self.consumer.next_offsets().items() if o}
        ours = {tp: o for tp, o in offsets.items() if tp in client.assignment()}
        if not ours:
            return
        try:
            await client.commit(ours)
        except KafkaError as error:
            log.info("offsets of %s not committed: %s", self._group, error)


class _Owner(ConsumerRebalanceListener):  # type: ignore[misc]
    """Becomes the owner of what Kafka assigns, and goes on where the database says."""

    def __init__(self, loop: KafkaLoop, client: AIOKafkaConsumer) -> None:
        self._loop = loop
        self._client = client

    async def on_partitions_revoked(self, revoked: Iterable[TopicPartition]) -> None:
        self._loop.assigned.clear()
        await self._loop.consumer.release([(tp.topic, tp.partition) for tp in revoked])

    async def on_partitions_assigned(self, assigned: Iterable[TopicPartition]) -> None:
        partitions = [(tp.topic, tp.partition) for tp in assigned]
        if not partitions:
            return
        try:
            offsets = await self._loop.consumer.acquire(partitions)
        except Exception as error:  # noqa: BLE001
            # The client only logs what its listener raises.
            self._loop.broke(error)
            return
        for partition, offset in offsets.items():
            self._client.seek(TopicPartition(*partition), offset)
        self._loop.assigned.set()


def _behind(client: AIOKafkaConsumer, next_offsets: Mapping[Partition, int]) -> int:
    ends = {p: client.highwater(TopicPartition(*p)) or 0 for p in next_offsets}
    return sum(max(0, ends[partition] - offset) for partition, offset in next_offsets.items())


async def patiently(consumer: Consumer, records: Sequence[Record]) -> None:
    """Consume, again when a concurrent writer was met."""
    while True:
        try:
            return await consumer.consume(records)
        except Retry as retry:
            log.info("%s", retry)
            await asyncio.sleep(0.01)


class FaustStopped(Exception):
    """Faust ended by itself; the supervisor starts it again."""


class Line:
    """Keeps the records that Faust brought for one of a service's consumers until they are done.

    Lines do not wait for each other. Records that find no room in a line are left out: like
    everything that Faust never hands over, they are read from the topic.
    """

    def __init__(self, consumer: Consumer, room: int = MOST_WAITING) -> None:
        self.consumer = consumer
        self.progress = Progress()
        self.lag = Lag()
        self._room = room
        self._waiting: list[Record] = []
        self._arrived = asyncio.Event()
        self._look_at = 0.0
        self._read_at = 0.0

    def bring(self, record: Record) -> None:
        """Take a record, unless too many wait already.

        One that its consumer only passes by waits for the next one that it reads, for a second at
        most: passing it costs a transaction, and nobody waits for it.
        """
        if len(self._waiting) < self._room:
            self._waiting.append(record)
            if len(self._waiting) >= BATCH or self.consumer.reads(record):
                self._arrived.set()

    def assigned(self) -> None:
        """Read soon what Faust has acknowledged and never handed over."""
        self._read_at = self._look_at = 0.0
        self._arrived.set()

    def finish(self) -> None:
        """Leave what waits to the next run, and return from `run` after the batch at hand."""
        self._waiting.clear()
        self._arrived.set()

    async def run(self, stopping: asyncio.Event) -> None:
        """Do what arrives until stopped. Raises `Fenced`; a `Halt` ends this line alone."""
        self.progress.halted = None
        try:
            while not stopping.is_set():
                await self._turn(stopping)
                self.progress.tick()
        except Halt as halt:
            self.progress.halted = str(halt)
            log.error("%s halted: %s", self.consumer.name, halt)

    async def _turn(self, stopping: asyncio.Event) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(max(0.0, self._look_at - monotonic())):
                await self._arrived.wait()
        self._arrived.clear()
        records, self._waiting = self._waiting[:BATCH], self._waiting[BATCH:]
        if self._waiting:
            self._arrived.set()
        await self._patiently(records, stopping)

    async def _patiently(self, records: Sequence[Record], stopping: asyncio.Event) -> None:
        """Repeat a batch until it is done or parked."""
        while not stopping.is_set():
            try:
                if records:
                    await patiently(self.consumer, records)
                if monotonic() >= self._look_at:
                    await self._look_after(stopping)
                return
            except (Halt, Fenced):
                raise
            except Exception as error:  # noqa: BLE001
                name = self.consumer.name
                log.warning("%s tries again: %s: %s", name, type(error).__name__, error)
                await asyncio.sleep(RETRY_SECONDS)

    async def _look_after(self, stopping: asyncio.Event) -> None:
        await self.consumer.serve_requests()
        if monotonic() >= self._read_at:
            left = BATCH
            while left >= BATCH and not stopping.is_set():
                with suppress(Retry):
                    left = await self.consumer.catch_up()
                self.progress.tick()
            self.lag.saw(None, left)
            self._read_at = monotonic() + CATCH_UP_SECONDS
        self._look_at = monotonic() + REQUEST_SECONDS


class FaustApp:
    """Carries records to the consumers of a service: one Faust app, one Kafka group.

    Faust acknowledges a record whose handler failed, so nothing that Faust calls ever fails: it
    puts each record into the lines of the consumers that read its topic. What was acknowledged and
    not done is read from the topic: when a partition is assigned, and every few seconds.
    """

    def __init__(
        self,
        consumers: Sequence[Consumer],
        bootstrap: Address,
        group: str,
        *,
        room: int = MOST_WAITING,
    ) -> None:
        """`room` is for how many records may wait in a line."""
        self.progress = Progress()
        self.assigned = asyncio.Event()
        self.lines = [Line(consumer, room) for consumer in consumers]
        self._topics = sorted({topic for consumer in consumers for topic in consumer.topics})
        self._bootstrap = bootstrap
        self._group = group
        self._stopping = asyncio.Event()
        self._ending = asyncio.Event()
        self._broken: Exception | None = None
        self._unsettled_at: float | None = None

    def stop(self) -> None:
        """Finish the batches at hand, then return from `run`."""
        self._stopping.set()

    async def run(self) -> None:
        """Consume until stopped. Raises `Halt` when no line is left; `Fenced`, `GroupUnsettled` to
        join anew."""
        self._broken = None
        self._unsettled_at = monotonic()
        self._ending = asyncio.Event()
        app = self._app()
        tasks = [asyncio.create_task(line.run(self._ending)) for line in self.lines]
        try:
            # It returns once partitions are assigned.
            async with asyncio.timeout(UNSETTLED_SECONDS):
                await app.start()
            while not self._stopping.is_set():
                self._check(app, tasks)
                self._tick()
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._stopping.wait(), REQUEST_SECONDS)
        finally:
            self.assigned.clear()
            # First what is at hand, then Faust: it would cancel it in the middle.
            await self._finish(tasks)
            await app.stop()

    def _check(self, app: Any, tasks: "Sequence[asyncio.Task[None]]") -> None:
        if self._broken is not None:
            raise self._broken
        for task in tasks:
            if task.done():
                # A line that halted has returned; another one raises what it met.
                task.result()
        halted = [line.progress.halted for line in self.lines]
        if halted and all(halted):
            raise Halt(str(halted[0]))
        if app.should_stop:
            raise FaustStopped(self._group)
        if self._unsettled_at and monotonic() - self._unsettled_at > UNSETTLED_SECONDS:
            raise GroupUnsettled(self._group)

    def _tick(self) -> None:
        halted = [line.progress.halted for line in self.lines if line.progress.halted]
        self.progress.halted = halted[0] if halted else None
        if all(line.progress.halted or line.progress.age() < STUCK_SECONDS for line in self.lines):
            self.progress.tick()

    async def _finish(self, tasks: "Sequence[asyncio.Task[None]]") -> None:
        self._ending.set()
        for line in self.lines:
            line.finish()
        await asyncio.gather(*tasks, return_exceptions=True)
        for line in self.lines:
            await line.consumer.finish()

    def _app(self) -> Any:
        app = app_of(self._group, self._bootstrap)
        topic = app.topic(*self._topics, key_serializer="raw", value_serializer="raw")
        app.agent(topic, concurrency=1, name=self._group)(self._handle)
        app.on_partitions_assigned.connect(self._on_assigned)
        app.on_partitions_revoked.connect(self._on_revoked)
        return app

    async def _on_assigned(self, app: Any, assigned: Iterable[Any], **_: Any) -> None:
        self._unsettled_at = None
        try:
            for line in self.lines:
                if partitions := _of(line.consumer, assigned):
                    await line.consumer.acquire(partitions)
                    line.assigned()
                    self.assigned.set()
        except Exception as error:  # noqa: BLE001
            # Faust only logs it.
            self._broken = error

    async def _on_revoked(self, app: Any, revoked: Iterable[Any], **_: Any) -> None:
        self._unsettled_at = monotonic()
        for line in self.lines:
            await line.consumer.release(_of(line.consumer, revoked))

    async def _handle(self, stream: Any) -> None:
        async for event in stream.events():
            record = from_faust(event.message)
            for line in self.lines:
                if record.topic in line.consumer.topics:
                    line.bring(record)


class PatientThread(ServiceThread):
    """A thread for whose end the loop that stops it does not stand still.

    The last tasks of a Faust consumer want something of that loop in a rebalance: each would wait
    for the other.
    """

    logger = FAUST

    async def stop(self) -> None:
        if self._started.is_set():
            await Service.stop(self)
            if self._thread is not None:
                await asyncio.to_thread(self._thread.stop)


class _Thread(PatientThread, AIOKafkaConsumerThread):
    logger = FAUST


class _Consumer(FaustConsumer):
    logger = FAUST

    def _new_consumer_thread(self) -> _Thread:
        return _Thread(self, loop=self.loop, beacon=self.beacon)


class _Transport(FaustTransport):
    Consumer = _Consumer


def app_of(group: str, bootstrap: Address) -> Any:
    """A Faust app of that group that serves no page and makes no topic."""
    app = faust.App(
        group,
        broker=f"kafka://{str(bootstrap).replace(',', ';kafka://')}",
        broker_credentials=_credentials(bootstrap),
        key_serializer="raw",
        value_serializer="raw",
        web_enabled=False,
        topic_allow_declare=False,
        topic_disable_leader=True,
        consumer_auto_offset_reset="earliest",
        consumer_metadata_max_age_ms=METADATA_MS,
        processing_guarantee="at_least_once",
        stream_wait_empty=False,
        broker_max_poll_records=BATCH,
        broker_commit_interval=COMMIT_SECONDS,
        # Faust waits a minute for a member that is gone, and nobody has its partitions.
        broker_session_timeout=SESSION_SECONDS,
        broker_rebalance_timeout=SESSION_SECONDS,
        broker_request_timeout=4 * SESSION_SECONDS,
        loghandlers=[],
        # Faust makes a folder even for an app without tables, by default where we stand.
        datadir=f"{gettempdir()}/relais-faust",
    )
    app.transport = _Transport(app.conf.broker_consumer, app)
    return app


def _credentials(address: Address) -> Any:
    """The credentials, in the words of Faust; None where nobody asks and nothing is sealed."""
    if isinstance(address, str):
        return None
    if address.token is not None:
        token = TokenFile(address.token)
        return faust.OAuthCredentials(oauth_cb=token, ssl_context=address.context)
    if address.mechanism:
        return faust.SASLCredentials(
            username=address.user,
            password=address.password,
            ssl_context=address.context,
            mechanism=address.mechanism,
        )
    return faust.SSLCredentials(address.context) if address.context else None


def _of(consumer: Consumer, partitions: Iterable[Any]) -> list[Partition]:
    return [(tp.topic, tp.partition) for tp in partitions if tp.topic in consumer.topics]


def from_faust(message: Any) -> Record:
    headers = message.headers or ()
    pairs = headers.items() if isinstance(headers, dict) else headers
    return Record(
        message.topic,
        message.partition,
        message.offset,
        message.key or b"",
        message.value or b"",
        headers_of(pairs),
    )
