"""Takes the reports of mail servers: each mail has a return address of its own (VERP).

Servers report to it when a mail could not be delivered, and when it was if they were asked
(RFC 3461, RFC 3464). A server of our own takes the reports; the mail exchanger of the return
domain leads to it.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import Message
from typing import Literal

from aiosmtpd.smtp import SMTP, Envelope, Session

from infra.database import Pool
from services.messaging.adapters.outbound import listener, receipts

CHANNEL = "email"
MOST_BYTES = 1024 * 1024


def address(base: str, key: str) -> str:
    """Where servers report about the mail of a key: `returns+<key>@domain` for `returns@domain`."""
    name, _, domain = base.rpartition("@")
    return f"{name}+{key}@{domain}"


def key_of(recipient: str, base: str) -> str | None:
    """Which mail a return address is of; None for any other address."""
    name, _, domain = base.rpartition("@")
    found, _, at = recipient.rpartition("@")
    begin = f"{name}+"
    # Servers may change the case of a domain, not that of a name.
    if at.casefold() != domain.casefold() or not found.startswith(begin):
        return None
    return found.removeprefix(begin) or None


@dataclass(frozen=True, slots=True)
class Report:
    """The end of a mail, for good; `detail` is the reason in the words of its server."""

    outcome: Literal["delivered", "failed"]
    detail: str


def read(content: bytes) -> Report | None:
    """The report a mail is; None for other mail, and for a report that decides nothing yet.

    A mail that is late, or went on to a server that reports nothing, may still arrive.
    """
    mail = message_from_bytes(content, policy=policy.default)
    statuses = [status for part in mail.walk() if (status := _statuses(part))]
    recipients = [block for blocks in statuses for block in blocks if block["Action"]]
    actions = {str(block["Action"]).strip().casefold() for block in recipients}
    if "failed" in actions:
        failed = next(b for b in recipients if str(b["Action"]).strip().casefold() == "failed")
        return Report("failed", _said(failed))
    return Report("delivered", "") if actions == {"delivered"} else None


def _statuses(part: Message) -> list[Message]:
    if part.get_content_type() != "message/delivery-status":
        return []
    blocks = part.get_payload()
    return [b for b in blocks if isinstance(b, Message)] if isinstance(blocks, list) else []


def _said(block: Message) -> str:
    found = str(block["Diagnostic-Code"] or block["Status"] or "")
    # Anybody may write to us: what is no text is not kept.
    printable = "".join(c if c.isprintable() else " " for c in found)
    return " ".join(printable.split())[: receipts.DETAIL_LENGTH]


class BounceReceiver:
    """Takes reports to our return addresses, and nothing else."""

    def __init__(self, pool: Pool, base: str) -> None:
        self._pool = pool
        self._base = base

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Asked by the SMTP server for each recipient."""
        if key_of(address, self._base) is None:
            return "550 5.1.1 no such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 taken"

    async def handle_DATA(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        """Asked by the SMTP server. It answers 250 once what is reported is durable.

        A report that outruns our own note of its mail comes again; other mail is dropped.
        """
        if (report := read(envelope.original_content or b"")) is None:
            return "250 2.0.0 nothing to note"
        for recipient in envelope.rcpt_tos:
            key = key_of(recipient, self._base) or ""
            if not await receipts.settle(self._pool, key, CHANNEL, report.outcome, report.detail):
                return "451 4.3.0 no such mail, or not yet"
        return "250 2.0.0 noted"


@asynccontextmanager
async def listening(pool: Pool, base: str, host: str, port: int) -> AsyncIterator[int]:
    """Take reports within the block; yields the port, which is a free one when 0 is given."""
    options = {"ident": "relais returns", "data_size_limit": MOST_BYTES}
    async with listener.listening(BounceReceiver(pool, base), host, port, **options) as (_, taken):
        yield taken
