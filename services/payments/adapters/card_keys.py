"""The keys of dealerships' accounts at the provider: sealed, read by this service alone."""

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from infra.database import Connection, Pool
from infra.vault import Vault

TABLES = """
create schema if not exists cards;
create table if not exists cards.keys (
  dealership_id text primary key,
  master        text  not null,
  sealed        bytea not null
);
"""


@dataclass(frozen=True, slots=True)
class Keys:
    """The secrets by which we ask the provider, and know it."""

    restricted_key: str
    webhook_secret: str

    def __repr__(self) -> str:
        """Never shown, wherever it is written."""
        return "Keys(…)"


@dataclass(frozen=True, slots=True)
class CardKeys:
    """The keys that are kept, by dealership."""

    pool: Pool
    vault: Vault

    def keeping(self, dealership_id: str, keys: Keys) -> Callable[[Connection], Awaitable[None]]:
        """Keeps these instead of any others, together with the event that says so."""
        content = json.dumps([keys.restricted_key, keys.webhook_secret]).encode()

        async def keep(connection: Connection) -> None:
            await connection.execute(
                "insert into cards.keys (dealership_id, master, sealed) values (%s, %s, %s)"
                " on conflict (dealership_id)"
                " do update set master = excluded.master, sealed = excluded.sealed",
                (dealership_id, *self.vault.seal(name_of(dealership_id), content)),
            )

        return keep

    async def of(self, dealership_id: str) -> Keys | None:
        """Those of a dealership; None where it gave none, or they were destroyed."""
        async with self.pool.connection() as connection:
            cursor = await connection.execute(
                "select master, sealed from cards.keys where dealership_id = %s", (dealership_id,)
            )
            found = await cursor.fetchone()
        if found is None:
            return None
        content = self.vault.unseal(name_of(dealership_id), *found)
        restricted_key, webhook_secret = json.loads(content)
        return Keys(restricted_key, webhook_secret)


def destroying(dealership_id: str) -> Callable[[Connection], Awaitable[None]]:
    """Destroys those of a dealership, together with the event that says so."""

    async def destroy(connection: Connection) -> None:
        await connection.execute(
            "delete from cards.keys where dealership_id = %s", (dealership_id,)
        )

    return destroy


def name_of(dealership_id: str) -> str:
    return f"card keys of {dealership_id}"
