"""Secrets must not be events: keys, hashes and tokens are in tables of the schema `secrets`."""

from collections.abc import Mapping
from datetime import datetime

from infra import vault
from infra.database import Connection, Pool
from infra.vault import Vault
from services.accounts.adapters.secrets import (
    assertions,
    claims,
    keys,
    links,
    passwords,
    phone_codes,
    sessions,
    throttle,
    totp,
)
from services.accounts.adapters.secrets.claims import Claims, Kind
from services.accounts.adapters.secrets.keys import SigningKeys
from services.accounts.adapters.secrets.passwords import Passwords
from services.accounts.adapters.secrets.phone_codes import PhoneCodes
from services.accounts.adapters.secrets.sessions import Sessions
from services.accounts.adapters.secrets.totp import SecondFactors

TABLES = "".join(
    module.TABLES for module in (vault, keys, passwords, totp, throttle, sessions, links, claims)
)
"""Safe to repeat."""
PHONES = claims.KINDS + phone_codes.TABLES
"""The step that makes phones sign in. Safe to repeat."""
DEVICES = assertions.TABLES
"""The step that lets devices in. Safe to repeat."""


class Secrets:
    """All secrets of a database. The first master key seals."""

    def __init__(self, pool: Pool, masters: Mapping[str, bytes]) -> None:
        self.vault = Vault(pool, masters)
        self.addresses = Claims(pool, self.vault, Kind.EMAIL)
        self.phones = Claims(pool, self.vault, Kind.PHONE)
        self.identity_cards = Claims(pool, self.vault, Kind.IDENTITY_CARD)
        self.phone_codes = PhoneCodes(pool, self.vault)
        self.passwords = Passwords(pool)
        self.second_factors = SecondFactors(pool, self.vault)
        self.sessions = Sessions(pool, self.vault)
        self.keys = SigningKeys(pool, self.vault)


async def sweep(connection: Connection, before: datetime) -> None:
    """Remove what nobody can use any more since that time."""
    await connection.execute("delete from secrets.session where expires_at < %s", (before,))
    await connection.execute("delete from secrets.link where expires_at < %s", (before,))
    await connection.execute("delete from secrets.attempt where at < %s", (before,))
    await connection.execute("delete from secrets.assertion where expires_at < %s", (before,))
    await connection.execute("delete from secrets.phone_code where expires_at < %s", (before,))
    await connection.execute(
        "delete from secrets.known_client where seen_at < %s", (before - throttle.KNOWN_FOR,)
    )


async def end_all(connection: Connection, user_id: str, at: datetime) -> None:
    """End all sessions of a user, and void all their links."""
    await sessions.end(connection, user_id, at)
    await links.void(connection, user_id)


async def end_sign_in(connection: Connection, user_id: str, at: datetime) -> None:
    """Remove what a user signs in with, who does not any more; the address stays theirs."""
    await end_all(connection, user_id, at)
    await connection.execute("delete from secrets.password where user_id = %s", (user_id,))
    await totp.remove(connection, user_id)


async def forget(connection: Connection, user_id: str, at: datetime) -> None:
    """Remove all secrets of a user, and free what they had claimed."""
    await end_sign_in(connection, user_id, at)
    await connection.execute("delete from secrets.claim where holder = %s", (user_id,))
    await connection.execute("delete from secrets.expected where user_id = %s", (user_id,))
