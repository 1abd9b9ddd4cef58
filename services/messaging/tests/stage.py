"""The service over a real database, with servers outside that do as they are told."""

import asyncio
import base64
import json
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from itertools import count
from typing import Any
from uuid import uuid4

import httpx
from aiosmtpd.smtp import SMTP, Envelope, Session
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from contracts.messaging import message_v1, preferences_v1
from contracts.messaging.message_v1 import Channel, MessageQueued
from infra.cloudevents import Envelope as Origin
from infra.commands import CommandContext, Done
from infra.consumers.records import Delivery, stream_of
from infra.consumers.views import ViewHandler
from infra.host import Running, opened
from infra.http.auth import PublishedKeys, Verifier
from infra.http.health import Health
from infra.personal import Encoded
from infra.serving import api, serving
from infra.settings import Settings
from infra.store.protocol import BEGINNING
from infra.tokens import Role, SigningKey, issue, jwks
from services.messaging import message, preferences
from services.messaging.adapters.outbound import Transport
from services.messaging.adapters.outbound.mail import Mail
from services.messaging.adapters.outbound.sms import Sms
from services.messaging.adapters.sender import Sender
from services.messaging.aggregates import MESSAGE, PREFERENCES
from services.messaging.service import service
from services.messaging.tests.make import meet, queue

KEY = SigningKey.generate()
MASTER = json.dumps({"test": base64.b64encode(bytes(range(32))).decode()})
SECRET = "shared with the gateway"
SENDER = "Relais <no-reply@relais.example>"
NO_HEADERS: Mapping[str, str] = {}


