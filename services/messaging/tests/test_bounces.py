"""Servers report on mails they took: from the request for a report to the message's end."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import aiosmtplib
import pytest
from aiosmtpd.smtp import SMTP

from contracts.messaging.message_v1 import Channel, MessageQueued
from services.messaging.adapters.outbound import bounces
from services.messaging.adapters.outbound.mail import Mail
from services.messaging.message import Delivered, Failed, Sent
from services.messaging.tests.stage import SENDER, MailServer, Stage, staged
from services.messaging.tests.test_outbound import outbound
from services.messaging.tests.test_sender import fresh

BASE = "returns@mail.relais.example"
REPORT = """\
From: MAILER-DAEMON@mx.example.org
To: {to}
Subject: Delivery report
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b1"

--b1
Content-Type: text/plain

What follows says it to machines.

--b1
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.org
Original-Envelope-ID: {key}

Final-Recipient: rfc822; ada@example.org
Action: {action}
Status: 5.1.1
Diagnostic-Code: smtp; 550 5.1.1
 no such mailbox

--b1--
"""


def report(action: str, to: str = bounces.address(BASE, "m-1.email")) -> bytes:
    return REPORT.format(action=action, to=to, key="m-1.email").encode()


class Reporting(SMTP):
    """A server that can be asked for reports."""

    asked: list[str]

    async def smtp_MAIL(self, arg: str | None) -> None:  # noqa: N802
        await super().smtp_MAIL(self._taken(arg))

    async def smtp_RCPT(self, arg: str | None) -> None:  # noqa: N802
        await super().smtp_RCPT(self._taken(arg))

    def _taken(self, arg: str | None) -> str:
        """The argument without what RFC 3461 adds, which is written down."""
        words = (arg or "").split()
        known = [word for word in words if word.startswith(("RET=", "ENVID=", "NOTIFY="))]
        self.asked += known
        return " ".join(word for word in words if word not in known)


@dataclass
class Exchange(MailServer):
    """A server that took our mail: whom it would report to, and what it was asked to report."""

    asked: list[str] = field(default_factory=list)
    reports_to: list[str] = field(default_factory=list)
    offers: tuple[str, ...] = ("250-DSN",)

    async def handle_EHLO(  # noqa: N802
        self, server: SMTP, session: Any, envelope: Any, hostname: str, responses: list[str]
    ) -> list[str]:
        session.host_name = hostname
        return [responses[0], *self.offers, *responses[1:]]

    async def handle_MAIL(  # noqa: N802
        self, server: SMTP, session: Any, envelope: Any, address: str, options: list[str]
    ) -> str:
        envelope.mail_from = address
        self.reports_to.append(address)
        return "250 yes"


@asynccontextmanager
async def exchange(*offers: str) -> AsyncIterator[Exchange]:
    loop = asyncio.get_running_loop()
    made = Exchange(offers=offers)

    def protocol() -> SMTP:
        server = Reporting(made, loop=loop)
        server.asked = made.asked
        return server

    listener = await loop.create_server(protocol, "127.0.0.1", 0)
    host, port = listener.sockets[0].getsockname()[:2]
    made.url = f"smtp://{host}:{port}"
    try:
        yield made
    finally:
        listener.close()
        await listener.wait_closed()


@dataclass
class Post:
    """The service with a mail server that reports, and where it reports to."""

    stage: Stage
    server: Exchange
    port: int

    async def sent(self, one: MessageQueued) -> None:
        await self.stage.meet()
        await self.stage.queue(one)
        await self.stage.round()
        assert isinstance(await self.stage.state(), Sent)

    async def report(self, content: bytes, to: str | None = None) -> None:
        recipient = to or self.server.reports_to[-1]
        async with aiosmtplib.SMTP(hostname="127.0.0.1", port=self.port) as server:
            await server.sendmail("", [recipient], content)
        await self.stage.round()


@asynccontextmanager
async def posted(database: str) -> AsyncIterator[Post]:
    async with exchange("250-DSN") as server:
        channels = {Channel.EMAIL: Mail(server.url, SENDER, reports_to=BASE)}
        async with staged(database, channels) as stage:
            listening = bounces.listening(stage.running.pool, BASE, "127.0.0.1", 0)
            async with listening as port:
                yield Post(stage, server, port)


async def test_a_mail_asks_for_reports_to_an_address_of_its_own(database: str) -> None:
    async with posted(database) as post:
        await post.sent(fresh())
        assert post.server.reports_to == ["returns+m-1.email@mail.relais.example"]
        assert post.server.asked == ["RET=HDRS", "ENVID=m-1.email", "NOTIFY=SUCCESS,FAILURE"]


@pytest.mark.requirement("G-06")
async def test_a_mail_that_bounces_later_has_failed_with_the_servers_reason(database: str) -> None:
    async with posted(database) as post:
        await post.sent(fresh())
        await post.report(report("failed"))
        assert isinstance(await post.stage.state(), Failed)
        shown = (await post.stage.ask("GET", "/messages/m-1")).text
        assert "550 5.1.1 no such mailbox" in shown


async def test_a_mail_that_was_delivered_is_delivered(database: str) -> None:
    async with posted(database) as post:
        await post.sent(fresh())
        await post.report(report("delivered"))
        assert isinstance(await post.stage.state(), Delivered)
        await post.report(report("failed"))
        assert isinstance(await post.stage.state(), Delivered)


@pytest.mark.parametrize("content", [report("delayed"), report("relayed"), b"Subject: away\n\nHi"])
async def test_what_decides_nothing_changes_nothing(database: str, content: bytes) -> None:
    async with posted(database) as post:
        await post.sent(fresh())
        await post.report(content)
        assert isinstance(await post.stage.state(), Sent)


async def test_what_is_no_text_in_a_report_is_not_kept(database: str) -> None:
    async with posted(database) as post:
        await post.sent(fresh())
        await post.report(report("failed").replace(b"no such", b"no\x00\xff such"))
        assert "such mailbox" in (await post.stage.ask("GET", "/messages/m-1")).text


@pytest.mark.parametrize("content", [b"", b"\x00\xff", report("failed")[:-200], report("")])
def test_what_is_no_report_is_none(content: bytes) -> None:
    assert bounces.read(content) is None


async def test_a_report_of_an_unknown_mail_is_to_come_again(database: str) -> None:
    async with posted(database) as post:
        with pytest.raises(aiosmtplib.SMTPDataError, match="451"):
            await post.report(report("failed"), bounces.address(BASE, "m-9.email"))


@pytest.mark.parametrize(
    "to", ["returns@mail.relais.example", "returns+@mail.relais.example", "returns+m-1.email@x.y"]
)
async def test_mail_to_any_other_address_is_refused(database: str, to: str) -> None:
    async with posted(database) as post:
        with pytest.raises(aiosmtplib.SMTPRecipientsRefused):
            await post.report(report("failed"), to)


async def test_of_a_mail_to_several_addresses_nothing_is_asked() -> None:
    async with exchange("250-DSN") as server:
        mail = Mail(server.url, SENDER, reports_to=BASE)
        await mail.send(outbound("ada@example.org", "old@example.org"))
        assert (server.asked, server.reports_to) == ([], ["no-reply@relais.example"])


async def test_a_server_without_reports_still_bounces_to_the_return_address() -> None:
    async with exchange() as server:
        await Mail(server.url, SENDER, reports_to=BASE).send(outbound())
        assert server.asked == []
        assert server.reports_to == [bounces.address(BASE, "m-1.email")]
