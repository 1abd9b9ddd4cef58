"""Bulk fill: whole streams from a store instead of a topic, as a rebuild reads them."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, Protocol

from infra.database import Connection
from infra.store import arrays


class Filled(NamedTuple):
    """The next event of a stream that is read whole, without an envelope, which no row is of."""

    stream: str
    version: int
    event: Any


class Filler(Protocol):
    """The work of a consumer that can be filled."""

    async def fill(self, connection: Connection, events: Sequence[Filled]) -> None:
        """Do it for whole streams in the caller's transaction. Raises `NotFilled`."""
        ...


_SEEN = """
insert into consumer.stream (consumer, stream, version)
select %s, s, v from unnest(%b::text[], %b::int[]) as n(s, v)
"""


class NotFilled(Exception):
    """A rebuild met an event that its view cannot take."""

    def __init__(self, filled: Filled) -> None:
        super().__init__(f"{filled.stream} version {filled.version}")


async def fill(
    connection: Connection,
    consumer: str,
    handler: Filler,
    events: Sequence[Filled],
    versions: Mapping[str, int],
) -> None:
    """Handle whole streams in the caller's transaction, and write how far each of them is.

    `versions` says how far; a stream comes once, to a consumer that never saw it. Nothing is
    parked: whatever fails is raised, as `NotFilled` where the handler refuses an event.
    """
    await handler.fill(connection, events)
    streams, seen = arrays.texts(list(versions)), arrays.numbers(list(versions.values()))
    await connection.execute(_SEEN, (consumer, streams, seen))
