"""The links with which users set a password: requested at once, answered by a worker."""

from datetime import UTC, datetime, timedelta
from uuid import NAMESPACE_URL, UUID, uuid5

from infra.commands import CommandContext
from infra.database import Connection, Pool
from infra.host import Running
from infra.polling import Polling
from services.accounts.adapters import secrets
from services.accounts.adapters.accounts import Accounts
from services.accounts.adapters.secrets import Secrets, links
from services.accounts.adapters.secrets.links import LIFETIME, Purpose
from services.accounts.aggregates import USER
from services.accounts.user import Person
from services.accounts.user.sign_in import RequestPasswordReset

TABLES = """
create schema if not exists accounts;
create table if not exists accounts.reset_request (
  request_id     uuid primary key,
  email_key      bytea       not null,
  correlation_id text        not null,
  requested_at   timestamptz not null
);
"""
PHONES = """
alter table accounts.reset_request
  add column if not exists by_phone boolean not null default false;
"""
LINKS = uuid5(NAMESPACE_URL, "relais:accounts:links")
SWEEP = timedelta(minutes=5)
KEPT = timedelta(days=1)
"""How long what nobody can use any more is kept, for whoever looks into a complaint."""
PAGE = 50


async def request(
    pool: Pool,
    request_id: UUID,
    key: bytes,
    correlation_id: str,
    at: datetime,
    *,
    by_phone: bool = False,
) -> None:
    """Note that somebody wants to set a password, whether or not a user has the address, or the
    phone."""
    async with pool.connection() as connection:
        await connection.execute(
            "insert into accounts.reset_request values (%s, %s, %s, %s, %s) on conflict do nothing",
            (request_id, key, correlation_id, at, by_phone),
        )


class PasswordLinks(Polling):
    """Answers requests to set a password, away from the request: nobody can tell by the time an
    answer takes whether an address is known.

    Several may run; each request is answered once, with the same link however often it is tried.
    """

    rest_seconds = 1.0

    def __init__(self, running: Running) -> None:
        super().__init__()
        self._running = running
        self._secrets = Secrets(running.pool, running.settings.masters)
        self._accounts = Accounts(running.commands, self._secrets)
        self._swept_at = datetime.min.replace(tzinfo=UTC)

    async def turn(self) -> bool:
        answered = await self.answer_waiting()
        await self._sweep(datetime.now(UTC))
        return answered == PAGE

    async def answer_waiting(self) -> int:
        """Answer one page of requests, and say how many."""
        async with self._running.pool.connection() as connection, connection.transaction():
            cursor = await connection.execute(
                "delete from accounts.reset_request where request_id in (select request_id"
                " from accounts.reset_request order by requested_at limit %s"
                " for update skip locked)"
                " returning request_id, email_key, correlation_id, requested_at, by_phone",
                (PAGE,),
            )
            waiting = await cursor.fetchall()
            for request in waiting:
                await self._answer(*request)
        return len(waiting)

    async def _answer(
        self, request_id: UUID, key: bytes, correlation_id: str, at: datetime, by_phone: bool
    ) -> None:
        for person in await self._accounts.with_address(key):
            phone = await self._number(person, key) if by_phone else None
            if phone is not None or not by_phone:
                await self._send(person, request_id, correlation_id, at, phone)

    async def _number(self, person: Person, key: bytes) -> str | None:
        """The number with that key, if the user signs in with it: nobody proved that of a
        profile."""
        number = person.sign_in_phone
        is_theirs = number is not None and await self._secrets.phones.key(number) == key
        return number if is_theirs else None

    async def _send(
        self,
        person: Person,
        request_id: UUID,
        correlation_id: str,
        at: datetime,
        phone: str | None,
    ) -> None:
        user_id, organisation_id = person.user_id, person.organisation_id
        name = f"{request_id}|{user_id}"
        token = await self._secrets.vault.token("reset", name)
        expires_at = at + LIFETIME
        purpose = Purpose.PASSWORD_BY_PHONE if phone else Purpose.PASSWORD

        async def keep(connection: Connection) -> None:
            await links.make(connection, purpose, token, user_id, expires_at)

        command = RequestPasswordReset(
            user_id=user_id,
            organisation_id=organisation_id,
            reset_link=links.address(self._running.settings.portal, "set-password", token),
            expires_at=expires_at,
            at=at,
            phone=phone,
        )
        context = CommandContext(
            command_id=uuid5(LINKS, name),
            correlation_id=correlation_id,
            causation_id=str(request_id),
            actor=user_id,
            organisation_id=organisation_id,
            at=at,
            fingerprint="",
        )
        await self._running.commands.handle(USER, user_id, command, context, in_transaction=keep)

    async def _sweep(self, now: datetime) -> None:
        if now < self._swept_at + SWEEP:
            return
        async with self._running.pool.connection() as connection, connection.transaction():
            await secrets.sweep(connection, now - KEPT)
        self._swept_at = now
