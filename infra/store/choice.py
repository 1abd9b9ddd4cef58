"""The store of a service, as settings choose it by a URL."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from urllib.parse import urldefrag

from infra.database import Pool, open_pool
from infra.settings import Settings
from infra.store.postgres import PostgresStore
from infra.store.protocol import ServiceStore
from infra.supervisor import Halt

NOTES_POOL = 4


class NoClient(Halt):
    """A service is to record in EventStoreDB, and the client of that is not installed."""


@asynccontextmanager
async def store_of(service: str, settings: Settings, pool: Pool) -> AsyncIterator[ServiceStore]:
    """The store of a service, not migrated: on PostgreSQL, unless `RELAIS_STORES` names another.

    `pool` leads to the database of the service, with all that is no event. Streams of one that is
    elsewhere begin with the name of the service, `missions.trip-T1`, behind what the URL has after
    its `#`. Raises `NoClient`.
    """
    if (url := settings.stores.get(service)) is None:
        yield PostgresStore(pool)
        return
    try:
        # A client of gRPC, which no other process loads.
        from infra.store.esdb.client import connected  # noqa: PLC0415
        from infra.store.esdb.store import EsdbStore  # noqa: PLC0415
    except ModuleNotFoundError as error:
        raise NoClient(
            f"RELAIS_STORES has {service}, and {error.name} is not installed: it comes with"
            " relais[eventstore]"
        ) from error

    address, installation = urldefrag(url)
    prefix = f"{installation}.{service}." if installation else f"{service}."
    async with AsyncExitStack() as stack:
        client = await stack.enter_async_context(connected(address))
        notes = await open_pool(settings.database(service), NOTES_POOL, f"{service}-store")
        stack.push_async_callback(notes.close)
        yield EsdbStore(client, pool, notes=notes, prefix=prefix)
