"""The archive: an issued document is kept as it was issued, also when its driver is gone."""

from dataclasses import dataclass
from datetime import date, datetime

from contracts.invoices.invoice_v1 import DocumentArchived, InvoiceEvent
from contracts.obligations import Kept, Obligations
from services.invoices.invoice.rejections import ExpensesNotValidated, NoSuchInvoice
from services.invoices.invoice.situations import (
    Approved,
    Noted,
    Open,
    Prepared,
    State,
    Unknown,
    Validated,
)

YEARS = 10
WHY = "Code de commerce L123-22: ten years from the end of the year"


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


Decision = list[InvoiceEvent] | NoSuchInvoice | ExpensesNotValidated


def record(command: RecordArchived, state: State) -> Decision:
    if isinstance(state, Unknown | Noted):
        return NoSuchInvoice()
    if not isinstance(state, Approved):
        return ExpensesNotValidated()
    if command.settlement_version in state.archive:
        return []
    return [
        DocumentArchived(
            invoice_id=state.bill.invoice_id,
            organisation_id=state.bill.organisation_id,
            driver_id=state.bill.driver_id,
            settlement_version=command.settlement_version,
            number=command.number,
            pdf_sha256=command.pdf_sha256,
            xml_sha256=command.xml_sha256,
            kept_until=date(command.issued_on.year + YEARS, 12, 31),
            archived_at=command.at,
        )
    ]


def obligations(state: State, person: str) -> Obligations:
    """Those towards a driver: the mission, the money and the document end first."""
    match state:
        case Unknown() | Noted():
            return Obligations()
        case Prepared(mission=mission) if mission.driver_id == person:
            return Obligations(f"the mission of trip {mission.trip_id} is under way")
        case Open(bill=bill) | Validated(bill=bill) if bill.driver_id == person:
            return Obligations(f"invoice {bill.invoice_id} is not approved, so money is owed")
        case Approved(bill=bill) if bill.driver_id == person:
            return Obligations(_unfinished(state), _kept(state))
        case _:
            return Obligations()


def _unfinished(state: Approved) -> str | None:
    """The payment, the contest or the documents in the archive that have to come first."""
    id = state.bill.invoice_id
    if state.payment is None:
        return f"invoice {id} is not paid"
    if state.bill.contests:
        return f"a line of invoice {id} is contested"
    changed = {one.version for one in state.bill.settlements if one.adjustment is not None}
    expected = {None, *changed} if state.approval.self_billed else set()
    if missing := expected - state.archive.keys():
        return f"{len(missing)} documents of invoice {id} are not in the archive yet"
    return None


def _kept(state: Approved) -> tuple[Kept, ...]:
    return tuple(
        Kept(f"document {one.number}, SHA-256 {one.pdf_sha256}", WHY, one.kept_until)
        for one in state.archive.values()
    )
