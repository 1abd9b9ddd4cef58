"""How a command reaches the databases and the broker, without changing anything in them."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import psycopg
from pydantic import SecretStr, ValidationError

import contracts
from infra.cluster import Cluster
from infra.database import Pool, open_pool
from infra.endpoints import database_of
from infra.personal import Keyring
from infra.settings import Settings
from infra.store.choice import store_of
from infra.store.protocol import BEGINNING, ServiceStore, StoreAway
from services.names import NAMES, known
from tools.relais.answers import UNREACHABLE, USAGE, Trouble, at_fault, first_line
from tools.relais.home import addresses, nearest

CONNECT_SECONDS = 5
POOL_SIZE = 4
CONTRACTS = Path(contracts.__path__[0])
ELSEWHERE = (
    "{} records in EventStoreDB (RELAIS_STORES), and this command reads the events in PostgreSQL"
)
NO_PLATFORM = "no platform runs in {}: start `relais up`, or set RELAIS_POSTGRES and RELAIS_KAFKA"


def settings() -> Settings:
    """As the environment says; what it leaves out, as the platform of the nearest home says.

    Raises `Trouble`.
    """
    found = nearest(environment(), Path.cwd())
    here = running_here(found)
    update: dict[str, object] = {
        name: here[name]
        for name in ("postgres", "kafka")
        if not getattr(found, name) and name in here
    }
    if "portal" not in found.model_fields_set and "portal" in here:
        update["portal"] = here["portal"]
    keys = found.home / "keys" / "master.json"
    if not found.master_keys.get_secret_value() and keys.exists():
        update["master_keys"] = SecretStr(keys.read_text())
    return found.model_copy(update=update)


def environment(**given: Any) -> Settings:
    """As the environment says and nothing else. Raises `Trouble` for what cannot be meant."""
    try:
        found = Settings(**given)
        _refuse_databases(found)
    except (ValidationError, ValueError) as error:
        # Without its cause, which may have the whole text: no secret comes into a traceback.
        raise Trouble(f"the settings cannot be read: {at_fault(error)}", USAGE) from None
    return found


def _refuse_databases(found: Settings) -> None:
    """Raises ValueError for a service that there is not, and for one database of two services."""
    for name in found.databases:
        if name not in (*NAMES, "keys"):
            known_names = ", ".join((*NAMES, "keys"))
            raise ValueError(f"RELAIS_DATABASES: there is no service {name}; one of {known_names}")
    for name in found.stores:
        if name not in recording():
            raise ValueError(f"RELAIS_STORES: {name} is no service that records events")
    owners: dict[tuple[str, str, str], str] = {}
    # Without a server for all, those that have no database of their own have none yet.
    for name in NAMES if found.postgres else [one for one in NAMES if one in found.databases]:
        other = owners.setdefault(database_of(found.database(name)), name)
        if other != name:
            raise ValueError(
                f"RELAIS_DATABASES: {other} and {name} have one database; each needs its own"
            )


def running_here(found: Settings) -> Mapping[str, str]:
    """Where the platform of this home is; empty when none runs."""
    return addresses(found.home.resolve()) or {}


def broker(found: Settings) -> Cluster:
    """The way to the brokers. Raises `Trouble` when nobody names them."""
    if not found.kafka:
        raise Trouble(NO_PLATFORM.format(found.home.absolute()), UNREACHABLE)
    return found.cluster


def named(name: str | None) -> tuple[str, ...]:
    """The name of that service, or of all of them. Raises `UnknownService`."""
    return NAMES if name is None else (known(name),)


def recording(name: str | None = None) -> list[str]:
    """The names of the services that record events. Raises `Trouble` for one that does not."""
    found = [one for one in named(name) if (CONTRACTS / one).is_dir()]
    if not found:
        raise Trouble(f"{name} records no events", USAGE)
    return found


def recorded_here(found: Settings, names: Iterable[str]) -> None:
    """Raises `Trouble` where one of these services keeps its events out of PostgreSQL: whoever
    looks for them there finds nothing, and takes it for a loss."""
    for name in names:
        if name in found.stores:
            raise Trouble(ELSEWHERE.format(name), USAGE)


@asynccontextmanager
async def database(found: Settings, name: str) -> AsyncIterator[Pool]:
    """The database of a service. Raises `Trouble` when it cannot be reached."""
    if not found.postgres and name not in found.databases:
        raise Trouble(NO_PLATFORM.format(found.home.absolute()), UNREACHABLE)
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
async def keyring(found: Settings) -> AsyncIterator[Keyring]:
    """The keys of personal data. Raises `Trouble`, also when there are no master keys."""
    async with database(found, "keys") as keys:
        if not found.master_keys.get_secret_value():
            raise Trouble("there are no master keys: set RELAIS_MASTER_KEYS", UNREACHABLE)
        yield Keyring(keys, found.masters)


@asynccontextmanager
async def stores(found: Settings, names: Iterable[str]) -> AsyncIterator[dict[str, ServiceStore]]:
    """The event stores of these services, by name. Raises `Trouble` when one cannot be reached."""
    async with AsyncExitStack() as stack:
        yield {name: await stack.enter_async_context(store(found, name)) for name in names}


@asynccontextmanager
async def store(found: Settings, name: str) -> AsyncIterator[ServiceStore]:
    """The event store of a service. Raises `Trouble` when it cannot be reached."""
    async with AsyncExitStack() as stack:
        pool = await stack.enter_async_context(database(found, name))
        yield await stack.enter_async_context(store_beside(found, name, pool))


@asynccontextmanager
async def store_beside(found: Settings, name: str, pool: Pool) -> AsyncIterator[ServiceStore]:
    """The event store of a service with this database. Raises `Trouble` when it is away."""
    async with AsyncExitStack() as stack:
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                made = await stack.enter_async_context(store_of(name, found, pool))
                if not made.joins_transactions:
                    await made.withholds(BEGINNING)
        except (StoreAway, TimeoutError) as error:
            raise Trouble(f"cannot reach the store of {name}", UNREACHABLE) from error
        yield made
