"""Personal texts that belong to one person each: found by keyed hash, without being kept."""

import unicodedata

from psycopg.errors import UniqueViolation

from infra.database import Connection, Pool
from infra.vault import Vault

TABLES = """
create table if not exists secrets.claim (
  key    bytea primary key,
  holder text not null unique
);
"""


class Claims:
    """The holders of texts such as e-mail addresses: one at most for a text, and one text each."""

    def __init__(self, pool: Pool, vault: Vault) -> None:
        self._pool = pool
        self._vault = vault

    async def key(self, text: str) -> bytes:
        """The key to look a text up by, one for all its spellings."""
        return await self._vault.hash(
            "claim", unicodedata.normalize("NFKC", text).strip().casefold()
        )

    async def holder(self, key: bytes) -> str | None:
        """The holder of a text, if there is one."""
        async with self._pool.connection() as connection:
            cursor = await connection.execute(
                "select holder from secrets.claim where key = %s", (key,)
            )
            row = await cursor.fetchone()
        return row[0] if row else None

    async def claim(self, key: bytes, holder: str) -> str | None:
        """Give a free text to a holder who has none; answers whose it is then."""
        async with self._pool.connection() as connection:
            await connection.execute(
                "insert into secrets.claim (key, holder) values (%s, %s) on conflict do nothing",
                (key, holder),
            )
        return await self.holder(key)

    async def move(self, connection: Connection, key: bytes, holder: str) -> bool:
        """Give a holder another text, and free the former one; False when somebody has it, or
        the holder has none.

        Nothing else can be done in the transaction then.
        """
        try:
            cursor = await connection.execute(
                "update secrets.claim set key = %s where holder = %s", (key, holder)
            )
        except UniqueViolation:
            return False
        return cursor.rowcount == 1

    async def release(self, holder: str) -> None:
        """Free the text of a holder."""
        async with self._pool.connection() as connection:
            await connection.execute("delete from secrets.claim where holder = %s", (holder,))
