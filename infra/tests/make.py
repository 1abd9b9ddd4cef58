"""Valid input with sensible defaults; a test names only what it is about."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

from psycopg_pool import AsyncConnectionPool

from infra.commands import CommandContext, Commands
from infra.database import Connection, Pool
from infra.personal import Keyring
from infra.store import Append, Cancel, Fire, NewEvent, Schedule, Verdict
from infra.store.esdb.client import PATIENCE_SECONDS, connected
from infra.store.esdb.store import EsdbStore
from infra.store.postgres import PostgresStore

NOON = datetime(2020, 5, 1, 12, 0, tzinfo=UTC)
FAR_FUTURE = datetime(2999, 1, 1, tzinfo=UTC)
MASTERS: Mapping[str, bytes] = {"m1": b"1" * 32}


@asynccontextmanager
async def pool_of(url: str, size: int = 4) -> AsyncIterator[Pool]:
    """Autocommit connections, as every process holds them."""
    pool: Pool = AsyncConnectionPool(
        url, min_size=1, max_size=size, open=False, timeout=10.0, kwargs={"autocommit": True}
    )
    async with pool:
        yield pool


class CompanyStore(PostgresStore):
    """Every append goes the way of groups: beside it travels another one, which is refused."""

    async def append_in(self, connection: Connection, group: Sequence[Append]) -> list[Verdict]:
        refused = append(f"companion-{uuid4()}", 1)
        [*verdicts, _] = await super().append_in(connection, [*group, refused])
        return verdicts


WAYS: Sequence[type[PostgresStore]] = (PostgresStore, CompanyStore)
"""An append that comes alone takes another way through the database than several at once."""


@asynccontextmanager
async def store_of(
    url: str, way: type[PostgresStore] = PostgresStore
) -> AsyncIterator[PostgresStore]:
    """A migrated store with connections of its own: what another process would hold."""
    async with pool_of(url) as pool:
        store = way(pool)
        await store.migrate()
        yield store


@asynccontextmanager
async def commands_of(
    url: str, way: type[PostgresStore] = PostgresStore
) -> AsyncIterator[Commands]:
    """A service's commands over one database for events and keys; twice means two processes."""
    async with store_of(url, way) as store:
        keyring = Keyring(store.pool, MASTERS)
        await keyring.migrate()
        yield Commands("missions", store, keyring)


@asynccontextmanager
async def commands_elsewhere(
    server: str, url: str, patience: float = PATIENCE_SECONDS
) -> AsyncIterator[Commands]:
    """The same with the events in EventStoreDB, and the database beside it."""
    async with pool_of(url) as pool, pool_of(url) as notes, connected(server) as client:
        store = EsdbStore(client, pool, notes=notes, patience=patience)
        await store.migrate()
        keyring = Keyring(pool, MASTERS)
        await keyring.migrate()
        yield Commands("missions", store, keyring)


def event(
    *, id: UUID | None = None, data: bytes = b"data", meta: Mapping[str, Any] | None = None
) -> NewEvent:
    return NewEvent(id or uuid4(), "test.happened", data, meta or {"actor": "ada"}, NOON)


def append(
    stream: str,
    expected_version: int = 0,
    *events: NewEvent,
    timers: Sequence[Schedule | Cancel | Fire] = (),
) -> Append:
    """Records one event unless told which."""
    return Append(stream, expected_version, events or (event(),), timers)


def context(
    command_id: UUID | None = None, fingerprint: str = "f", at: datetime = NOON
) -> CommandContext:
    return CommandContext(
        command_id=command_id or uuid4(),
        correlation_id="journey",
        causation_id="request",
        actor="ada",
        organisation_id="org",
        at=at,
        fingerprint=fingerprint,
    )
