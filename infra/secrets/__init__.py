"""What must not be an event: keys, hashes and tokens, in tables of the schema `secrets`."""

from datetime import datetime

from infra.secrets import claims, keys, links, passwords, sessions, throttle, totp, vault
from infra.store.postgres import Connection

TABLES = "".join(
    module.TABLES for module in (vault, keys, passwords, totp, throttle, sessions, links, claims)
)
"""For the `tables` of the service that signs people in. Safe to repeat."""


async def sweep(connection: Connection, before: datetime) -> None:
    """Remove what nobody can use any more since that time."""
    await connection.execute("delete from secrets.session where expires_at < %s", (before,))
    await connection.execute("delete from secrets.link where expires_at < %s", (before,))
    await connection.execute("delete from secrets.attempt where at < %s", (before,))


async def end_all(connection: Connection, user_id: str, at: datetime) -> None:
    """End all sessions of a user, and void all their links."""
    await sessions.end(connection, user_id, at)
    await links.void(connection, user_id)


async def forget(connection: Connection, user_id: str, at: datetime) -> None:
    """Remove all secrets of a user, and free what they had claimed."""
    await end_all(connection, user_id, at)
    await connection.execute("delete from secrets.password where user_id = %s", (user_id,))
    await totp.remove(connection, user_id)
    await connection.execute("delete from secrets.claim where holder = %s", (user_id,))
