"""Codes that prove a phone before its owner has an account. Only a hash of each is kept."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from infra.database import Connection, Pool
from infra.vault import Vault

TABLES = """
create table if not exists secrets.phone_code (
  key        bytea primary key,
  user_id    text        not null,
  code_hash  bytea       not null,
  wrong      int         not null default 0,
  expires_at timestamptz not null,
  used_by    uuid
);
"""
LIFETIME = timedelta(minutes=10)
MOST_WRONG = 5
DIGITS = 6


@dataclass(frozen=True, slots=True)
class Right:
    """A code that is right: the user that its owner is to become, and its hash."""

    user_id: str
    code_hash: bytes


class PhoneCodes:
    """The codes of phones: the last one of each counts, for a while, unless few wrong ones came."""

    def __init__(self, pool: Pool, vault: Vault) -> None:
        self._pool = pool
        self._vault = vault

    async def code(self, key: bytes, request: str) -> str:
        """The digits for a phone; the same for one request."""
        random = await self._vault.hash("phone-code", f"{key.hex()}|{request}")
        return f"{int.from_bytes(random) % 10**DIGITS:0{DIGITS}}"

    async def registrant(self, key: bytes) -> str | None:
        """The user that the owner of a phone is to become, once they asked for a code and have not
        registered."""
        async with self._pool.connection() as connection:
            cursor = await connection.execute(
                "select user_id from secrets.phone_code where key = %s and used_by is null", (key,)
            )
            row = await cursor.fetchone()
        return row[0] if row else None

    async def keep(
        self, connection: Connection, key: bytes, user_id: str, code: str, expires_at: datetime
    ) -> None:
        """From now on this code counts for a phone, and no other."""
        await connection.execute(
            "insert into secrets.phone_code (key, user_id, code_hash, expires_at)"
            " values (%s, %s, %s, %s) on conflict (key) do update set user_id = excluded.user_id,"
            " code_hash = excluded.code_hash, expires_at = excluded.expires_at, wrong = 0,"
            " used_by = null",
            (key, user_id, await self._hash(key, code), expires_at),
        )

    async def judge(self, key: bytes, code: str, at: datetime) -> Right | None:
        """The registrant a code is right for, used or not; None for a wrong one, which counts.

        Codes that come at one moment are judged one after the other.
        """
        hashed = await self._hash(key, code)
        async with self._pool.connection() as connection:
            cursor = await connection.execute(
                "update secrets.phone_code set wrong = wrong + (code_hash <> %s)::int"
                " where key = %s returning user_id,"
                " code_hash = %s and wrong < %s and expires_at > %s",
                (hashed, key, hashed, MOST_WRONG, at),
            )
            row = await cursor.fetchone()
        return Right(row[0], hashed) if row and row[1] else None

    async def _hash(self, key: bytes, code: str) -> bytes:
        return await self._vault.hash("phone-code-shown", f"{key.hex()}|{code}")


async def spend(connection: Connection, key: bytes, right: Right, request: UUID) -> bool:
    """Use a code up; False when another request used it, or another code took its place."""
    cursor = await connection.execute(
        "update secrets.phone_code set used_by = %s where key = %s and code_hash = %s"
        " and user_id = %s and (used_by is null or used_by = %s)",
        (request, key, right.code_hash, right.user_id, request),
    )
    return cursor.rowcount == 1
