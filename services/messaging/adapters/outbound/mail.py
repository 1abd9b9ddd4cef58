"""E-mail by SMTP."""

import re
from datetime import UTC, datetime
from email.errors import MessageError
from email.header import Header
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP, EmailPolicy
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
UNSUBSCRIBE = "List-Unsubscribe"
# RFC 3463: class, subject, detail.
_ENHANCED = re.compile(r"\b([245])\.(\d{1,3})\.(\d{1,3})\b")
_OF_SENDER = frozenset({("1", "7"), ("1", "8")})
"""Our own address is not liked."""
_LARGE = frozenset({("2", "3"), ("3", "4")})
"""The message is larger than the mailbox, or the system, takes."""


class _Policy(EmailPolicy):
    """Writes the name of a person so that it stays part of one address.

    Left to itself, Python may forget the quotes of a name with a comma and an accent, which makes
    two recipients of one (python/cpython#121284).
    """

    def fold_binary(self, name: str, value: Any) -> bytes:
        """The line of a header as it goes out."""
        if name == UNSUBSCRIBE:
            # Left to itself, Python writes a long address as encoded words, which no program reads.
            return f"{name}: {value}{self.linesep}".encode("ascii")
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
            raise _of_recipients(error.recipients) from error
        except aiosmtplib.SMTPDataError as error:
            raise refusal(error.code, error.message, of_recipient=False) from error
        except (aiosmtplib.SMTPAuthenticationError, aiosmtplib.SMTPSenderRefused) as error:
            why = Why.SETUP if error.code >= 500 else Why.SERVER
            raise NotNow(why, f"{error.code} {error.message}", _code(error)) from error
        except (aiosmtplib.SMTPException, OSError) as error:
            kind = type(error).__name__
            raise NotNow(Why.SERVER, f"{kind}: {error}", kind) from error
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
        if address := message.content.unsubscribe:
            mail[UNSUBSCRIBE] = f"<{address}>"
            mail["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
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
            # Else TLS is taken when it is offered.
            "start_tls": True if self._must_be_secret and not secured else None,
            "tls_context": self._tls,
            "timeout": SECONDS,
        }
