"""E-mail by SMTP."""

from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import format_datetime, formataddr, parseaddr
from typing import Any
from urllib.parse import unquote, urlsplit

import aiosmtplib

from services.messaging.adapters.outbound import (
    Accepted,
    NeverThere,
    NotNow,
    OutboundMessage,
    bounces,
)

PORTS = {"smtp": 25, "smtps": 465}
SECONDS = 20.0


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
        self._sender = sender
        self._kept = kept
        self._reports_to = reports_to

    async def send(self, message: OutboundMessage) -> Accepted:
        """One SMTP transaction; the header names the first address, the envelope all.

        A mail whose acceptance we did not hear of is sent again under the same Message-ID.
        """
        mail = self.mail_of(message)
        try:
            async with aiosmtplib.SMTP(**self._server()) as server:
                options = self._options(message, server)
                await server.send_message(mail, recipients=list(message.to), **options)
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

    def _options(self, message: OutboundMessage, server: aiosmtplib.SMTP) -> dict[str, Any]:
        """The sender of the envelope, who hears what becomes of the mail, and what is asked.

        A report does not say of which address it is, so of a mail to several, former ones among
        them, nothing is asked.
        """
        if not self._reports_to or len(message.to) > 1:
            return {"sender": parseaddr(self._sender)[1]}
        options: dict[str, Any] = {"sender": bounces.address(self._reports_to, message.key)}
        if server.supports_extension("dsn"):
            options["mail_options"] = ["RET=HDRS", f"ENVID={message.key}"]
            options["rcpt_options"] = ["NOTIFY=SUCCESS,FAILURE"]
        return options

    def mail_of(self, message: OutboundMessage) -> EmailMessage:
        """The mail as it goes out, as text and as a page."""
        domain = parseaddr(self._sender)[1].partition("@")[2]
        mail = EmailMessage()
        mail["From"] = self._sender
        mail["To"] = formataddr((message.name, message.to[0]))
        mail["Subject"] = message.content.subject
        mail["Date"] = format_datetime(datetime.now(UTC))
        mail["Message-ID"] = f"<{message.key}@{domain}>"
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
