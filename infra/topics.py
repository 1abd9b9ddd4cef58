"""Topics as their reviewed files say, and how to make them."""

from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from typing import Any

import yaml
from aiokafka.admin import AIOKafkaAdminClient, NewPartitions, NewTopic
from aiokafka.errors import KafkaError, TopicAlreadyExistsError, for_code

from contracts.runtime import Contract
from infra.cluster import Address
from infra.kafka import options
from infra.supervisor import Halt

IN_SYNC = "min.insync.replicas"
CONFIG = {"cleanup.policy": "delete", "retention.ms": "-1"}
"""Never compacted, kept for ever."""


@cache
def partitions_of(topic: str) -> int:
    """How many partitions a topic has, for its whole life."""
    _, service, aggregate, version = topic.split(".")
    path = files("contracts").joinpath("relais", service, aggregate, version, "topic.yaml")
    return int(yaml.safe_load(path.read_text())["partitions"])


async def create_topics(
    bootstrap: Address, contracts: Sequence[Contract[Any]], replication: int, in_sync: int = 1
) -> list[str]:
    """Create the topics that are missing, never compacted, kept for ever; answers their names.

    Each record has `replication` copies, and counts as written once `in_sync` of them have it, or
    as many as the broker wants by itself.

    Raises `Halt` when one has another number of partitions than its file says.
    """
    admin = AIOKafkaAdminClient(**options(bootstrap))
    try:
        await admin.start()
        topics = [contract.topic for contract in contracts]
        existing = await _partitions(admin)
        missing = [topic for topic in topics if topic not in existing]
        if missing:
            await _create(admin, missing, replication, in_sync)
            existing = await _partitions(admin)
        for topic in topics:
            await _widen(admin, topic, existing.get(topic, partitions_of(topic)))
        return missing
    finally:
        await admin.close()


async def _partitions(admin: AIOKafkaAdminClient) -> dict[str, int]:
    """The number of partitions of every topic. Asking for one by name could create it."""
    return {topic["topic"]: len(topic["partitions"]) for topic in await admin.describe_topics()}


async def _create(
    admin: AIOKafkaAdminClient, topics: Sequence[str], replication: int, in_sync: int
) -> None:
    # Of 1 nothing is said: the broker's own number is that or more.
    config = {**CONFIG, IN_SYNC: str(in_sync)} if in_sync > 1 else CONFIG
    await make(
        admin,
        [
            NewTopic(topic, partitions_of(topic), replication, topic_configs=config)
            for topic in topics
        ],
    )


async def make(admin: AIOKafkaAdminClient, topics: Sequence[NewTopic]) -> None:
    """Make these topics; one that is there already is as good. Raises what the broker refuses."""
    answer = await admin.create_topics(list(topics))
    for topic, code, message in answer.topic_errors:
        error: type[KafkaError] = for_code(code)
        if code and error is not TopicAlreadyExistsError:
            raise error(f"{topic}: {message}")


async def _widen(admin: AIOKafkaAdminClient, topic: str, partitions: int) -> None:
    """Mend a topic that a broker made by itself, with one partition, for a client that asked.

    Nothing can be in the wrong partition: writers divide keys by the number in the file.
    """
    wanted = partitions_of(topic)
    if partitions == 1 < wanted:
        await admin.create_partitions({topic: NewPartitions(wanted)})
    elif partitions != wanted:
        raise Halt(f"{topic} has {partitions} partitions, its file says {wanted}")
