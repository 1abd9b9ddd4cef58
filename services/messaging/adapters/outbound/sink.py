"""The provider of a laptop: it keeps mails and text messages, and shows them on a page."""

import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext
from dataclasses import dataclass
from datetime import datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.parser import BytesHeaderParser
from typing import Any

from aiosmtpd.smtp import SMTP, Envelope, Session
from jinja2 import StrictUndefined
from jinja2.sandbox import ImmutableSandboxedEnvironment
from psycopg.rows import class_row

from infra.database import Pool
from services.messaging.adapters.outbound import Accepted, OutboundMessage, listener

TABLES = """
create schema if not exists outbox;
create table if not exists outbox.inbox (
  number     bigint generated always as identity,
  message_id text primary key,
  recipients text[]      not null,
  mail       bytea       not null,
  kept_at    timestamptz not null default clock_timestamp()
);
"""
MOST_KEPT = 200
MOST_SHOWN = 50
HERE = "127.0.0.1"
_HEADERS = BytesHeaderParser(policy=policy.default)
LOCAL_NAMES = frozenset({"127.0.0.1", "::1", "localhost"})


class MailSink:
    """Keeps what comes; a mail that comes twice under one Message-ID is kept once."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def handle_DATA(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        """Asked by the SMTP server. It answers 250 once the mail is durable."""
        content = envelope.original_content or b""
        mail = message_from_bytes(content, policy=policy.default)
        id = str(mail["Message-ID"] or hashlib.sha256(content).hexdigest())
        await keep(self._pool, id, list(envelope.rcpt_tos), content)
        return "250 kept"


class TextSink:
    """Keeps text messages, each as a mail to a phone number."""

    gives_receipts = False

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    def following(self) -> nullcontext[None]:
        """There is nothing to connect to."""
        return nullcontext()

    async def send(self, message: OutboundMessage) -> Accepted:
        """One that comes again under its key is kept once."""
        mail = EmailMessage()
        mail["Subject"] = message.content.subject
        mail.set_content(message.content.short)
        await keep(self._pool, message.key, list(message.to), mail.as_bytes())
        return Accepted(message.key, delivered=True)


async def keep(pool: Pool, id: str, recipients: list[str], mail: bytes) -> None:
    """Keep a mail, once, and the newest ones of all."""
    async with pool.connection() as connection, connection.transaction():
        await connection.execute(
            "insert into outbox.inbox (message_id, recipients, mail) values (%s, %s, %s)"
            " on conflict do nothing",
            (id, recipients, mail),
        )
        await connection.execute(
            "delete from outbox.inbox where number <= (select max(number) - %s from outbox.inbox)",
            (MOST_KEPT,),
        )


@asynccontextmanager
async def listening(pool: Pool) -> AsyncIterator[str]:
    """Take mail on a free port of this machine within the block; yields the URL of the server."""
    options = {"ident": "relais sink", "enable_SMTPUTF8": True}
    async with listener.listening(MailSink(pool), HERE, 0, **options) as (host, port):
        yield f"smtp://{host}:{port}"


@dataclass(frozen=True, slots=True)
class Kept:
    """A mail in the inbox."""

    recipients: list[str]
    mail: bytes
    kept_at: datetime

    @property
    def parsed(self) -> EmailMessage:
        """Its headers and parts."""
        return message_from_bytes(self.mail, policy=policy.default)

    @property
    def subject(self) -> str:
        """Found without reading what is attached."""
        return str(_HEADERS.parsebytes(self.mail)["Subject"])

    @property
    def text(self) -> str:
        """Its plain text; empty when it has none."""
        part: Any = self.parsed.get_body(("plain",))
        return str(part.get_content()) if part is not None else ""


async def kept(pool: Pool, most: int = MOST_SHOWN, *, to: str | None = None) -> list[Kept]:
    """So many mails of the inbox, newest first; only those to an address or a number, if one is
    given."""
    query = """
    select recipients, mail, kept_at from outbox.inbox
     where %(to)s::text is null or %(to)s = any(recipients)
     order by number desc limit %(most)s
    """
    async with pool.connection() as connection:
        cursor = connection.cursor(row_factory=class_row(Kept))
        await cursor.execute(query, {"to": to, "most": most})
        return await cursor.fetchall()


_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta http-equiv="refresh" content="5">
<title>Inbox</title></head>
<body style="font: 16px/1.5 system-ui; max-width: 48rem; margin: 2rem auto">
<h1>Inbox</h1>
<p>Mails and text messages of this machine. Nothing leaves it while no mail server is set.</p>
{% for one in mails %}<article style="border-top: 1px solid #ccc">
<h2 style="font-size: 1.1rem">{{ one.subject }}</h2>
<p>to {{ one.recipients | join(", ") }}, {{ one.kept_at.isoformat(timespec="seconds") }}</p>
<pre style="white-space: pre-wrap">{{ one.text | urlize(rel="noopener noreferrer") }}</pre>
</article>{% else %}<p>No mail yet.</p>{% endfor %}
</body></html>
"""
_environment = ImmutableSandboxedEnvironment(undefined=StrictUndefined, autoescape=True)


def page(mails: list[Kept]) -> str:
    """The inbox as a page; what mails contain is text there."""
    return _environment.from_string(_PAGE).render(mails=mails)
