"""Attempts that failed: one row each, with the reason and the time of the next one.

They are no events, because nothing follows from them but another attempt. A row holds nothing about
a person: what the provider said in full goes into the event that ends the channel, sealed.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from psycopg.rows import class_row

from infra.database import Pool
from services.messaging.adapters.outbound import Why

TABLES = """
create schema if not exists outbox;
create table if not exists outbox.attempt (
  parcel_id text        not null,
  channel   text        not null,
  number    int         not null,
  why       text        not null,
  said      text        not null,
  failed_at timestamptz not null default clock_timestamp(),
  retry_at  timestamptz not null,
  primary key (parcel_id, channel, number)
);
create index if not exists attempt_for_us on outbox.attempt (channel, retry_at)
  where why in ('server', 'setup');
"""
BY_AGE = "create index attempt_by_age on outbox.attempt (failed_at);"
SAID_LENGTH = 100
WAITS = """exists (select from outbox.attempt a where a.retry_at > clock_timestamp()
  and a.channel = coalesce(message.channel, '')
  and a.parcel_id = coalesce(message.parcel_id, message.message_id))"""
"""SQL: the next attempt of a row of messages is later than now."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One that failed. `said` is the code of the provider's answer, or the kind of the error."""

    channel: str
    number: int
    why: str
    said: str
    failed_at: datetime
    retry_at: datetime


_COLUMNS = "channel, number, why, said, failed_at, retry_at"


@dataclass(frozen=True, slots=True)
class Before:
    """How many attempts of a parcel failed by a channel, and when the first did."""

    count: int
    first_at: datetime | None


async def before(pool: Pool, parcel_id: str, channel: str) -> Before:
    """The attempts so far, in short."""
    [found] = await before_all(pool, [(parcel_id, channel)])
    return found


async def before_all(pool: Pool, ways: Sequence[tuple[str, str]]) -> list[Before]:
    """The same for several parcels, each with its channel."""
    async with pool.connection() as connection:
        cursor = await connection.execute(
            "select parcel_id, channel, count(*), min(failed_at) from outbox.attempt"
            " where (parcel_id, channel) in (select * from unnest(%s::text[], %s::text[]))"
            " group by parcel_id, channel",
            ([parcel for parcel, _ in ways], [channel for _, channel in ways]),
        )
        found = {(row[0], row[1]): Before(*row[2:]) for row in await cursor.fetchall()}
    return [found.get(way, Before(0, None)) for way in ways]


async def note(
    pool: Pool, parcel_id: str, channel: str, number: int, why: Why, said: str, retry_at: datetime
) -> None:
    """An attempt failed; a number that is noted already stays as it is."""
    async with pool.connection() as connection:
        await connection.execute(
            "insert into outbox.attempt (parcel_id, channel, number, why, said, retry_at)"
            " values (%s, %s, %s, %s, %s, %s) on conflict do nothing",
            (parcel_id, channel, number, why, said[:SAID_LENGTH], retry_at),
        )


async def wake(pool: Pool, channel: str) -> None:
    """The provider takes messages again: what waited for it, and not for a recipient, is due."""
    async with pool.connection() as connection:
        await connection.execute(
            "update outbox.attempt set retry_at = clock_timestamp()"
            " where channel = %s and why in ('server', 'setup') and retry_at > clock_timestamp()",
            (channel,),
        )


async def of(pool: Pool, parcels: list[str]) -> list[Attempt]:
    """The failed attempts of these parcels, oldest first."""
    async with pool.connection() as connection:
        cursor = connection.cursor(row_factory=class_row(Attempt))
        await cursor.execute(
            f"select {_COLUMNS} from outbox.attempt where parcel_id = any(%s)"
            " order by failed_at, number",
            (parcels,),
        )
        return await cursor.fetchall()


async def prune(pool: Pool, kept: timedelta, most: int) -> int:
    """Forget so many of the attempts that failed longer ago than that; says how many there were.

    No attempt of a message that is still tried may be so old: it would begin anew.
    """
    async with pool.connection() as connection:
        cursor = await connection.execute(
            "delete from outbox.attempt where ctid = any(array("
            " select ctid from outbox.attempt where failed_at < clock_timestamp() - %s"
            " order by failed_at limit %s for update skip locked))",
            (kept, most),
        )
        return cursor.rowcount
