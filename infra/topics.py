"""Topics as their reviewed files say, and how to make them."""

from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from typing import Any

import yaml
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import KafkaError, TopicAlreadyExistsError, for_code

from contracts.runtime import Contract


@cache
def partitions_of(topic: str) -> int:
    """How many partitions a topic has, for its whole life."""
    _, service, aggregate, version = topic.split(".")
    path = files("contracts").joinpath("relais", service, aggregate, version, "topic.yaml")
    return int(yaml.safe_load(path.read_text())["partitions"])


async def create_topics(
    bootstrap: str, contracts: Sequence[Contract[Any]], replication: int
) -> list[str]:
    """Create the topics that are missing, never compacted, kept for ever; answers their names."""
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        existing = set(await admin.list_topics())
        wanted = [
            NewTopic(
                contract.topic,
                partitions_of(contract.topic),
                replication,
                topic_configs={"cleanup.policy": "delete", "retention.ms": "-1"},
            )
            for contract in contracts
            if contract.topic not in existing
        ]
        if wanted:
            answer = await admin.create_topics(wanted)
            for topic, code, message in answer.topic_errors:
                _raise_unless_there(topic, code, message)
        return [topic.name for topic in wanted]
    finally:
        await admin.close()


def _raise_unless_there(topic: str, code: int, message: str | None) -> None:
    error: type[KafkaError] = for_code(code)
    if code and error is not TopicAlreadyExistsError:
        raise error(f"{topic}: {message}")
