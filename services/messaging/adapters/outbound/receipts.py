"""Receipts for messages that providers took: one row for each idempotency key.

Not events: a row stands for one contact with the outside, which may have carried several messages.
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime

from psycopg.rows import class_row

from infra.database import Connection, Pool
from infra.locks import Lock

TABLES = """
create schema if not exists outbox;
create table if not exists outbox.receipt (
  key         text primary key,
  messages    text[]      not null,
  channel     text        not null,
  reference   text        not null,
  delivered   boolean     not null,
  accepted_at timestamptz not null default clock_timestamp(),
  outcome     text check (outcome in ('delivered', 'failed')),
  detail      text,
  outcome_at  timestamptz,
  told        boolean     not null default true
);
create index if not exists receipt_untold on outbox.receipt (outcome_at) where not told;
"""
DETAIL_LENGTH = 500


@dataclass(frozen=True, slots=True)
class Receipt:
    """The provider took what went out under this key, with these messages.

    `delivered` when it was where it belongs at once.
    """

    key: str
    messages: Sequence[str]
    channel: str
    reference: str
    delivered: bool
    accepted_at: datetime
    outcome: str | None
    detail: str | None
    outcome_at: datetime | None


_COLUMNS = "key, messages, channel, reference, delivered, accepted_at, outcome, detail, outcome_at"


@asynccontextmanager
async def alone(connection: Connection, key: str) -> AsyncIterator[bool]:
    """Whether nobody handles this key by another connection until the end of the block.

    A lock of the connection, which may have many: it goes with a process that ends, and nothing
    has to expire.
    """
    cursor = await connection.execute(
        "select pg_try_advisory_lock(%s, hashtext(%s))", (Lock.RECEIPT, key)
    )
    [got] = await cursor.fetchone() or [False]
    try:
        yield bool(got)
    finally:
        if got:
            await connection.execute(
                "select pg_advisory_unlock(%s, hashtext(%s))", (Lock.RECEIPT, key)
            )


async def find(pool: Pool, key: str) -> Receipt | None:
    """The receipt of a key; None when no provider is known to have taken it."""
    async with pool.connection() as connection:
        cursor = connection.cursor(row_factory=class_row(Receipt))
        await cursor.execute(f"select {_COLUMNS} from outbox.receipt where key = %s", (key,))
        return await cursor.fetchone()


async def keep(
    pool: Pool, key: str, messages: Sequence[str], channel: str, reference: str, delivered: bool
) -> Receipt:
    """Note that the provider took it; the receipt that was there before stays as it is."""
    async with pool.connection() as connection:
        cursor = connection.cursor(row_factory=class_row(Receipt))
        await cursor.execute(
            "insert into outbox.receipt (key, messages, channel, reference, delivered)"
            " values (%s, %s, %s, %s, %s)"
            f" on conflict (key) do update set key = excluded.key returning {_COLUMNS}",
            (key, list(messages), channel, reference, delivered),
        )
        found = await cursor.fetchone()
        assert found is not None
        return found


async def settle(pool: Pool, key: str, channel: str, outcome: str, detail: str) -> bool:
    """Take in what the provider says became of it. Its first word counts, good news always.

    False when there is no such receipt (yet).
    """
    async with pool.connection() as connection, connection.transaction():
        cursor = await connection.execute(
            "select outcome from outbox.receipt where key = %s and channel = %s for update",
            (key, channel),
        )
        if (row := await cursor.fetchone()) is None:
            return False
        if row[0] is None or (row[0], outcome) == ("failed", "delivered"):
            await connection.execute(
                "update outbox.receipt set outcome = %s, detail = %s, told = false,"
                " outcome_at = clock_timestamp() where key = %s",
                (outcome, detail[:DETAIL_LENGTH], key),
            )
        return True


async def untold(pool: Pool, most: int) -> list[Receipt]:
    """Receipts whose outcome the messages do not know yet."""
    async with pool.connection() as connection:
        cursor = connection.cursor(row_factory=class_row(Receipt))
        await cursor.execute(
            f"select {_COLUMNS} from outbox.receipt where not told order by outcome_at limit %s",
            (most,),
        )
        return await cursor.fetchall()


async def told(pool: Pool, receipt: Receipt) -> None:
    """The messages know the outcome; what the provider said is sealed with them now."""
    async with pool.connection() as connection:
        await connection.execute(
            "update outbox.receipt set told = true, detail = null"
            " where key = %s and outcome is not distinct from %s",
            (receipt.key, receipt.outcome),
        )
