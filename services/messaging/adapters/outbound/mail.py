"""E-mail by SMTP."""

import re
from base64 import encodebytes
from binascii import b2a_qp
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from email.errors import MessageError
from email.header import Header
from email.headerregistry import Address
from email.policy import EmailPolicy
from email.utils import format_datetime
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import aiosmtplib

from infra.addresses import wire_form
from infra.cluster import trusting
from services.messaging.adapters.outbound import (
    Accepted,
    Failure,
    NeverThere,
    NotNow,
    OutboundMessage,
    Unsendable,
    Why,
    bounces,
)

PORTS = {"smtp": 25, "smtps": 465}
SECONDS = 20.0
MOST_BY_ONE = 50
"""Mails by one connection: servers that limit them allow more."""
UNSUBSCRIBE = "List-Unsubscribe"
# RFC 3463: class, subject, detail.
_ENHANCED = re.compile(r"\b([245])\.(\d{1,3})\.(\d{1,3})\b")
_OF_SENDER = frozenset({("1", "7"), ("1", "8")})
"""Our own address is not liked."""
_LARGE = frozenset({("2", "3"), ("3", "4")})
"""The message is larger than the mailbox, or the system, takes."""


END = "\r\n"
BOUNDARY = "=_relais"
"""Neither encoding of a part makes these characters."""
_STRICT = EmailPolicy()


def _spoken(name: str, text: str) -> str:
    """Text of people as it stands in the header of that name: in encoded words where it has more
    than ASCII, or looks like one of them."""
    if text.isascii() and text.isprintable() and "=?" not in text:
        return text
    return Header(text, "utf-8", header_name=name).encode(linesep=END)


def _addressed(name: str, one: Address) -> str:
    """An address as it stands in the header of that name: one, whatever its name looks like.

    Left to itself, Python may forget the quotes of a name with a comma and an accent, which makes
    two recipients of one (python/cpython#121284).
    """
    if one.display_name.isascii() and one.display_name.isprintable():
        return str(one)
    return f"{_spoken(name, one.display_name)} <{one.addr_spec}>"


def _part(kind: str, text: str) -> str:
    """A part of a mail in seven bits, for not every server takes eight: by the shorter of the two
    encodings."""
    lines = text.replace(END, "\n").replace("\r", "\n").replace("\n", END)
    whole = lines.encode() if lines.endswith(END) else f"{lines}{END}".encode()
    name, body = "quoted-printable", b2a_qp(whole)
    other = encodebytes(whole).replace(b"\n", END.encode())
    if len(other) < len(body):
        name, body = "base64", other
    headers = (f'Content-Type: text/{kind}; charset="utf-8"', f"Content-Transfer-Encoding: {name}")
    return END.join((*headers, "", body.decode("ascii")))


def sender_of(text: str) -> Address:
    """The one address that a sender like `Relais <no-reply@relais.example>` is.

    Raises ValueError when it is none, or several.
    """
    header = _STRICT.header_factory("From", text)
    if header.defects or len(header.addresses) != 1 or not header.addresses[0].domain:
        raise ValueError("the sender of mails is one like Relais <no-reply@relais.example>")
    found: Address = header.addresses[0]
    # An installation that writes to nobody outside has a domain that is not of the internet.
    if not found.addr_spec.isascii():
        raise ValueError("the address of the sender of mails is ASCII")
    return found


def refusal(code: int, text: str, *, of_recipient: bool) -> Failure:
    """The failure that a server's no to a recipient, or to the text of a mail, is.

    The code with three parts decides, where the server gives one: x.1 and x.2 speak of the
    mailbox, x.6 and a size of the mail, x.7 and the rest of what the server likes.
    """
    found = _ENHANCED.search(text)
    subject = (found[2], found[3]) if found else None
    said = f"{code} {found[0]}" if found else str(code)
    detail = f"{code} {text}"
    if code == 421:
        return NotNow(Why.SERVER, detail, said)
    if code < 500:
        return NotNow(Why.BUSY, detail, said)
    if subject in _OF_SENDER:
        return NotNow(Why.SETUP, detail, said)
    if subject is not None and (subject[0] == "6" or subject in _LARGE):
        return NeverThere(Why.MESSAGE, detail, said)
    if subject is None and code == 552:
        return NeverThere(Why.MESSAGE, detail, said)
    about_mailbox = subject[0] in ("1", "2") if subject else of_recipient and code != 554
    if about_mailbox:
        return NeverThere(Why.RECIPIENT, detail, said)
    return NotNow(Why.POLICY, detail, said)