@dataclass
class MailServer:
    """A real SMTP server; `answers` are what it says to the next mails, then it takes them."""

    url: str = ""
    senders: str = ""
    """The answer it gives every sender, in place of yes."""
    answers: list[str] = field(default_factory=list)
    refused: set[str] = field(default_factory=set)
    mails: list[EmailMessage] = field(default_factory=list)
    recipients: list[list[str]] = field(default_factory=list)
    connections: dict[Any, asyncio.BaseTransport] = field(default_factory=dict)
    """Those that brought a sender, by their other end."""

    async def handle_MAIL(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        assert server.transport is not None
        self.connections[session.peer] = server.transport
        if self.senders:
            return self.senders
        envelope.mail_from = address
        return "250 yes"

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address in self.refused:
            return "550 no such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 yes"

    async def handle_DATA(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        if self.answers:
            return self.answers.pop(0)
        content = envelope.original_content or b""
        self.mails.append(message_from_bytes(content, policy=policy.default))
        self.recipients.append(list(envelope.rcpt_tos))
        return "250 taken"


@asynccontextmanager
async def mail_server(
    *, offers: ssl.SSLContext | None = None, talks: ssl.SSLContext | None = None
) -> AsyncIterator[MailServer]:
    """Listens within the block; one that offers TLS, talks nothing else, or does not know it."""
    loop = asyncio.get_running_loop()
    made = MailServer()
    server = await loop.create_server(
        lambda: SMTP(made, loop=loop, tls_context=offers), "127.0.0.1", 0, ssl=talks
    )
    host, port = server.sockets[0].getsockname()[:2]
    made.url = f"{'smtps' if talks else 'smtp'}://{host}:{port}"
    try:
        yield made
    finally:
        server.close()
        await server.wait_closed()


@dataclass
class Gateway:
    """A real HTTP server that takes text messages; `answers` are its next statuses, then 202."""

    url: str = ""
    answers: list[int] = field(default_factory=list)
    taken: dict[str, dict[str, Any]] = field(default_factory=dict)
    tokens: set[str] = field(default_factory=set)

    async def take(self, request: Request) -> Response:
        if self.answers and (status := self.answers.pop(0)) != 202:
            return JSONResponse({"error": "as told"}, status)
        self.tokens.add(request.headers["authorization"])
        self.taken[request.headers["idempotency-key"]] = await request.json()
        return JSONResponse({"id": f"sms-{len(self.taken)}"}, 202)


@asynccontextmanager
async def gateway() -> AsyncIterator[Gateway]:
    """Listens within the block."""
    made = Gateway()
    app = Starlette(routes=[Route("/messages", made.take, methods=["POST"])])
    async with serving(app, Settings(port=0)) as url:
        made.url = f"{url}/messages"
        yield made


@dataclass
class Stage:
    """The opened service, its sender with channels to those servers, and somebody who asks."""

    running: Running
    sender: Sender
    client: httpx.AsyncClient
    handler: ViewHandler
    seen: int = 0
    numbers: Any = field(default_factory=lambda: count(1))

    @property
    def routes(self) -> list[Any]:
        """The routes of the API, without those of the kit."""
        return list(self.running.service.routes(self.running).routes)

    # --- What happened ------------------------------------------------------

    async def meet(
        self,
        user: str = "ada",
        email: str = "ada@example.org",
        phone: str | None = None,
        language: str = "fr",
    ) -> None:
        await self.do(PREFERENCES, user, meet(email, phone, language, user, datetime.now(UTC)))

    async def queue(self, one: MessageQueued) -> None:
        await self.do(MESSAGE, one.message_id, queue(one))

    async def choose(self, command: preferences.Choose) -> None:
        await self.do(PREFERENCES, command.user_id, command)

    async def do(self, aggregate: Any, id: str, command: Any) -> None:
        key = uuid4()
        context = CommandContext(
            key, str(key), str(key), "test", "hiflow", datetime.now(UTC), str(key)
        )
        assert isinstance(await self.running.commands.handle(aggregate, id, command, context), Done)

    async def round(self) -> None:
        """The view catches up, the sender goes round until it has nothing to do, and again."""
        for _ in range(4):
            await self.catch_up()
            await self.sender.round()
        await self.catch_up()

    async def catch_up(self) -> None:
        """The views see every event that is recorded."""
        recorded = await self.running.store.read_all(BEGINNING, 10_000)
        fresh = recorded[self.seen :]
        deliveries = [await self._delivery(one) for one in fresh]
        async with self.running.pool.connection() as connection, connection.transaction():
            assert await self.handler.handle(connection, deliveries) == {}
        self.seen += len(fresh)

    async def _delivery(self, recorded: Any) -> Delivery:
        kind, id = recorded.stream.split("-", 1)
        contract: Any = {"message": message_v1, "preferences": preferences_v1}[kind].contract
        codec = self.running.commands.codec(contract)
        encoded = Encoded(recorded.event_id, recorded.type, recorded.data)
        [event] = await codec.decode([encoded])
        at = recorded.occurred_at
        origin = ("", "", "", "", None)
        envelope = Origin(
            recorded.event_id, recorded.type, id, recorded.version, at, at, 0, *origin
        )
        return Delivery(stream_of(contract.topic, id), envelope, event)

    # --- What came of it ----------------------------------------------------

    async def state(self, message_id: str = "m-1") -> message.Message:
        return (await self.running.commands.load(MESSAGE, message_id)).state

    async def types(self, message_id: str = "m-1") -> list[str]:
        """The last words of the types of a message's events, in order."""
        entries = await self.running.commands.history(MESSAGE, message_id)
        return [entry.type.rpartition(".")[2] for entry in entries]

    async def ask(
        self,
        method: str,
        path: str,
        body: Any = None,
        who: str = "ada",
        roles: tuple[Role, ...] = ("driver",),
        org: str = "hiflow",
        headers: Mapping[str, str] = NO_HEADERS,
    ) -> httpx.Response:
        token = issue(KEY, who, org, roles)
        sent = {"Authorization": f"Bearer {token}", "Idempotency-Key": f"k{next(self.numbers)}"}
        return await self.client.request(method, path, json=body, headers={**sent, **headers})


@asynccontextmanager
async def staged(
    database: str, transports: Mapping[Channel, Transport] | None = None, **settings: Any
) -> AsyncIterator[Stage]:
    """The service opened, with these channels."""
    given = {
        "databases": {"messaging": database, "keys": database},
        "master_keys": MASTER,
        "jwks": jwks(KEY),
        "sms_secret": SECRET,
        **settings,
    }
    made = Settings.model_validate(given)
    async with opened(service, made) as running:
        verifier = Verifier(PublishedKeys(made.jwks), made.issuer, made.audience)
        transport = httpx.ASGITransport(api(running, verifier, Health()))
        sender = Sender(running, lambda: nullcontext({}))
        sender.transports = transports or {}
        assert running.generations is not None
        active = await running.generations.active()
        assert active is not None
        handler = ViewHandler(active, service.views)
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
            yield Stage(running, sender, client, handler)


def by_mail(server: MailServer) -> dict[Channel, Transport]:
    return {Channel.EMAIL: Mail(server.url, SENDER)}


@asynccontextmanager
async def with_both(database: str) -> AsyncIterator[tuple[Stage, MailServer, Gateway]]:
    """The service with mail and text messages."""
    async with mail_server() as server, gateway() as sms:
        channels = {**by_mail(server), Channel.SMS: Sms(sms.url, "secret-token")}
        async with staged(database, channels) as stage:
            yield stage, server, sms
