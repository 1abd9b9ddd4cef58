"""The credentials of dealerships at Planet VO: sealed, read by this service alone."""

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from infra.database import Connection, Pool
from infra.vault import Vault
from services.interventions.adapters.planet_vo import Credentials

TABLES = """
create schema if not exists photos;
create table photos.credentials (
  dealership_id text primary key,
  master        text  not null,
  sealed        bytea not null
);
"""


@dataclass(frozen=True, slots=True)
class PhotoCredentials:
    """The credentials that are kept, by dealership."""

    pool: Pool
    vault: Vault

    async def digest(self, dealership_id: str, given: Credentials) -> str:
        """A keyed hash, by which the same ones are known again; it tells nothing of them."""
        return await self.vault.token(name_of(dealership_id), packed(given).decode())

    def keeping(
        self, dealership_id: str, given: Credentials
    ) -> Callable[[Connection], Awaitable[None]]:
        """Keeps these instead of any others, together with the event that says so."""

        async def keep(connection: Connection) -> None:
            await connection.execute(
                "insert into photos.credentials (dealership_id, master, sealed)"
                " values (%s, %s, %s) on conflict (dealership_id)"
                " do update set master = excluded.master, sealed = excluded.sealed",
                (dealership_id, *self.vault.seal(name_of(dealership_id), packed(given))),
            )

        return keep

    async def of(self, dealership_id: str) -> Credentials | None:
        """Those of a dealership; None where it gave none, or they were destroyed."""
        async with self.pool.connection() as connection:
            cursor = await connection.execute(
                "select master, sealed from photos.credentials where dealership_id = %s",
                (dealership_id,),
            )
            found = await cursor.fetchone()
        if found is None:
            return None
        user_name, password = json.loads(self.vault.unseal(name_of(dealership_id), *found))
        return Credentials(user_name, password)


def destroying(dealership_id: str) -> Callable[[Connection], Awaitable[None]]:
    """Destroys those of a dealership, together with the event that says so."""

    async def destroy(connection: Connection) -> None:
        await connection.execute(
            "delete from photos.credentials where dealership_id = %s", (dealership_id,)
        )

    return destroy


def packed(given: Credentials) -> bytes:
    return json.dumps([given.user_name, given.password]).encode()


def name_of(dealership_id: str) -> str:
    return f"Planet VO of {dealership_id}"
