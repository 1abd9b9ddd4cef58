"""Every client of Kafka takes its options from here."""

import asyncio
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.abc import AbstractTokenProvider

from infra.cluster import Address


class TokenFile(AbstractTokenProvider):  # type: ignore[misc]
    """The token in a file that somebody else keeps fresh."""

    def __init__(self, path: Path) -> None:
        self._path = path

    async def token(self) -> str:
        """The token as it is now. Raises OSError when there is none."""
        return (await asyncio.to_thread(self._path.read_text)).strip()


def options(address: Address) -> dict[str, Any]:
    """The options of a client of aiokafka, of whichever kind."""
    if isinstance(address, str):
        return {"bootstrap_servers": address}
    found: dict[str, Any] = {
        "bootstrap_servers": address.bootstrap,
        "security_protocol": address.protocol,
    }
    if address.context is not None:
        found["ssl_context"] = address.context
    if address.mechanism:
        found["sasl_mechanism"] = address.mechanism
    if address.token is not None:
        found["sasl_oauth_token_provider"] = TokenFile(address.token)
    elif address.mechanism:
        found |= {"sasl_plain_username": address.user, "sasl_plain_password": address.password}
    return found


async def end_offsets(
    client: AIOKafkaConsumer, partitions: Collection[TopicPartition]
) -> Mapping[TopicPartition, int]:
    """The end of each partition, asked by a client without a group, which has them assigned then,
    beside those that it had.

    What it is assigned anew is paused, all of it. A client that was not assigned them learns one
    topic in a tenth of a second, each time.
    """
    if not (assigned := client.assignment()).issuperset(partitions):
        wanted = assigned.union(partitions)
        client.assign(list(wanted))
        client.pause(*wanted)
    found: Mapping[TopicPartition, int] = await client.end_offsets(list(partitions))
    return found
