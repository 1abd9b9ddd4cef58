"""The keys that sign access tokens: kept sealed, published before they sign, rotated in time."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from infra.database import Pool
from infra.locks import Lock
from infra.tokens import SigningKey
from infra.vault import Vault

TABLES = """
create table if not exists secrets.signing_key (
  kid        text primary key,
  master     text        not null,
  sealed     bytea       not null,
  created_at timestamptz not null
);
"""
ACCESS = timedelta(minutes=5)
"""How long an access token is valid; no longer than that it outlives its session."""
PERIOD = timedelta(days=30)
"""How old the newest key becomes."""
AHEAD = timedelta(hours=1)
"""How long a key is published before it signs."""
REMEMBERED = timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class Key:
    """A key pair and when it was made."""

    pair: SigningKey = field(repr=False)
    made_at: datetime

    @property
    def signs_from(self) -> datetime:
        return self.made_at + AHEAD


def due(keys: Sequence[Key], now: datetime) -> bool:
    """Whether a new key has to be made. Keys come newest first, here and below."""
    return not keys or keys[0].made_at + PERIOD <= now


def signing(keys: Sequence[Key], now: datetime) -> Key:
    """The newest key that was published long enough; before there is one, the oldest."""
    return next((key for key in keys if key.signs_from <= now), keys[-1])


def published(keys: Sequence[Key], now: datetime) -> list[Key]:
    """Every key a valid token may be signed with, and the one that comes next."""
    newer = [None, *keys]
    return [
        key
        for key, after in zip(keys, newer, strict=False)
        if after is None or now < after.signs_from + 2 * ACCESS
    ]


class SigningKeys:
    """The keys of the database; what was read is remembered for half a minute."""

    def __init__(self, pool: Pool, vault: Vault) -> None:
        self._pool = pool
        self._vault = vault
        self._known: list[Key] = []
        self._read_at: datetime | None = None

    async def signing(self, now: datetime) -> SigningKey:
        """The key to sign with now."""
        return signing(await self._current(now), now).pair

    async def published(self, now: datetime) -> list[SigningKey]:
        """The keys to publish now."""
        return [key.pair for key in published(await self._current(now), now)]

    async def rotate(self, now: datetime) -> None:
        """Make a new key, which signs once it was published for an hour."""
        await self._make(now, before=now + PERIOD)

    async def withdraw(self, kid: str, now: datetime) -> None:
        """Remove a key at once, and make another; who trusts us learns it with the next token."""
        async with self._pool.connection() as connection:
            await connection.execute("delete from secrets.signing_key where kid = %s", (kid,))
        await self.rotate(now)

    async def _current(self, now: datetime) -> list[Key]:
        if self._read_at is None or not self._read_at <= now < self._read_at + REMEMBERED:
            self._known = await self._read()
            if due(self._known, now):
                await self._make(now, before=now)
            self._read_at = now
        return self._known

    async def _make(self, now: datetime, before: datetime) -> None:
        """Several processes may find that one is due; one of them makes it."""
        pair = SigningKey.generate()
        master, sealed = self._vault.seal(pair.kid, pair.pem.encode())
        async with self._pool.connection() as connection, connection.transaction():
            await connection.execute("select pg_advisory_xact_lock(%s, 0)", (Lock.SIGNING_KEY,))
            await connection.execute(
                "insert into secrets.signing_key (kid, master, sealed, created_at)"
                " select %s, %s, %s, %s where not exists"
                " (select from secrets.signing_key where created_at > %s)",
                (pair.kid, master, sealed, now, before - PERIOD),
            )
        self._known = await self._read()

    async def _read(self) -> list[Key]:
        async with self._pool.connection() as connection:
            cursor = await connection.execute(
                "select kid, master, sealed, created_at from secrets.signing_key"
                " order by created_at desc, kid"
            )
            rows = await cursor.fetchall()
        return [
            Key(SigningKey.from_pem(self._vault.unseal(kid, master, sealed).decode()), made_at)
            for kid, master, sealed, made_at in rows
        ]
