"""Personal texts that belong to one person each: found by keyed hash, without being kept.

A text is expected of whoever was invited with it, and belongs to the first of them who proves it.
"""

import unicodedata
from enum import StrEnum

from psycopg.errors import UniqueViolation

from infra.database import Connection, Pool
from infra.vault import Vault

TABLES = """
create table if not exists secrets.claim (
  key    bytea primary key,
  holder text not null unique
);
create table if not exists secrets.expected (
  user_id         text primary key,
  key             bytea not null,
  organisation_id text  not null,
  unique (key, organisation_id)
);
insert into secrets.expected
  select holder, key, '' from secrets.claim
  where holder not in (select user_id from secrets.password) on conflict do nothing;
delete from secrets.claim where holder not in (select user_id from secrets.password);
"""
# Before an address was proved it was claimed by the invitation; who has set no password has proved
# nothing.

# From now on somebody may have one text of each kind.
KINDS = """
alter table secrets.claim add column if not exists kind text not null default 'email';
alter table secrets.claim drop constraint if exists claim_holder_key;
create unique index if not exists claim_of_holder on secrets.claim (holder, kind);
alter table secrets.expected add column if not exists kind text not null default 'email';
alter table secrets.expected drop constraint if exists expected_pkey;
create unique index if not exists expected_of_user on secrets.expected (user_id, kind);
"""


class Kind(StrEnum):
    """A kind of text; no text is of two kinds."""

    EMAIL = "email"
    PHONE = "phone"
    IDENTITY_CARD = "identity_card"


class Claims:
    """The holders of texts of one kind, such as e-mail addresses: one at most for a text, and one
    text each."""

    def __init__(self, pool: Pool, vault: Vault, kind: Kind) -> None:
        self._pool = pool
        self._vault = vault
        self._kind = kind

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

    async def expect(
        self, connection: Connection, key: bytes, organisation_id: str, user_id: str
    ) -> str:
        """Expect a text of a new user; answers of whom of the organisation it is expected.

        Waits for a transaction that expects the same, and holds what it finds until its own ends.
        """
        # Left by an invitation of theirs that was never recorded.
        await self.drop(connection, user_id)
        await connection.execute(
            "insert into secrets.expected (user_id, key, organisation_id, kind)"
            " values (%s, %s, %s, %s) on conflict do nothing",
            (user_id, key, organisation_id, self._kind),
        )
        cursor = await connection.execute(
            "select user_id from secrets.expected where key = %s and organisation_id = %s"
            " for update",
            (key, organisation_id),
        )
        row = await cursor.fetchone()
        assert row is not None
        return str(row[0])

    async def expected(self, key: bytes) -> list[str]:
        """All users of whom a text is expected."""
        async with self._pool.connection() as connection:
            cursor = await connection.execute(
                "select user_id from secrets.expected where key = %s order by user_id", (key,)
            )
            return [row[0] for row in await cursor.fetchall()]

    async def prove(self, connection: Connection, key: bytes, holder: str) -> bool:
        """Give a text to a holder who has proved it, unless they have one; False when it is
        somebody else's."""
        await connection.execute(
            "insert into secrets.claim (key, holder, kind) values (%s, %s, %s)"
            " on conflict do nothing",
            (key, holder, self._kind),
        )
        cursor = await connection.execute(
            "select from secrets.claim where holder = %s and kind = %s", (holder, self._kind)
        )
        return cursor.rowcount == 1

    async def move(self, connection: Connection, key: bytes, holder: str) -> bool:
        """Give a holder another text, and free the former one; False when somebody has it, or
        the holder has none.

        Nothing else can be done in the transaction then.
        """
        try:
            cursor = await connection.execute(
                "update secrets.claim set key = %s where holder = %s and kind = %s",
                (key, holder, self._kind),
            )
        except UniqueViolation:
            return False
        await self.drop(connection, holder)
        return cursor.rowcount == 1

    async def expect_no_more(self, user_id: str) -> None:
        """Expect nothing of a user any more."""
        async with self._pool.connection() as connection:
            await self.drop(connection, user_id)

    async def drop(self, connection: Connection, user_id: str) -> None:
        """The same, in a transaction."""
        await connection.execute(
            "delete from secrets.expected where user_id = %s and kind = %s", (user_id, self._kind)
        )
