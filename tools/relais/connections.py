"""How a command reaches the databases and the broker, without changing anything in them."""

from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager

import psycopg
from pydantic import SecretStr, ValidationError

from infra.commands import Commands
from infra.host import Running, Service, generations, open_pool
from infra.personal import Keyring
from infra.settings import Settings
from infra.signals import Signal
from infra.store.postgres import Pool, PostgresStore
from services import registry
from tools.relais.answers import UNREACHABLE, USAGE, Trouble, first_line
from tools.relais.home import addresses

CONNECT_SECONDS = 5
POOL_SIZE = 4
NO_PLATFORM = "no platform runs in {}: start `relais up`, or set RELAIS_POSTGRES and RELAIS_KAFKA"


def settings() -> Settings:
    """As the environment says; what it leaves out, as the platform running in this home says.

    Raises `Trouble`.
    """
    try:
        found = Settings()
    except (ValidationError, ValueError) as error:
        raise Trouble(f"the settings cannot be read: {first_line(error)}", USAGE) from error
    known = running_here(found)
    update: dict[str, object] = {
        name: known[name]
        for name in ("postgres", "kafka")
        if not getattr(found, name) and name in known
    }
    keys = found.home / "keys" / "master.json"
    if not found.master_keys.get_secret_value() and keys.exists():
        update["master_keys"] = SecretStr(keys.read_text())
    return found.model_copy(update=update)


def running_here(found: Settings) -> Mapping[str, str]:
    """Where the platform of this home is; empty when none runs."""
    return addresses(found.home.resolve()) or {}


def broker(found: Settings) -> str:
    """The bootstrap servers. Raises `Trouble` when nobody names them."""
    if not found.kafka:
        raise Trouble(NO_PLATFORM.format(found.home), UNREACHABLE)
    return found.kafka


def named(name: str | None) -> tuple[Service, ...]:
    """That service, or all of them. Raises `UnknownService`."""
    return registry.services() if name is None else (registry.service(name),)


@asynccontextmanager
async def database(found: Settings, name: str) -> AsyncIterator[Pool]:
    """The database of a service. Raises `Trouble` when it cannot be reached."""
    if not found.postgres and name not in found.databases:
        raise Trouble(NO_PLATFORM.format(found.home), UNREACHABLE)
    url = found.database(name)
    try:
        # A pool would try for half a minute; an operator wants to know now.
        async with await psycopg.AsyncConnection.connect(url, connect_timeout=CONNECT_SECONDS):
            pass
    except psycopg.OperationalError as error:
        message = f"cannot reach the database of {name}: {first_line(error)}"
        raise Trouble(message, UNREACHABLE) from error
    pool = await open_pool(url, POOL_SIZE, f"operator-{name}")
    try:
        yield pool
    finally:
        await pool.close()


@asynccontextmanager
async def connected(found: Settings, service: Service) -> AsyncIterator[Running]:
    """A service with what it stands on; nothing is created or migrated, no loop runs.

    Raises `Trouble`, also when there are no master keys to open personal data with.
    """
    async with AsyncExitStack() as stack:
        keys = await stack.enter_async_context(database(found, "keys"))
        if not found.master_keys.get_secret_value():
            raise Trouble("there are no master keys: set RELAIS_MASTER_KEYS", UNREACHABLE)
        pool = await stack.enter_async_context(database(found, service.name))
        keyring = Keyring(keys, found.masters)
        appended = Signal(f"appended_{service.schema}", pool)
        store = PostgresStore(pool, on_append=appended.notify)
        yield Running(
            service=service,
            settings=found,
            pool=pool,
            keyring=keyring,
            store=store,
            commands=Commands(service.name, store, keyring),
            appended=appended,
            seen=Signal(f"seen_{service.schema}", pool),
            generations=generations(service, pool),
        )


@asynccontextmanager
async def stores(found: Settings, names: Iterable[str]) -> AsyncIterator[dict[str, PostgresStore]]:
    """The event stores of these services, by name."""
    async with AsyncExitStack() as stack:
        yield {
            name: PostgresStore(await stack.enter_async_context(database(found, name)))
            for name in names
        }


def recording(name: str | None = None) -> list[Service]:
    """The services that record events. Raises `Trouble` for one that does not."""
    found = [service for service in named(name) if service.aggregates]
    if not found:
        raise Trouble(f"{name} records no events", USAGE)
    return found


def consuming(name: str | None = None) -> list[Service]:
    """The services that consume events. Raises `Trouble` for one that does not."""
    found = [service for service in named(name) if service.tables or service.reactions]
    if not found:
        raise Trouble(f"{name} consumes no events", USAGE)
    return found


def showing(name: str) -> Service:
    """A service with views or lookups. Raises `Trouble` for one that has none."""
    service = registry.service(name)
    if not service.tables:
        raise Trouble(f"{name} has no views", USAGE)
    return service
