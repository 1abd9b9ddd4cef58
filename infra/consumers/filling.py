"""Bulk fill: whole streams from a store instead of a topic, as a rebuild reads them."""

from collections.abc import Mapping, Sequence

from infra.consumers.handler import Handler
from infra.consumers.records import Delivery
from infra.database import Connection


class NotFilled(Exception):
    """A rebuild met an event that its view cannot take."""

    def __init__(self, delivery: Delivery) -> None:
        super().__init__(f"{delivery.stream} version {delivery.envelope.sequence}")


async def fill(
    connection: Connection,
    consumer: str,
    handler: Handler,
    deliveries: Sequence[Delivery],
    versions: Mapping[str, int],
) -> None:
    """Handle whole streams in the caller's transaction, and write how far each of them is.

    `versions` says how far; a stream comes once, to a consumer that never saw it. Nothing is
    parked: whatever fails is raised, as `NotFilled` where the handler refused a delivery.
    """
    failed = await handler.handle(connection, deliveries)
    for index, error in failed.items():
        raise NotFilled(deliveries[index]) from error
    async with connection.cursor().copy(
        "copy consumer.stream (consumer, stream, version) from stdin"
    ) as copy:
        for stream, version in versions.items():
            await copy.write_row((consumer, stream, version))
