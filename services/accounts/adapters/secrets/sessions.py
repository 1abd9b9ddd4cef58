"""Sessions and their refresh tokens, which work once and tell when somebody else has one too."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from infra.database import Connection, Pool
from infra.vault import Vault, digest

TABLES = """
create table if not exists secrets.session (
  session_id    text primary key,
  user_id       text        not null,
  second_factor boolean     not null,
  signed_in_at  timestamptz not null,
  expires_at    timestamptz not null,
  ended_at      timestamptz
);
create index if not exists session_of_user on secrets.session (user_id);
create table if not exists secrets.refresh_token (
  token_hash bytea primary key,
  session_id text not null references secrets.session on delete cascade,
  used_by    uuid
);
create index if not exists refresh_token_of_session on secrets.refresh_token (session_id);
"""


@dataclass(frozen=True, slots=True)
class Session:
    """Somebody stays signed in, at most until `expires_at`."""

    session_id: str
    user_id: str
    second_factor: bool
    signed_in_at: datetime
    expires_at: datetime
    ended: bool = False

    def is_over(self, now: datetime) -> bool:
        """Whether it ended or expired."""
        return self.ended or self.expires_at <= now


class Sessions:
    """The sessions of the database. Only hashes of tokens are kept."""

    def __init__(self, pool: Pool, vault: Vault) -> None:
        self._pool = pool
        self._vault = vault

    async def token(self, session_id: str) -> str:
        """The first refresh token of a session; the same however often it is asked for."""
        return await self._vault.token("refresh", session_id)

    async def find(self, token: str) -> Session | None:
        """The session of a refresh token, used or not."""
        async with self._pool.connection() as connection:
            cursor = await connection.execute(
                "select session_id, user_id, second_factor, signed_in_at, expires_at,"
                " ended_at is not null from secrets.refresh_token"
                " join secrets.session using (session_id) where token_hash = %s",
                (digest(token),),
            )
            row = await cursor.fetchone()
        return Session(*row) if row else None

    async def succeed(self, session: Session, token: str, request: UUID) -> str | None:
        """Another token for this one, which is used up now.

        The same request gets the same successor again, until that one is used. None when the
        session ended, or another request used the token: then one of the two who have it stole it.
        """
        successor = await self._vault.token("refresh", f"{session.session_id}|{request}")
        async with self._pool.connection() as connection, connection.transaction():
            cursor = await connection.execute(
                "update secrets.refresh_token set used_by = %s where token_hash = %s"
                " and used_by is null and exists (select from secrets.session s"
                " where s.session_id = %s and s.ended_at is null)",
                (request, digest(token), session.session_id),
            )
            if cursor.rowcount == 1:
                await _keep(connection, successor, session.session_id)
                return successor
            cursor = await connection.execute(
                "select 1 from secrets.refresh_token t join secrets.session s using (session_id)"
                " join secrets.refresh_token next on next.token_hash = %s"
                " where t.token_hash = %s and t.used_by = %s"
                " and next.used_by is null and s.ended_at is null",
                (digest(successor), digest(token), request),
            )
            return successor if await cursor.fetchone() else None


async def begin(connection: Connection, session: Session, token: str) -> None:
    """Keep a new session with its first token."""
    await connection.execute(
        "insert into secrets.session values (%s, %s, %s, %s, %s)",
        (
            session.session_id,
            session.user_id,
            session.second_factor,
            session.signed_in_at,
            session.expires_at,
        ),
    )
    await _keep(connection, token, session.session_id)


async def end(
    connection: Connection, user_id: str, at: datetime, session_id: str | None = None
) -> None:
    """End one session of a user, or all; their refresh tokens open nothing from now on."""
    await connection.execute(
        "update secrets.session set ended_at = %s where user_id = %s and ended_at is null"
        " and session_id = coalesce(%s, session_id)",
        (at, user_id, session_id),
    )


async def _keep(connection: Connection, token: str, session_id: str) -> None:
    await connection.execute(
        "insert into secrets.refresh_token (token_hash, session_id) values (%s, %s)",
        (digest(token), session_id),
    )
