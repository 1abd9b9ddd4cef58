"""Services as they declare themselves, for the commands that need their code."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from infra.host import Running, Service, assembled
from infra.settings import Settings
from infra.store.choice import store_of
from services import registry
from tools.relais import connections
from tools.relais.answers import USAGE, Trouble


def showing(name: str) -> Service:
    """A service with views or lookups. Raises `Trouble` for one that has none."""
    service = registry.service(name)
    if not service.tables:
        raise Trouble(f"{name} has no views", USAGE)
    return service


@asynccontextmanager
async def connected(found: Settings, service: Service) -> AsyncIterator[Running]:
    """A service with what it stands on; nothing is created or migrated, no loop runs.

    Raises `Trouble`, also when there are no master keys to open personal data with.
    """
    async with AsyncExitStack() as stack:
        keyring = await stack.enter_async_context(connections.keyring(found))
        pool = await stack.enter_async_context(connections.database(found, service.name))
        store = await stack.enter_async_context(store_of(service.name, found, pool))
        yield assembled(service, found, pool, keyring.pool, store)
