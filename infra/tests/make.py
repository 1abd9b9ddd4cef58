"""Valid input with sensible defaults; a test names only what it is about."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

from psycopg_pool import AsyncConnectionPool

from infra.commands import CommandContext, Commands
from infra.personal import Keyring
from infra.store import Append, Cancel, Fire, NewEvent, Schedule
from infra.store.postgres import Pool, PostgresStore

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


@asynccontextmanager
async def store_of(url: str) -> AsyncIterator[PostgresStore]:
    """A migrated store with connections of its own: what another process would hold."""
    async with pool_of(url) as pool:
        store = PostgresStore(pool)
        await store.migrate()
        yield store


@asynccontextmanager
async def commands_of(url: str) -> AsyncIterator[Commands]:
    """A service's commands over one database for events and keys; twice means two processes."""
    async with store_of(url) as store:
        keyring = Keyring(store.pool, MASTERS)
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
