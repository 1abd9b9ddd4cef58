"""Counts who asks at the doors of marketplaces: each request is mailed to up to 500 providers.

All processes count together, so the limits hold however many there are.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from infra import telemetry
from infra.database import Pool
from infra.http.problems import try_again
from infra.vault import Vault

TABLES = """
create table if not exists asked (
  name    bytea       primary key,
  free_at timestamptz not null
);
create index if not exists asked_by_free_at on asked (free_at);
"""
HOUR = timedelta(hours=1)
OF_CLIENT, OF_MARKETPLACE = "asked by a client", "asked of a marketplace"
_COUNT = """
insert into asked as known (name, free_at) values (%(name)s, %(at)s + %(step)s)
on conflict (name) do update set free_at = greatest(known.free_at, %(at)s) + %(step)s
returning free_at
"""
"""The time at which all that may be asked in an hour could be asked at once again."""


@dataclass(frozen=True, slots=True)
class Asking:
    """Admits so many requests an hour, also all at once; each comes back after its part of it. 0 is
    no limit. Of clients only a keyed hash is kept, for an hour at most and a while."""

    pool: Pool
    vault: Vault
    most_of_client: int
    most_of_marketplace: int

    async def count(self, marketplace_id: str, client: str, at: datetime) -> None:
        """Count a request of a client. Raises a 429 `Problem`, and counts nothing, when it is one
        too many."""
        names = (
            (await self.vault.hash(OF_CLIENT, f"{marketplace_id}/{client}"), self.most_of_client),
            (await self.vault.hash(OF_MARKETPLACE, marketplace_id), self.most_of_marketplace),
        )
        async with self.pool.connection() as connection, connection.transaction():
            # The client first, always: nobody waits for a client who holds the marketplace.
            for name, most in names:
                if not most:
                    continue
                step = HOUR / most
                cursor = await connection.execute(_COUNT, {"name": name, "at": at, "step": step})
                [(free_at,)] = await cursor.fetchall()
                if (wait := free_at - at - HOUR) > timedelta():
                    telemetry.turned_away("asked-too-often")
                    seconds = -(-wait // timedelta(seconds=1))
                    raise try_again(429, "asked-too-often", seconds=seconds)
            await connection.execute("delete from asked where free_at < %s", (at - HOUR,))
