"""Seals secrets with the platform's master keys, and makes keyed hashes."""

import asyncio
import base64
import hashlib
import hmac
import os
from collections.abc import Mapping

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from infra.database import Pool

TABLES = """
create schema if not exists secrets;
create table if not exists secrets.kept (
  name       text primary key,
  master     text        not null,
  sealed     bytea       not null,
  created_at timestamptz not null default clock_timestamp()
);
"""
NONCE_BYTES = 12
_HASHING = "hashing"


class UnknownMasterKey(Exception):
    """No master key this process was given opens a secret that is kept here."""


class Vault:
    """Secrets that open only under the name they were sealed under. The first master key seals.

    One random key, itself sealed in the database, makes all keyed hashes: it stays when the
    master key rotates.
    """

    def __init__(self, pool: Pool, masters: Mapping[str, bytes]) -> None:
        self._pool = pool
        self._masters = {name: AESGCM(key) for name, key in masters.items()}
        self._current = next(iter(masters))
        self._hashing: bytes | None = None
        self._making = asyncio.Lock()

    def seal(self, name: str, secret: bytes) -> tuple[str, bytes]:
        """The master key used, and the sealed secret."""
        nonce = os.urandom(NONCE_BYTES)
        return self._current, nonce + self._masters[self._current].encrypt(
            nonce, secret, name.encode()
        )

    def unseal(self, name: str, master: str, sealed: bytes) -> bytes:
        """The secret of that name. Raises `UnknownMasterKey`."""
        try:
            key = self._masters[master]
            return key.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], name.encode())
        except (KeyError, InvalidTag):
            raise UnknownMasterKey(f"{name} does not open with {master!r}") from None

    async def hash(self, purpose: str, text: str) -> bytes:
        """32 bytes that tell nothing without the key; the same for the same text."""
        key = self._hashing or await self._hashing_key()
        return hmac.digest(key, f"{purpose}\0{text}".encode(), hashlib.sha256)

    async def token(self, purpose: str, text: str) -> str:
        """A secret nobody can guess; the same for the same text, so that repeats agree."""
        return base64.urlsafe_b64encode(await self.hash(purpose, text)).rstrip(b"=").decode()

    async def _hashing_key(self) -> bytes:
        async with self._making:
            if self._hashing is None:
                self._hashing = await self.kept(_HASHING, os.urandom(32))
            return self._hashing

    async def kept(self, name: str, fresh: bytes) -> bytes:
        """The secret of that name, which is the fresh one where there was none."""
        async with self._pool.connection() as connection:
            await connection.execute(
                "insert into secrets.kept (name, master, sealed) values (%s, %s, %s)"
                " on conflict do nothing",
                (name, *self.seal(name, fresh)),
            )
            cursor = await connection.execute(
                "select master, sealed from secrets.kept where name = %s", (name,)
            )
            row = await cursor.fetchone()
        assert row is not None
        return self.unseal(name, *row)


def digest(token: str) -> bytes:
    """The hash that is kept of a token, which is a secret of 256 bits already."""
    return hashlib.sha256(token.encode()).digest()
