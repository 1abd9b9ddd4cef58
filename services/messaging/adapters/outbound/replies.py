"""Replies to text messages: the messages that each is about, chosen once however often it comes."""

from collections.abc import Sequence

from infra.database import Pool
from infra.vault import Vault

TABLES = """
create table if not exists outbox.reply (
  reply_id    text primary key,
  messages    text[]      not null,
  received_at timestamptz not null default clock_timestamp()
);
"""
MOST = 200
"""So many of the last texts to a number are looked at."""
PURPOSE = "number of a text message"


async def hashed(vault: Vault, number: str) -> bytes:
    """The number, E.164, as receipts keep it: it tells nothing, and is the same each time."""
    return await vault.hash(PURPOSE, number)


async def texted(pool: Pool, number: bytes) -> list[str]:
    """The messages that went to a number, the last first."""
    async with pool.connection() as connection:
        cursor = await connection.execute(
            "select messages from outbox.receipt where numbers @> array[%s]"
            " order by accepted_at desc, key limit %s",
            (number, MOST),
        )
        return [id for [ids] in await cursor.fetchall() for id in ids]


async def known(pool: Pool, reply_id: str) -> Sequence[str] | None:
    """The messages that a reply is about, once these were chosen."""
    async with pool.connection() as connection:
        cursor = await connection.execute(
            "select messages from outbox.reply where reply_id = %s", (reply_id,)
        )
        row = await cursor.fetchone()
    return row[0] if row else None


async def settle(pool: Pool, reply_id: str, messages: Sequence[str]) -> Sequence[str]:
    """Choose the messages that a reply is about; those that were chosen before stand."""
    async with pool.connection() as connection:
        cursor = await connection.execute(
            "insert into outbox.reply (reply_id, messages) values (%s, %s)"
            " on conflict (reply_id) do update set reply_id = excluded.reply_id"
            " returning messages",
            (reply_id, list(messages)),
        )
        row = await cursor.fetchone()
    assert row is not None
    chosen: Sequence[str] = row[0]
    return chosen
