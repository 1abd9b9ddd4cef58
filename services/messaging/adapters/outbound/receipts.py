"""Receipts for messages that providers took: one row for each idempotency key.

Not events: a row stands for one contact with the outside, which may have carried several messages.
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from datetime import datetime

from psycopg import DataError
from psycopg.rows import class_row
from pydantic_core import to_json

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
NUMBERS = """
alter table outbox.receipt add column if not exists numbers bytea[] not null default '{}';
create index if not exists receipt_by_number on outbox.receipt using gin (numbers);
"""
"""The numbers that text messages went to, each a keyed hash: whoever replies is found by theirs."""
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """A parcel that a provider took, before there is a receipt of it."""

    key: str
    messages: Sequence[str]
    channel: str
    reference: str
    delivered: bool
    numbers: Sequence[bytes] = ()


@asynccontextmanager
async def alone(connection: Connection, keys: Sequence[str]) -> AsyncIterator[frozenset[str]]:
    """Those of the keys that nobody handles by another connection until the end of the block.

    Locks of the connection, which may have many: they go with a process that ends, and nothing has
    to expire.
    """
    cursor = await connection.execute(
        "select key from unnest(%s::text[]) key where pg_try_advisory_lock(%s, hashtext(key))",
        (list(keys), Lock.RECEIPT),
    )
    got = [key for (key,) in await cursor.fetchall()]
    try:
        yield frozenset(got)
    finally:
        await connection.execute(
            "select pg_advisory_unlock(%s, hashtext(key)) from unnest(%s::text[]) key",
            (Lock.RECEIPT, got),
        )


async def find(pool: Pool, key: str) -> Receipt | None:
    """The receipt of a key; None when no provider is known to have taken it."""
    [found] = await find_all(pool, [key])
    return found


async def find_all(pool: Pool, keys: Sequence[str]) -> list[Receipt | None]:
    """The same for several keys, in their order."""
    async with pool.connection() as connection:
        cursor = connection.cursor(row_factory=class_row(Receipt))
        await cursor.execute(
            f"select {_COLUMNS} from outbox.receipt where key = any(%s)", (list(keys),)
        )
        found = {receipt.key: receipt for receipt in await cursor.fetchall()}
    return [found.get(key) for key in keys]


async def keep(pool: Pool, taken: Taken) -> Receipt:
    """Note that the provider took it; the receipt that was there before stays as it is."""
    [found] = await keep_all(pool, [taken])
    if isinstance(found, DataError):
        raise found
    return found


async def keep_all(pool: Pool, taken: Sequence[Taken]) -> list[Receipt | DataError]:
    """The same for several keys, each of them once; one that cannot be kept spoils no other."""
    try:
        return [*await _keep(pool, taken)]
    except DataError as error:
        if len(taken) == 1:
            return [error]
    return [kept for one in taken for kept in await keep_all(pool, [one])]


async def _keep(pool: Pool, taken: Sequence[Taken]) -> list[Receipt]:
    rows = [asdict(one) | {"numbers": [f"\\x{n.hex()}" for n in one.numbers]} for one in taken]
    async with pool.connection() as connection:
        cursor = connection.cursor(row_factory=class_row(Receipt))
        await cursor.execute(
            "insert into outbox.receipt (key, messages, channel, reference, delivered, numbers)"
            " select key, messages, channel, reference, delivered, numbers"
            "   from json_populate_recordset(null::outbox.receipt, %s::text::json)"
            f" on conflict (key) do update set key = excluded.key returning {_COLUMNS}",
            (to_json(rows).decode(),),
        )
        found = {receipt.key: receipt for receipt in await cursor.fetchall()}
    return [found[one.key] for one in taken]


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
