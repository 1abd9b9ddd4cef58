"""What follows from events: a trip's make the invoice, an approval its number, a payout its end."""

from dataclasses import replace
from typing import assert_never

from contracts.invoices.invoice_v1 import (
    AcceptedExtra,
    ContestSettled,
    ExpenseKind,
    InvoiceApproved,
    InvoiceEvent,
    QuotedExpense,
)
from contracts.invoices.numbering_v1 import NumberingEvent
from contracts.missions.trip_v1 import (
    AttachmentAdded,
    AttachmentRemoved,
    ClientNamed,
    CounterAccepted,
    CounterDeclined,
    CounterOffered,
    DeliveryConfirmed,
    ExtraCostAccepted,
    ExtraCostRefused,
    ExtraCostRequested,
    MissionAssigned,
    QuoteAccepted,
    QuoteExpired,
    QuoteModified,
    QuoteRefused,
    QuoteSubmitted,
    QuoteWithdrawn,
    StopDetailed,
    SubjectForgotten,
    TripEvent,
    TripExpired,
    TripProposed,
    TripPublished,
)
from contracts.payments.payout_v1 import (
    AdjustmentMade,
    InvoiceCredited,
    LineKind,
    PayoutEvent,
    PayoutPaid,
    StatementClosed,
)
from services.invoices import invoice
from services.invoices.numbering import AssignNumber


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
            return [_prepare(id, event)]
        case ExtraCostAccepted():
            kind = ExpenseKind(event.kind)
            extra = AcceptedExtra(event.request_id, kind, event.amount)
            return [invoice.NoteExtra(id, extra, event.accepted_at)]
        case DeliveryConfirmed():
            return [invoice.Open(id, event.confirmed_at)]
        case TripExpired() | ExtraCostRequested() | ExtraCostRefused():
            return []
        case AttachmentAdded() | AttachmentRemoved():
            return []
        case TripProposed() | StopDetailed() | ClientNamed() | SubjectForgotten():
            return []
        case QuoteSubmitted() | QuoteModified() | QuoteWithdrawn():
            return []
        case QuoteAccepted() | QuoteRefused() | QuoteExpired():
            return []
        case CounterOffered() | CounterAccepted() | CounterDeclined():
            return []
        case unhandled:
            assert_never(unhandled)


def _prepare(id: str, event: MissionAssigned) -> invoice.Prepare:
    """The price of a mission holds its expenses; the rest is the service."""
    quoted = tuple(QuotedExpense(ExpenseKind(one.kind), one.amount) for one in event.expenses)
    price = event.price
    if price is not None:
        spent = sum(one.amount.amount_minor for one in quoted)
        price = replace(price, amount_minor=price.amount_minor - spent)
    return invoice.Prepare(id, event.driver_id, price, quoted, event.assigned_at)


def _what(offer: TripPublished) -> str:
    vehicle = f"{offer.vehicle.make} {offer.vehicle.model}"
    return f"{vehicle}, {offer.departure.city} - {offer.arrival.city}"


def target(command: FromTrip | invoice.Number | invoice.Pay) -> str:
    """The invoice whose stream takes the command."""
    return command.invoice_id


# --- From invoices to numbers, and back -------------------------------------


def numbers(event: InvoiceEvent) -> list[AssignNumber]:
    """An invoice we write has a number, and so has what corrects it (UNTDID 261, 389)."""
    if not isinstance(event, InvoiceApproved | ContestSettled):
        return []
    what = (event.organisation_id, event.driver_id, event.invoice_id)
    if isinstance(event, InvoiceApproved):
        return [AssignNumber(*what, event.approved_at)] if event.self_billed else []
    changed = event.adjustment is not None
    return [AssignNumber(*what, event.settled_at, event.version)] if changed else []


def sequence(command: AssignNumber) -> str:
    """The sequence whose stream takes the command."""
    return command.sequence_id


def numbered(event: NumberingEvent) -> list[invoice.Number]:
    settlement = event.settlement_version
    return [invoice.Number(event.invoice_id, event.number, event.assigned_at, settlement)]


# --- From payouts --------------------------------------------------------------


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
                invoice.Pay(id, event.payout_id, "", event.closed_at) for id in _invoices(event)
            ]
        case StatementClosed() | InvoiceCredited() | AdjustmentMade():
            return []
        case unhandled:
            assert_never(unhandled)


def _invoices(event: StatementClosed) -> list[str]:
    return [line.invoice_id for line in event.lines if line.kind is LineKind.SERVICE]
