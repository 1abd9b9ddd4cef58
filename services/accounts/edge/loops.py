"""What accounts does by itself: answers who wants to set a password, sweeps, forgets secrets."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from uuid import NAMESPACE_URL, UUID, uuid5

from contracts.accounts import user_v1
from infra import secrets
from infra.commands import CommandContext
from infra.consumers.records import Delivery
from infra.consumers.subscriptions import subscription
from infra.consumers.transports import FaustAgent
from infra.host import Running
from infra.secrets import links
from infra.secrets.links import Purpose
from infra.store.postgres import Connection
from infra.supervisor import Progress
from services.accounts.aggregates import USER
from services.accounts.edge.access import LINK, Access
from services.accounts.signing import RequestPasswordReset
from services.accounts.user import Status

LINKS = uuid5(NAMESPACE_URL, "relais:accounts:links")
POLL_SECONDS = 0.5
SWEEP = timedelta(minutes=5)
KEPT = timedelta(days=1)
"""How long what nobody can use any more is kept, for whoever looks into a complaint."""
PAGE = 50


class Links:
    """Answers requests to set a password, away from the request: nobody can tell by the time an
    answer takes whether an address is known (HIF-04).

    Several may run; each request is answered once, with the same link however often it is tried.
    """

    def __init__(self, running: Running) -> None:
        self.progress = Progress()
        self._running = running
        self._access = Access(running)
        self._stopping = asyncio.Event()
        self._swept_at = datetime.min.replace(tzinfo=UTC)

    def stop(self) -> None:
        """Finish the page at hand, then return from `run`."""
        self._stopping.set()

    async def run(self) -> None:
        """Answer until stopped."""
        while not self._stopping.is_set():
            answered = await self.answer_waiting()
            await self._sweep(datetime.now(UTC))
            self.progress.tick()
            if answered < PAGE:
                await self._pause()

    async def answer_waiting(self) -> int:
        """Answer one page of requests, and say how many."""
        async with self._running.pool.connection() as connection, connection.transaction():
            cursor = await connection.execute(
                "delete from accounts.reset_request where request_id in (select request_id"
                " from accounts.reset_request order by requested_at limit %s"
                " for update skip locked)"
                " returning request_id, email_key, correlation_id, requested_at",
                (PAGE,),
            )
            waiting = await cursor.fetchall()
            for request in waiting:
                await self._answer(*request)
        return len(waiting)

    async def _answer(
        self, request_id: UUID, email_key: bytes, correlation_id: str, at: datetime
    ) -> None:
        user_id = await self._access.addresses.holder(email_key)
        account = await self._access.account(user_id) if user_id else None
        if user_id is None or account is None or account.status is not Status.ACTIVE:
            return
        token = await self._access.vault.token("reset", str(request_id))
        expires_at = at + LINK

        async def keep(connection: Connection) -> None:
            await links.make(connection, Purpose.PASSWORD, token, user_id, expires_at)

        portal = self._running.settings.portal.rstrip("/")
        # After `#` it reaches no server's log.
        link = f"{portal}/set-password#token={token}"
        command = RequestPasswordReset(user_id, account.organisation_id, link, expires_at, at)
        context = CommandContext(
            command_id=uuid5(LINKS, str(request_id)),
            correlation_id=correlation_id,
            causation_id=str(request_id),
            actor=user_id,
            organisation_id=account.organisation_id,
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

    async def _pause(self) -> None:
        try:
            async with asyncio.timeout(POLL_SECONDS):
                await self._stopping.wait()
        except TimeoutError:
            return


class Forgetting:
    """Handles the events of users: who is forgotten has no secrets here any more."""

    async def handle(
        self, connection: Connection, deliveries: Sequence[Delivery]
    ) -> Mapping[int, Exception]:
        for event in (delivery.event for delivery in deliveries):
            if isinstance(event, user_v1.SubjectForgotten):
                await secrets.forget(connection, event.user_id, event.forgotten_at)
        return {}

    def forget_cache(self) -> None:
        """Nothing is remembered between batches."""


def forgetting(running: Running) -> FaustAgent:
    """The loop that follows the users of this service."""
    forgotten = subscription(user_v1.contract, user_v1.SubjectForgotten)
    return running.agent("forgetting", [forgotten], Forgetting())
