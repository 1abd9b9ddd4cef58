"""Limits of attempts within a time, which make guessing slow, whoever it is about."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from infra.database import Pool
from infra.locks import Lock

TABLES = """
create table if not exists secrets.attempt (
  throttle bytea       not null,
  at       timestamptz not null
);
create index if not exists attempt_by_throttle on secrets.attempt (throttle, at);
create table if not exists secrets.known_client (
  pair    bytea       primary key,
  seen_at timestamptz not null
);
"""


class TooManyAttempts(Exception):
    """Another attempt is possible after so many seconds."""

    def __init__(self, seconds: int) -> None:
        super().__init__(f"wait {seconds} seconds")
        self.seconds = seconds


@dataclass(frozen=True, slots=True)
class Limit:
    """At most so many attempts within the time."""

    name: str
    most: int
    within: timedelta

    def wait(self, before: int, oldest: datetime | None, now: datetime) -> int | None:
        """Seconds until another attempt is possible; None when it is possible now."""
        if before < self.most or oldest is None:
            return None
        return max(1, round((oldest + self.within - now).total_seconds()))


QUARTER = timedelta(minutes=15)
HOUR = timedelta(hours=1)

_PAIR = Limit("sign-in of an address from a client", 5, QUARTER)
_CLIENT = Limit("sign-in from a client", 200, QUARTER)
# The first one keeps somebody from guessing, without their locking out the owner; the second one
# keeps many from guessing together; the third one keeps one from trying many addresses.
SIGN_IN = (_PAIR, Limit("sign-in of an address", 60, HOUR), _CLIENT)
# Where the owner has signed in before, strangers who guess do not lock them out. Together with the
# strangers that makes a hundred guesses an hour.
KNOWN_CLIENT = (_PAIR, Limit("sign-in of an address from known clients", 40, HOUR), _CLIENT)
KNOWN_FOR = timedelta(days=90)
RESET = (
    Limit("reset of an address from a client", 3, HOUR),
    Limit("reset of an address", 10, HOUR),
    Limit("reset from a client", 100, HOUR),
)
# A text message costs, and each code may be guessed a few times.
PHONE_CODE = (
    Limit("code for a phone from a client", 3, HOUR),
    Limit("code for a phone", 5, HOUR),
    Limit("code from a client", 20, HOUR),
)
REGISTRATION = (
    Limit("registration of a phone from a client", 10, HOUR),
    Limit("registration of a phone", 30, HOUR),
    Limit("registration from a client", 30, HOUR),
)
LONGEST = HOUR

Counted = tuple[Limit, bytes]


async def admit(pool: Pool, counted: Sequence[Counted], now: datetime) -> None:
    """Count an attempt. Raises `TooManyAttempts`, and then counts nothing."""
    async with pool.connection() as connection, connection.transaction():
        for limit, key in sorted(counted, key=lambda one: one[1]):
            await connection.execute(
                "select pg_advisory_xact_lock(%s, hashtext(encode(%s, 'hex')))",
                (Lock.ATTEMPT, key),
            )
            cursor = await connection.execute(
                "select count(*), min(at) from secrets.attempt where throttle = %s and at > %s",
                (key, now - limit.within),
            )
            row = await cursor.fetchone()
            assert row is not None
            if (seconds := limit.wait(row[0], row[1], now)) is not None:
                raise TooManyAttempts(seconds)
        await connection.execute(
            "insert into secrets.attempt (throttle, at) select k, %s from unnest(%b::bytea[]) k",
            (now, [key for _, key in counted]),
        )


async def succeed(pool: Pool, counted: Sequence[Counted], now: datetime) -> None:
    """Forget this attempt, and all that count for the first limit: who proved who they are did not
    guess. What that limit counts for, a client of the owner, is known from now on."""
    pair = counted[0][1]
    async with pool.connection() as connection, connection.transaction():
        await connection.execute(
            "delete from secrets.attempt where throttle = %s or throttle = any(%s) and at = %s",
            (pair, [key for _, key in counted], now),
        )
        await connection.execute(
            "insert into secrets.known_client values (%s, %s)"
            " on conflict (pair) do update set seen_at = excluded.seen_at",
            (pair, now),
        )


async def is_known(pool: Pool, pair: bytes, now: datetime) -> bool:
    """Whether the owner succeeded there not long ago."""
    async with pool.connection() as connection:
        cursor = await connection.execute(
            "select 1 from secrets.known_client where pair = %s and seen_at > %s",
            (pair, now - KNOWN_FOR),
        )
        return await cursor.fetchone() is not None
