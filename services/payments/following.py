"""What follows from invoices: what is owed to their drivers."""

from typing import assert_never

from contracts.common_v1 import Money
from contracts.invoices.invoice_v1 import (
    ContestSettled,
    CorrectionNumbered,
    ExpenseAdded,
    ExpenseRemoved,
    ExpensesReopened,
    ExpensesValidated,
    ExtraNoted,
    InvoiceApproved,
    InvoiceEvent,
    InvoiceNumbered,
    InvoiceOpened,
    InvoicePaid,
    InvoicePrepared,
    LineContested,
    PriceAgreed,
    TripNoted,
)
from contracts.payments.payout_v1 import (
    Fact,
    Line,
    LineKind,
)
from services.payments import payout


def owed(event: InvoiceEvent) -> list[payout.Credit | payout.Adjust]:
    match event:
        case InvoiceApproved():
            lines = _credited(event)
            who = (event.driver_id, event.organisation_id)
            return [payout.Credit(*who, event.invoice_id, lines, event.approved_at)]
        case ContestSettled():
            lines = _adjusted(event)
            who = (event.driver_id, event.organisation_id)
            return [payout.Adjust(*who, lines, event.settled_at)] if lines else []
        case TripNoted() | InvoicePrepared() | ExtraNoted() | InvoiceOpened() | PriceAgreed():
            return []
        case ExpenseAdded() | ExpenseRemoved() | ExpensesValidated() | LineContested():
            return []
        case ExpensesReopened() | InvoiceNumbered() | CorrectionNumbered() | InvoicePaid():
            return []
        case unhandled:
            assert_never(unhandled)


def _credited(event: InvoiceApproved) -> tuple[Line, ...]:
    stream = f"invoice-{event.invoice_id}"
    where = (event.invoice_id, event.trip_id)
    lines = [
        _line(
            LineKind.SERVICE if line.kind is None else LineKind.EXPENSE,
            *where,
            line.line_id,
            line.amount,
            Fact(stream, line.version),
        )
        for line in event.lines
    ]
    vat = _line(LineKind.VAT, *where, "vat", event.tax.amount, Fact(stream, event.version))
    return (*lines, vat)


def _adjusted(event: ContestSettled) -> tuple[Line, ...]:
    if event.adjustment is None or event.adjustment_vat is None:
        return ()
    fact = Fact(f"invoice-{event.invoice_id}", event.version)
    where = (event.invoice_id, event.trip_id)
    return (
        _line(LineKind.ADJUSTMENT, *where, event.line_id, event.adjustment, fact),
        _line(LineKind.VAT, *where, event.line_id, event.adjustment_vat, fact),
    )


def _line(
    kind: LineKind, invoice_id: str, trip_id: str, line_id: str, amount: Money, fact: Fact
) -> Line:
    return Line(
        kind=kind, invoice_id=invoice_id, line_id=line_id, trip_id=trip_id, amount=amount, fact=fact
    )


def target(command: payout.Credit | payout.Adjust) -> str:
    """The driver whose stream takes the command."""
    return command.driver_id
