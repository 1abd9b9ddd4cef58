"""Passwords: argon2id, off the event loop, and the same work whether or not there is one."""

import asyncio
import unicodedata

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from infra.database import Connection, Pool

TABLES = """
create table if not exists secrets.password (
  user_id text primary key,
  hash    text        not null,
  set_at  timestamptz not null
);
"""
AT_ONCE = 4
"""Each check takes 64 MiB for some 50 ms."""

HASHER = PasswordHasher()
NOBODYS = (
    "$argon2id$v=19$m=65536,t=3,p=4$bvNItNd9DTgP7mEWMKApYw"
    "$s/7V6rqrdlrTbFb7DCKf/v85pWinbkf42HAOeFMU9kc"
)
"""A hash that takes as long to check as anybody's. Made once: every start of a process would wait
for another one."""


def normal(password: str) -> str:
    """The one form of a password that different keyboards send differently."""
    return unicodedata.normalize("NFKC", password)


class Passwords:
    """The hashes of passwords."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._room = asyncio.Semaphore(AT_ONCE)

    async def hash(self, password: str) -> str:
        """A new salted hash; takes some 50 ms on another thread."""
        async with self._room:
            return await asyncio.to_thread(HASHER.hash, normal(password))

    async def matches(self, user_id: str | None, password: str) -> bool:
        """Whether it is the user's password; as slow for somebody who has none, or is nobody."""
        kept = await self._kept(user_id)
        async with self._room:
            right = await asyncio.to_thread(_verify, kept or NOBODYS, normal(password))
        return right and kept is not None

    async def _kept(self, user_id: str | None) -> str | None:
        async with self._pool.connection() as connection:
            cursor = await connection.execute(
                "select hash from secrets.password where user_id = %s", (user_id,)
            )
            row = await cursor.fetchone()
        return row[0] if row else None


async def keep(connection: Connection, user_id: str, hashed: str) -> None:
    """Replace the user's password."""
    await connection.execute(
        "insert into secrets.password (user_id, hash, set_at)"
        " values (%s, %s, clock_timestamp())"
        " on conflict (user_id) do update set hash = excluded.hash, set_at = excluded.set_at",
        (user_id, hashed),
    )


def _verify(hashed: str, password: str) -> bool:
    try:
        return HASHER.verify(hashed, password)
    except (VerificationError, InvalidHashError):
        return False
