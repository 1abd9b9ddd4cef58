"""The archive: an issued document, or the proof a driver sent, is kept as it was for ten years.

It stays when its driver is gone, and is emptied once the law wants it no longer.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from contracts.invoices.invoice_v1 import (
    ArchiveEmptied,
    DocumentArchived,
    InvoiceEvent,
    OwnInvoiceAccepted,
    ProofArchived,
)
from services.invoices.invoice import rejections
from services.invoices.invoice.situations import (
    Approved,
    Noted,
    State,
    Unknown,
)

YEARS = 10
LAST_PLACE = time(12, tzinfo=UTC)
"""When the day before ends in the last place on earth."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordArchived:
    """Follows from a document that was put into the archive."""

    invoice_id: str
    settlement_version: int | None
    number: str
    pdf_sha256: str
    xml_sha256: str | None
    issued_on: date
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordProof:
    """Follows from an accepted own invoice whose file was put into the archive."""

    invoice_id: str
    settlement_version: int | None
    sha256: str
    size_bytes: int
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordEmptied:
    """Goes before the removal of what the archive has."""

    invoice_id: str
    settlement_version: int | None
    at: datetime


Command = RecordArchived | RecordProof | RecordEmptied
Decision = list[InvoiceEvent] | rejections.Rejection


def decide(command: Command, state: State) -> Decision:
    if isinstance(state, Unknown | Noted):
        return rejections.NoSuchInvoice()
    if not isinstance(state, Approved):
        return rejections.ExpensesNotValidated()
    if isinstance(command, RecordEmptied):
        return _empty(command, state)
    if command.settlement_version in state.archive:
        return []
    return (
        _archive(command, state) if isinstance(command, RecordArchived) else _keep(command, state)
    )


def _archive(command: RecordArchived, state: Approved) -> Decision:
    return [
        DocumentArchived(
            invoice_id=state.bill.invoice_id,
            organisation_id=state.bill.organisation_id,
            driver_id=state.bill.driver_id,
            settlement_version=command.settlement_version,
            number=command.number,
            pdf_sha256=command.pdf_sha256,
            xml_sha256=command.xml_sha256,
            kept_until=_tenth_year(command.issued_on),
            archived_at=command.at,
        )
    ]


def _keep(command: RecordProof, state: Approved) -> Decision:
    own = state.own.get(command.settlement_version)
    if not isinstance(own, OwnInvoiceAccepted):
        return rejections.NoSuchOwnInvoice()
    return [
        ProofArchived(
            invoice_id=own.invoice_id,
            organisation_id=own.organisation_id,
            driver_id=own.driver_id,
            settlement_version=own.settlement_version,
            file_id=own.file_id,
            number=own.number,
            sha256=command.sha256,
            size_bytes=command.size_bytes,
            # It is booked when it is accepted.
            kept_until=_tenth_year(max(own.issued_on, own.accepted_at.date())),
            archived_at=command.at,
        )
    ]


def _empty(command: RecordEmptied, state: Approved) -> Decision:
    archived = state.archive.get(command.settlement_version)
    if archived is None:
        return rejections.NotArchived()
    if command.settlement_version in state.emptied:
        return []
    if command.at < over(archived.kept_until):
        return rejections.StillKept(archived.kept_until)
    return [
        ArchiveEmptied(
            invoice_id=archived.invoice_id,
            organisation_id=archived.organisation_id,
            driver_id=archived.driver_id,
            settlement_version=archived.settlement_version,
            number=archived.number,
            emptied_at=command.at,
        )
    ]


def _tenth_year(day: date) -> date:
    return date(day.year + YEARS, 12, 31)


def over(day: date) -> datetime:
    """When the day is over everywhere."""
    return datetime.combine(day + timedelta(days=1), LAST_PLACE)
