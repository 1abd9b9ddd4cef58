"""Topics as their files want them, and as the broker has them."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import for_code
from rich.console import Console

from contracts import amendments
from contracts.index import contracts
from contracts.runtime import Contract
from infra.cloudevents import NotAnEvent, envelope
from infra.cluster import Address
from infra.consumers.records import KafkaTopicReader, Partition, Record
from infra.http.models import plain
from infra.kafka import end_offsets, options
from infra.settings import Settings
from infra.topics import IN_SYNC, create_topics, partitions_of
from tools.relais import connections
from tools.relais.answers import USAGE, Answer, Trouble, audit, cell, rows, sentence
from tools.relais.events import told

FOLLOW_SECONDS = 0.25
COLUMNS = ("topic", "partitions", "at_broker", "replicas", "in_sync", "records", "state")


@dataclass(frozen=True, slots=True)
class AtBroker:
    """A topic as the broker has it: `replicas` are the copies of the partition with the fewest.

    A record counts as published once `in_sync` of them have it.
    """

    partitions: int
    replicas: int
    in_sync: int

    def lacks(self, settings: Settings) -> str | None:
        """In words, a number that is less than the settings want; None when all are enough."""
        if self.replicas < (wanted := settings.topic_replication):
            return f"has {self.replicas} copies of a record, RELAIS_TOPIC_REPLICATION is {wanted}"
        if self.in_sync < (wanted := settings.topic_in_sync):
            return (
                f"takes a record for published that {self.in_sync} copies have,"
                f" RELAIS_TOPIC_IN_SYNC is {wanted}"
            )
        if self.in_sync > self.replicas:
            return f"can never be written: {self.in_sync} of {self.replicas} copies must be in sync"
        return None


MISSING = AtBroker(0, 0, 0)


async def listed() -> Answer:
    """Every topic of the contracts: as its file and the settings want it, and at the broker."""
    settings = connections.settings()
    bootstrap = connections.broker(settings)
    there = await topics_at(bootstrap)
    topics = [contract.topic for contract in contracts]
    sizes = await sizes_of(bootstrap, {t: there[t].partitions for t in topics if t in there})
    found = [
        {
            "topic": topic,
            "partitions": partitions_of(topic),
            "at_broker": there.get(topic, MISSING).partitions,
            "replicas": there.get(topic, MISSING).replicas,
            "in_sync": there.get(topic, MISSING).in_sync,
            "records": sum(n for (t, _), n in sizes.items() if t == topic),
            "state": _state(there.get(topic), partitions_of(topic), settings),
        }
        for topic in topics
    ]
    table = rows(found, COLUMNS, "")
    if all(topic in there for topic in topics):
        return table

    def text(console: Console) -> None:
        table.text(console)
        console.print("`relais topics create` makes those that are missing")

    return Answer(table.facts, text)


def _state(there: AtBroker | None, wanted: int, settings: Settings) -> str:
    if there is None:
        return "missing"
    return there.lacks(settings) or (
        "ok" if there.partitions == wanted else "wrong number of partitions"
    )


async def create() -> Answer:
    """Create the topics that are missing. Safe to repeat."""
    settings = connections.settings()
    copies = settings.topic_replication, settings.topic_in_sync
    made = await create_topics(connections.broker(settings), contracts, *copies)
    if made:
        audit(settings.home, "topics create", topics=made)
    return sentence({"created": made}, f"created: {', '.join(made)}" if made else "all are there")


async def topics_at(bootstrap: Address) -> dict[str, AtBroker]:
    """Every topic of ours that is there.

    Raises KafkaError, also when we may not ask how one is set up.
    """
    admin = AIOKafkaAdminClient(**options(bootstrap))
    try:
        await admin.start()
        # Asking for one by name could create it.
        found = {topic["topic"]: topic["partitions"] for topic in await admin.describe_topics()}
        in_sync = await _in_sync(admin, list(found))
        return {
            topic: AtBroker(
                len(partitions),
                min(len(partition["replicas"]) for partition in partitions),
                in_sync[topic],
            )
            for topic, partitions in found.items()
            if topic in in_sync
        }
    finally:
        await admin.close()


async def _in_sync(admin: AIOKafkaAdminClient, there: list[str]) -> dict[str, int]:
    """`min.insync.replicas` of those of these topics that are ours."""
    ours = {contract.topic for contract in contracts}
    asked = [
        ConfigResource(ConfigResourceType.TOPIC, topic, {IN_SYNC: None})
        for topic in there
        if topic in ours
    ]
    found = {}
    for answer in await admin.describe_configs(asked) if asked else ():
        for code, message, _, topic, entries in answer.resources:
            if code:
                raise for_code(code)(f"{topic}: {message}")
            found[topic] = next(int(entry[1]) for entry in entries if entry[0] == IN_SYNC)
    return found


async def sizes_of(bootstrap: Address, topics: Mapping[str, int]) -> dict[Partition, int]:
    """The end offset of every partition of these topics, by how many of them there are.

    Records are never removed.
    """
    wanted = [TopicPartition(topic, n) for topic, many in topics.items() for n in range(many)]
    if not wanted:
        # The client breaks when it is stopped before it was asked for anything.
        return {}
    client = AIOKafkaConsumer(**options(bootstrap), enable_auto_commit=False)
    try:
        await client.start()
        ends = await end_offsets(client, wanted)
        return {(tp.topic, tp.partition): end for tp, end in ends.items()}
    finally:
        await client.stop()


# --- What a topic holds -----------------------------------------------------


def line(found: Mapping[str, Any]) -> str:
    """One record on one line."""
    where = f"{found['partition']}/{found['offset']}"
    if found["error"] and not found["type"]:
        return f"{where}  {found['error']}"
    said = " ".join(f"{k}={v}" for k, v in (found["event"] or {}).items())
    content = found["error"] or said or found["amended"]
    when, what = cell(found["recorded_at"]), f"{found['key']}@{found['version']}"
    return f"{where}  {when}  {what}  {found['type']}  {content}"


async def tail(topic: str, last: int, follow: bool) -> AsyncIterator[Mapping[str, Any]]:
    """The last records of each partition, and then those that come; personal fields stay closed."""
    contract = contract_of(topic)
    bootstrap = connections.broker(connections.settings())
    if topic not in await topics_at(bootstrap):
        raise Trouble(f"{topic} is not at the broker: `relais topics create` makes it")
    reader = KafkaTopicReader(bootstrap)
    try:
        places = [(topic, number) for number in range(partitions_of(topic))]
        ends = await reader.ends(places)
        nexts = {place: max(0, end - last) for place, end in ends.items()}
        while True:
            for place, end in ends.items():
                async for record in records_between(reader, place, nexts, end):
                    yield facts(contract, record)
            if not follow:
                return
            await asyncio.sleep(FOLLOW_SECONDS)
            ends = await reader.ends(places)
    finally:
        await reader.close()


async def records_between(
    reader: KafkaTopicReader, place: Partition, nexts: dict[Partition, int], end: int
) -> AsyncIterator[Record]:
    while found := await reader.read(place, nexts[place], end):
        for record in found:
            yield record
        nexts[place] = found[-1].offset + 1


def contract_of(topic: str) -> Contract[Any]:
    """The contract of a topic. Raises `Trouble`."""
    for contract in contracts:
        if contract.topic == topic:
            return contract
    raise Trouble(f"{topic} is no topic of ours; `relais topics list` names them", USAGE)


def facts(contract: Contract[Any], record: Record) -> dict[str, Any]:
    """A record as it is shown (docs/analysts.md); `error` says why it, or its content, is not an
    event."""
    found: dict[str, Any] = {
        "topic": record.topic,
        "partition": record.partition,
        "offset": record.offset,
        "key": record.key.decode(errors="replace"),
        "type": None,
        "version": None,
        "event_id": None,
        "business_time": None,
        "occurred_at": None,
        "recorded_at": None,
        "timeline": record.timeline,
        "actor": None,
        "organisation_id": None,
        "correlation_id": None,
        "causation_id": None,
        "event": None,
        "amended": None,
        "error": None,
    }
    try:
        given = envelope(record.headers)
    except NotAnEvent as error:
        return found | {"error": f"NotAnEvent: {error}"}
    found |= {
        "type": given.type,
        "version": given.sequence,
        "event_id": str(given.event_id),
        "occurred_at": given.occurred_at,
        "recorded_at": given.recorded_at,
        "actor": given.actor,
        "organisation_id": given.organisation_id,
        "correlation_id": given.correlation_id,
        "causation_id": given.causation_id,
    }
    if record.is_empty:
        return found | {"amended": "redacted"}
    return found | said_by(contract, given.type, record.value, given.recorded_at)


def said_by(
    contract: Contract[Any], type_: str, value: bytes, recorded_at: datetime
) -> dict[str, Any]:
    """The part of `facts` that a value says; personal fields stay closed."""
    try:
        if type_ == amendments.TYPE:
            event = plain(told(amendments.decode(value)))
            return {"business_time": recorded_at, "event": event, "error": None}
        kind = contract.by_type(type_)
        event = kind.decode(value, lambda *_: None)
    except ValueError as error:
        why = f"{type(error).__name__}: {error}"
        return {"business_time": None, "event": None, "error": why}
    when = kind.time_of(event, recorded_at)
    return {"business_time": when, "event": plain(event), "error": None}
