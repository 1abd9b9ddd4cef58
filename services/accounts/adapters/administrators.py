"""Counts the administrators of an organisation, so that the last one stays."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from infra.database import Pool
from infra.locks import Lock
from services.accounts.adapters.accounts import Accounts
from services.accounts.user import Active

TABLES = """
create schema if not exists accounts;
create table if not exists accounts.administrator (
  organisation_id text not null,
  user_id         text not null,
  primary key (organisation_id, user_id)
);
"""


class Administrators:
    """The users who may be administrators, by organisation; their events tell who is."""

    def __init__(self, pool: Pool, accounts: Accounts) -> None:
        self._pool = pool
        self._accounts = accounts
        self._turn = asyncio.Lock()

    async def add(self, organisation_id: str, user_id: str) -> None:
        """Count a user among those who may be administrators; nobody leaves these."""
        async with self._pool.connection() as connection:
            await connection.execute(
                "insert into accounts.administrator values (%s, %s) on conflict do nothing",
                (organisation_id, user_id),
            )

    async def others(self, organisation_id: str, user_id: str) -> int:
        """How many other users administer the organisation at present."""
        async with self._pool.connection() as connection:
            cursor = await connection.execute(
                "select user_id from accounts.administrator"
                " where organisation_id = %s and user_id <> %s",
                (organisation_id, user_id),
            )
            candidates = [row[0] for row in await cursor.fetchall()]
        accounts = await asyncio.gather(*(self._accounts.find(one) for one in candidates))
        return sum(isinstance(account, Active) and account.administers for account in accounts)

    @asynccontextmanager
    async def one_at_a_time(self, organisation_id: str) -> AsyncIterator[None]:
        """A block in which nobody else decides who remains an administrator."""
        # The lock of this process keeps waiting requests from taking all its connections.
        async with self._turn, self._pool.connection() as connection, connection.transaction():
            await connection.execute(
                "select pg_advisory_xact_lock(%s, hashtext(%s))",
                (Lock.ADMINISTRATORS, organisation_id),
            )
            yield
