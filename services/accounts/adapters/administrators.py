"""Counts who keeps the users of an organisation, so that the last one of them stays."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from contracts.accounts.user_v1 import Role
from infra.database import Pool
from infra.locks import Lock
from services.accounts.adapters.accounts import Accounts
from services.accounts.user import Active
from services.accounts.user.dealerships import OtherManagers, managed

TABLES = """
create schema if not exists accounts;
create table if not exists accounts.administrator (
  organisation_id text not null,
  user_id         text not null,
  primary key (organisation_id, user_id)
);
"""


KEEPERS = frozenset({Role.ADMINISTRATION, Role.DEALERSHIP_MANAGER, Role.GROUP_MANAGER})
"""The roles that keep users."""


class Administrators:
    """The users who may keep others, by organisation; their events tell who does."""

    def __init__(self, pool: Pool, accounts: Accounts) -> None:
        self._pool = pool
        self._accounts = accounts
        self._turn = asyncio.Lock()

    async def add(self, organisation_id: str, user_id: str) -> None:
        """Count a user among those who may keep others; nobody leaves these."""
        async with self._pool.connection() as connection:
            await connection.execute(
                "insert into accounts.administrator values (%s, %s) on conflict do nothing",
                (organisation_id, user_id),
            )

    async def others(self, organisation_id: str, user_id: str) -> int:
        """How many other users administer the organisation at present."""
        return sum(one.administers for one in await self._active(organisation_id, user_id))

    async def other_managers(self, organisation_id: str, user_id: str) -> OtherManagers:
        """Where other users could manage dealerships at present."""
        people = [one.person for one in await self._active(organisation_id, user_id)]
        return OtherManagers(
            at=frozenset().union(*(managed(person.dealerships) for person in people)),
            everywhere=any(Role.GROUP_MANAGER in person.roles for person in people),
        )

    async def _active(self, organisation_id: str, user_id: str) -> list[Active]:
        async with self._pool.connection() as connection:
            cursor = await connection.execute(
                "select user_id from accounts.administrator"
                " where organisation_id = %s and user_id <> %s",
                (organisation_id, user_id),
            )
            candidates = [row[0] for row in await cursor.fetchall()]
        accounts = await asyncio.gather(*(self._accounts.find(one) for one in candidates))
        return [account for account in accounts if isinstance(account, Active)]

    @asynccontextmanager
    async def one_at_a_time(self, organisation_id: str) -> AsyncIterator[None]:
        """A block in which nobody else decides who remains an administrator, or a manager."""
        # The lock of this process keeps waiting requests from taking all its connections.
        async with self._turn, self._pool.connection() as connection, connection.transaction():
            await connection.execute(
                "select pg_advisory_xact_lock(%s, hashtext(%s))",
                (Lock.ADMINISTRATORS, organisation_id),
            )
            yield
