"""What follows from events: the trip's make the invoice, the invoice's make what is owed."""

from typing import assert_never

from contracts.common_v1 import Money
from contracts.missions.trip_v1 import (
    DeliveryConfirmed,
    MissionAssigned,
    QuoteAccepted,
    QuoteModified,
    QuoteRefused,
    QuoteSubmitted,
    QuoteWithdrawn,
    TripEvent,
    TripExpired,
    TripPublished,
)
from contracts.payments.invoice_v1 import (
    ContestSettled,
    ExpenseAdded,
    ExpenseRemoved,
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
from contracts.payments.numbering_v1 import NumberingEvent
from contracts.payments.payout_v1 import (
    AdjustmentMade,
    Fact,
    InvoiceCredited,
    Line,
    LineKind,
    PayoutEvent,
    PayoutPaid,
    StatementClosed,
)
from services.payments import invoice, payout
from services.payments.numbering import AssignNumber


def invoice_of(trip_id: str) -> str:
    """The id of the invoice of a trip."""
    return f"inv-{trip_id}"


# --- From trips to invoices -------------------------------------------------

FromTrip = invoice.NoteTrip | invoice.Prepare | invoice.NoteExtra | invoice.Open


def of_trip(event: TripEvent) -> list[FromTrip]:
    id = invoice_of(event.trip_id)
    match event:
        case TripPublished():
            return [
                invoice.NoteTrip(
                    id, event.trip_id, event.organisation_id, _what(event), event.published_at
                )
            ]
        case MissionAssigned():
            return [invoice.Prepare(id, event.driver_id, event.price, (), event.assigned_at)]
        case DeliveryConfirmed():
            return [invoice.Open(id, event.confirmed_at)]
        case TripExpired():
            return []
        case QuoteSubmitted() | QuoteModified() | QuoteWithdrawn():
            return []
        case QuoteAccepted() | QuoteRefused():
            return []
        case unhandled:
            assert_never(unhandled)


def _what(offer: TripPublished) -> str:
    vehicle = f"{offer.vehicle.make} {offer.vehicle.model}"
    return f"{vehicle}, {offer.departure.city} - {offer.arrival.city}"


def invoice_target(command: FromTrip | invoice.Number | invoice.Pay) -> str:
    """The invoice whose stream takes the command."""
    return command.invoice_id


# --- From invoices to numbers, and back -------------------------------------


def numbers(event: InvoiceEvent) -> list[AssignNumber]:
    if not isinstance(event, InvoiceApproved) or not event.self_billed:
        return []
    return [
        AssignNumber(event.organisation_id, event.driver_id, event.invoice_id, event.approved_at)
    ]


def number_target(command: AssignNumber) -> str:
    """The sequence whose stream takes the command."""
    return command.sequence_id


def numbered(event: NumberingEvent) -> list[invoice.Number]:
    return [invoice.Number(event.invoice_id, event.number, event.assigned_at)]


# --- From invoices to payouts, and back -------------------------------------


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
        case InvoiceNumbered() | InvoicePaid():
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
    return Line(kind, invoice_id, line_id, trip_id, amount, fact)


def payout_target(command: payout.Credit | payout.Adjust) -> str:
    """The driver whose stream takes the command."""
    return command.driver_id


def paid(event: PayoutEvent) -> list[invoice.Pay]:
    match event:
        case PayoutPaid():
            return [
                invoice.Pay(id, event.payout_id, event.reference, event.paid_at)
                for id in event.invoice_ids
            ]
        case StatementClosed(payable=False):
            # Set off against what the driver owed.
            return [
                invoice.Pay(id, event.payout_id, "", event.closed_at)
                for id in payout.invoices(event)
            ]
        case StatementClosed() | InvoiceCredited() | AdjustmentMade():
            return []
        case unhandled:
            assert_never(unhandled)
