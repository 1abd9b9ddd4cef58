"""Sessions and their refresh tokens, which work once and tell when somebody else has one too."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from psycopg.rows import class_row

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
alter table secrets.refresh_token add column if not exists used_at timestamptz;
alter table secrets.refresh_token add column if not exists replaces bytea;
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
            cursor = connection.cursor(row_factory=class_row(Session))
            await cursor.execute(
                "select session_id, user_id, second_factor, signed_in_at, expires_at,"
                " ended_at is not null as ended from secrets.refresh_token"
                " join secrets.session using (session_id) where token_hash = %s",
                (digest(token),),
            )
            return await cursor.fetchone()

    async def is_open(self, session_id: str) -> bool:
        """Whether a session has not been ended; also when it is too old for another token."""
        async with self._pool.connection() as connection:
            cursor = await connection.execute(
                "select from secrets.session where session_id = %s and ended_at is null",
                (session_id,),
            )
            return cursor.rowcount == 1

    async def succeed(
        self, session: Session, token: str, request: UUID, at: datetime, leeway: timedelta
    ) -> str | None:
        """Another token for this one, which is used up now.

        The same request gets the same successor again, until that one is used. Another request gets
        a successor of its own while the token was used for the first time at most `leeway` ago:
        so it is when two tabs refresh at once. None later, and when the session ended: then one of
        the two who have the token stole it.
        """
        successor = await self._vault.token("refresh", f"{session.session_id}|{request}")
        async with self._pool.connection() as connection, connection.transaction():
            cursor = await connection.execute(
                "update secrets.refresh_token set used_by = %s, used_at = %s where token_hash = %s"
                " and used_by is null and exists (select from secrets.session s"
                " where s.session_id = %s and s.ended_at is null)",
                (request, at, digest(token), session.session_id),
            )
            if cursor.rowcount == 1:
                await _keep(connection, successor, session.session_id, token)
                return successor
            return await self._again(connection, successor, token, request, at - leeway)

    async def _again(
        self,
        connection: Connection,
        successor: str,
        token: str,
        request: UUID,
        since: datetime,
    ) -> str | None:
        """The successor of a token that is used up, if it was used by this request or `since`."""
        cursor = await connection.execute(
            "select t.session_id, next.token_hash is not null, next.used_by is null,"
            " t.used_by = %s or t.used_at >= %s"
            " from secrets.refresh_token t join secrets.session s using (session_id)"
            " left join secrets.refresh_token next on next.token_hash = %s"
            # A token of before this release does not say which one it replaces.
            " and (next.replaces = t.token_hash or next.replaces is null and t.used_by = %s)"
            " where t.token_hash = %s and t.used_by is not null and s.ended_at is null",
            (request, since, digest(successor), request, digest(token)),
        )
        if (row := await cursor.fetchone()) is None:
            return None
        session_id, is_known, is_unused, is_in_time = row
        if is_known:
            return successor if is_unused else None
        if not is_in_time:
            return None
        await _keep(connection, successor, session_id, token)
        return successor


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


async def strengthen(connection: Connection, user_id: str, session_id: str) -> None:
    """A code of the second factor was shown in that session of the user."""
    await connection.execute(
        "update secrets.session set second_factor = true where user_id = %s and session_id = %s",
        (user_id, session_id),
    )


async def end(
    connection: Connection, user_id: str, at: datetime, session_id: str | None = None
) -> None:
    """End one session of a user, or all; their refresh tokens open nothing from now on."""
    await connection.execute(
        "update secrets.session set ended_at = %s where user_id = %s and ended_at is null"
        " and session_id = coalesce(%s, session_id)",
        (at, user_id, session_id),
    )


async def _keep(
    connection: Connection, token: str, session_id: str, replaced: str | None = None
) -> None:
    await connection.execute(
        "insert into secrets.refresh_token (token_hash, session_id, replaces) values (%s, %s, %s)"
        " on conflict do nothing",
        (digest(token), session_id, None if replaced is None else digest(replaced)),
    )