def _of_recipients(refused: list[aiosmtplib.SMTPRecipientRefused]) -> Failure:
    """The failure when every recipient was refused: while one may be taken later, all wait."""
    found = [refusal(one.code, one.message, of_recipient=True) for one in refused]
    return next((one for one in found if isinstance(one, NotNow)), found[0])


def _code(error: aiosmtplib.SMTPResponseException) -> str:
    found = _ENHANCED.search(error.message)
    return f"{error.code} {found[0]}" if found else str(error.code)


class Mail:
    """Sends through one server, named by a URL: `smtp://host:25`, `smtps://user:word@host:465`.

    `kept` says that the server is our own sink, where a mail is delivered when it is taken.
    `reports_to` is the address, if any, at which servers report what became of a mail.
    `authority` is a file with the certificate of the only authority whose server is trusted;
    without one, those of the system are. Raises what `trusting` does.
    """

    gives_receipts = False

    def __init__(
        self,
        url: str,
        sender: str,
        *,
        kept: bool = False,
        reports_to: str = "",
        authority: Path | None = None,
    ) -> None:
        self._url = urlsplit(url)
        self._tls = trusting(authority)
        # A password never travels in the clear, nor what is meant for one server alone.
        self._must_be_secret = bool(self._url.username) or authority is not None
        if self._url.scheme not in PORTS or not self._url.hostname:
            raise ValueError("the mail server is named like smtp://host:25")
        self._sender = sender_of(sender)
        self._kept = kept
        self._reports_to = reports_to
        self._idle: list[tuple[aiosmtplib.SMTP, int]] | None = None
        """Connections that wait for their next mail, and how many went by each; None between
        blocks of `following`."""

    @asynccontextmanager
    async def following(self) -> AsyncIterator[None]:
        """Within the block a connection takes one mail after the other; at its end all hang up."""
        self._idle = []
        try:
            yield
        finally:
            idle, self._idle = self._idle, None
            for server, _ in idle:
                await _hang_up(server)

    async def send(self, message: OutboundMessage) -> Accepted:
        """One SMTP transaction; the header names the first address, the envelope all.

        A mail whose acceptance we did not hear of is sent again under the same Message-ID.
        """
        try:
            recipients = [wire_form(address) for address in message.to]
            content = self.mail_of(message)
        except (ValueError, MessageError) as error:
            raise Unsendable(str(error)) from error
        try:
            async with self._connected() as server:
                sender, options = self._options(message, server)
                await server.sendmail(sender, recipients, content, **options)
        except aiosmtplib.SMTPRecipientsRefused as error:
            raise _of_recipients(error.recipients) from error
        except aiosmtplib.SMTPDataError as error:
            raise refusal(error.code, error.message, of_recipient=False) from error
        except (aiosmtplib.SMTPAuthenticationError, aiosmtplib.SMTPSenderRefused) as error:
            why = Why.SETUP if error.code >= 500 else Why.SERVER
            raise NotNow(why, f"{error.code} {error.message}", _code(error)) from error
        except (aiosmtplib.SMTPException, OSError) as error:
            kind = type(error).__name__
            raise NotNow(Why.SERVER, f"{kind}: {error}", kind) from error
        return Accepted(self._message_id(message), delivered=self._kept)

    @asynccontextmanager
    async def _connected(self) -> AsyncIterator[aiosmtplib.SMTP]:
        """A connection for one mail: a new one, or one that waited and whose server still answers.

        It waits again after an answer of the server, whichever it was.
        """
        server, mails = await self._waiting() or (await self._new(), 0)
        answered = False
        try:
            yield server
            answered = True
        except (aiosmtplib.SMTPResponseException, aiosmtplib.SMTPRecipientsRefused):
            answered = True
            raise
        finally:
            if not answered:
                server.close()
            elif self._idle is None or mails + 1 == MOST_BY_ONE:
                await _hang_up(server)
            else:
                self._idle.append((server, mails + 1))

    async def _new(self) -> aiosmtplib.SMTP:
        server = aiosmtplib.SMTP(**self._server())
        await server.connect()
        return server

    async def _waiting(self) -> tuple[aiosmtplib.SMTP, int] | None:
        """A connection that waited, if any is still good for another mail."""
        while self._idle:
            server, mails = self._idle.pop()
            with suppress(aiosmtplib.SMTPException, OSError):
                await server.rset()
                return server, mails
            server.close()
        return None

    def _options(
        self, message: OutboundMessage, server: aiosmtplib.SMTP
    ) -> tuple[str, dict[str, Any]]:
        """The sender of the envelope, who hears what becomes of the mail, and what is asked.

        A report does not say of which address it is, so of a mail to several, former ones among
        them, nothing is asked.
        """
        if not self._reports_to or len(message.to) > 1:
            return self._sender.addr_spec, {}
        returns = bounces.address(self._reports_to, message.key)
        if not server.supports_extension("dsn"):
            return returns, {}
        options = {
            "mail_options": ["RET=HDRS", f"ENVID={message.key}"],
            "rcpt_options": ["NOTIFY=SUCCESS,FAILURE"],
        }
        return returns, options

    def mail_of(self, message: OutboundMessage) -> bytes:
        """The mail as it goes out, as text and as a page. Raises ValueError, or `MessageError`, for
        an address that is none and a line that would be two."""
        content, to = message.content, wire_form(message.to[0])
        for text in (message.key, content.subject, content.language, content.unsubscribe):
            if {*text} & {"\r", "\n", "\0"}:
                raise ValueError("a header is one line")
        # Else programs would read a name that is written like an encoded word.
        name = message.name.replace("=?", "= ?")
        headers = [
            f"From: {_addressed('From', self._sender)}",
            f"To: {_addressed('To', Address(name, addr_spec=to))}",
            f"Subject: {_spoken('Subject', content.subject)}",
            f"Date: {format_datetime(datetime.now(UTC))}",
            f"Message-ID: {self._message_id(message)}",
            "Auto-Submitted: auto-generated",
            f"Content-Language: {content.language}",
            "MIME-Version: 1.0",
            f'Content-Type: multipart/alternative; boundary="{BOUNDARY}"',
        ]
        if address := content.unsubscribe:
            headers += [
                f"{UNSUBSCRIBE}: <{address}>",
                "List-Unsubscribe-Post: List-Unsubscribe=One-Click",
            ]
        parts = (_part("plain", content.text), _part("html", content.html))
        body = "".join(f"--{BOUNDARY}{END}{part}{END}" for part in parts)
        return f"{END.join(headers)}{END}{END}{body}--{BOUNDARY}--{END}".encode("ascii")

    def _message_id(self, message: OutboundMessage) -> str:
        return f"<{message.key}@{self._sender.domain}>"

    def _server(self) -> dict[str, Any]:
        url = self._url
        secured = url.scheme == "smtps"
        return {
            "hostname": url.hostname,
            "port": url.port or PORTS[url.scheme],
            "username": unquote(url.username) if url.username else None,
            "password": unquote(url.password) if url.password else None,
            "use_tls": secured,
            # Else TLS is taken when it is offered.
            "start_tls": True if self._must_be_secret and not secured else None,
            "tls_context": self._tls,
            "timeout": SECONDS,
        }


async def _hang_up(server: aiosmtplib.SMTP) -> None:
    with suppress(aiosmtplib.SMTPException, OSError):
        await server.quit()
    server.close()
