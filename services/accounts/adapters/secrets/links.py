"""Links that work once, for a while, for one purpose. Only a hash of each is kept."""

from collections.abc import Collection
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from infra.database import Connection, Pool
from infra.vault import digest

TABLES = """
create table if not exists secrets.link (
  token_hash bytea primary key,
  user_id    text        not null,
  expires_at timestamptz not null,
  used_by    uuid
);
create index if not exists link_of_user on secrets.link (user_id);
alter table secrets.link add column if not exists purpose text not null default 'password';
"""
LIFETIME = timedelta(hours=1)


class Purpose(StrEnum):
    """The one thing a link is good for."""

    PASSWORD = "password"
    PASSWORD_BY_PHONE = "password_by_phone"
    EMAIL = "email"


def address(portal: str, page: str, token: str) -> str:
    """The link to a page of the portal. After `#` the token reaches no server's log."""
    return f"{portal.rstrip('/')}/{page}#token={token}"


async def make(
    connection: Connection, purpose: Purpose, token: str, user_id: str, expires_at: datetime
) -> None:
    """Keep a link for a user."""
    await connection.execute(
        "insert into secrets.link (token_hash, user_id, expires_at, purpose)"
        " values (%s, %s, %s, %s)",
        (digest(token), user_id, expires_at, purpose),
    )


async def find(
    pool: Pool, purposes: Collection[Purpose], token: str, at: datetime
) -> tuple[str, Purpose] | None:
    """The user a link is for, and its purpose, one of these; used or not, while it is not too
    old."""
    async with pool.connection() as connection:
        cursor = await connection.execute(
            "select user_id, purpose from secrets.link"
            " where token_hash = %s and expires_at > %s and purpose = any(%s)",
            (digest(token), at, list(purposes)),
        )
        row = await cursor.fetchone()
    return (row[0], Purpose(row[1])) if row else None


async def spend(connection: Connection, token: str, request: UUID) -> bool:
    """Use a link up; False when it was used."""
    cursor = await connection.execute(
        "update secrets.link set used_by = %s where token_hash = %s and used_by is null",
        (request, digest(token)),
    )
    return cursor.rowcount == 1


async def void(connection: Connection, user_id: str, purpose: Purpose | None = None) -> None:
    """No unused link of the user works any more, or none of that purpose."""
    await connection.execute(
        "delete from secrets.link"
        " where user_id = %s and used_by is null and coalesce(purpose = %s, true)",
        (user_id, purpose),
    )
