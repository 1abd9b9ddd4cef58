"""E-mail by SMTP."""

from datetime import UTC, datetime
from email.errors import MessageError
from email.header import Header
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP, EmailPolicy
from email.utils import format_datetime
from typing import Any
from urllib.parse import unquote, urlsplit

import aiosmtplib

from infra.addresses import wire_form
from services.messaging.adapters.outbound import (
    Accepted,
    NeverThere,
    NotNow,
    OutboundMessage,
    Unsendable,
    bounces,
)

PORTS = {"smtp": 25, "smtps": 465}
SECONDS = 20.0


class _Policy(EmailPolicy):
    """Writes the name of a person so that it stays part of one address.

    Left to itself, Python may forget the quotes of a name with a comma and an accent, which makes
    two recipients of one (python/cpython#121284).
    """

    def fold_binary(self, name: str, value: Any) -> bytes:
        """The line of a header as it goes out."""
        addresses: tuple[Address, ...] = getattr(value, "addresses", ())
        if not addresses:
            return super().fold_binary(name, value)
        [one] = addresses
        called, shown = one.display_name, str(one)
        if not (called.isascii() and called.isprintable()):
            words = Header(called, "utf-8", header_name=name).encode(linesep=self.linesep)
            shown = f"{words} <{one.addr_spec}>"
        return f"{name}: {shown}{self.linesep}".encode("ascii")


# Not every server takes eight bits.
POLICY = _Policy(linesep=SMTP.linesep, cte_type="7bit")


def sender_of(text: str) -> Address:
    """The one address that a sender like `Relais <no-reply@relais.example>` is.

    Raises ValueError when it is none, or several.
    """
    header = POLICY.header_factory("From", text)
    if header.defects or len(header.addresses) != 1 or not header.addresses[0].domain:
        raise ValueError("the sender of mails is one like Relais <no-reply@relais.example>")
    found: Address = header.addresses[0]
    # An installation that writes to nobody outside has a domain that is not of the internet.
    if not found.addr_spec.isascii():
        raise ValueError("the address of the sender of mails is ASCII")
    return found


class Mail:
    """Sends through one server, named by a URL: `smtp://host:25`, `smtps://user:word@host:465`.

    `kept` says that the server is our own sink, where a mail is delivered when it is taken.
    `reports_to` is the address, if any, at which servers report what became of a mail.
    """

    gives_receipts = False

    def __init__(self, url: str, sender: str, *, kept: bool = False, reports_to: str = "") -> None:
        self._url = urlsplit(url)
        if self._url.scheme not in PORTS or not self._url.hostname:
            raise ValueError("the mail server is named like smtp://host:25")
        self._sender = sender_of(sender)
        self._kept = kept
        self._reports_to = reports_to

    async def send(self, message: OutboundMessage) -> Accepted:
        """One SMTP transaction; the header names the first address, the envelope all.

        A mail whose acceptance we did not hear of is sent again under the same Message-ID.
        """
        try:
            recipients = [wire_form(address) for address in message.to]
            mail = self.mail_of(message)
            content = mail.as_bytes()
        except (ValueError, MessageError) as error:
            raise Unsendable(str(error)) from error
        try:
            async with aiosmtplib.SMTP(**self._server()) as server:
                sender, options = self._options(message, server)
                await server.sendmail(sender, recipients, content, **options)
        except aiosmtplib.SMTPRecipientsRefused as error:
            codes = [one.code for one in error.recipients]
            answers = "; ".join(f"{one.code} {one.message}" for one in error.recipients)
            raise (NeverThere if min(codes) >= 500 else NotNow)(answers) from error
        except aiosmtplib.SMTPDataError as error:
            refused = error.code >= 500
            raise (NeverThere if refused else NotNow)(f"{error.code} {error.message}") from error
        except (aiosmtplib.SMTPException, OSError) as error:
            raise NotNow(f"{type(error).__name__}: {error}") from error
        return Accepted(mail["Message-ID"], delivered=self._kept)

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

    def mail_of(self, message: OutboundMessage) -> EmailMessage:
        """The mail as it goes out, as text and as a page."""
        mail = EmailMessage(policy=POLICY)
        mail["From"] = self._sender
        # Else Python would read a name that is written like an encoded word.
        name = message.name.replace("=?", "= ?")
        mail["To"] = Address(name, addr_spec=wire_form(message.to[0]))
        mail["Subject"] = message.content.subject
        mail["Date"] = format_datetime(datetime.now(UTC))
        mail["Message-ID"] = f"<{message.key}@{self._sender.domain}>"
        mail["Auto-Submitted"] = "auto-generated"
        mail.set_content(message.content.text)
        mail.add_alternative(message.content.html, subtype="html")
        # Set any earlier, it would move into the first part.
        mail["Content-Language"] = message.content.language
        return mail

    def _server(self) -> dict[str, Any]:
        url = self._url
        secured = url.scheme == "smtps"
        return {
            "hostname": url.hostname,
            "port": url.port or PORTS[url.scheme],
            "username": unquote(url.username) if url.username else None,
            "password": unquote(url.password) if url.password else None,
            "use_tls": secured,
            # A password never travels in the clear; without one, TLS is taken when offered.
            "start_tls": True if url.username and not secured else None,
            "timeout": SECONDS,
        }
