"""What follows from facts that name a file: it is held, and the driver of a mission may read it."""

from typing import assert_never

from contracts.invoices import invoice_v1 as invoice
from contracts.missions import trip_v1 as trip
from contracts.papers import paper_v1 as paper
from contracts.payments import payee_v1 as payee
from services.media.file import Following, Hold, Unshare


def of_invoice(event: invoice.InvoiceEvent) -> list[Following]:
    """A receipt is kept from the declaration on: what is taken back was declared all the same."""
    match event:
        case invoice.ExpenseAdded(receipt_file_id=file, organisation_id=ours, added_at=at):
            return [Hold(file, ours, f"invoice-{event.invoice_id}", None, at)]
        case invoice.TripNoted() | invoice.InvoicePrepared() | invoice.ExtraNoted():
            return []
        case invoice.InvoiceOpened() | invoice.PriceAgreed() | invoice.ExpenseRemoved():
            return []
        case invoice.ExpensesValidated() | invoice.ExpensesReopened() | invoice.LineContested():
            return []
        case invoice.ContestSettled() | invoice.InvoiceApproved() | invoice.InvoiceNumbered():
            return []
        case invoice.CorrectionNumbered() | invoice.InvoicePaid():
            return []
        case unhandled:
            assert_never(unhandled)


def of_paper(event: paper.PaperEvent) -> list[Following]:
    """A paper that was accepted is kept; one that waits or was refused may go."""
    match event:
        case paper.PaperAccepted(file_id=file, organisation_id=ours, accepted_at=at):
            return [Hold(file, ours, f"paper-{event.paper_id}", None, at)]
        case paper.PaperAdded() | paper.PaperRefused() | paper.ExpiryNoticeGiven():
            return []
        case paper.PaperExpired():
            return []
        case unhandled:
            assert_never(unhandled)


def of_payee(event: payee.PayeeEvent) -> list[Following]:
    """The bank's document is kept, whatever becomes of the change."""
    match event:
        case payee.BankDetailsGiven(given_at=at) | payee.BankChangeRequested(requested_at=at):
            by = f"payee-{event.driver_id}"
            return [Hold(event.proof_file_id, event.organisation_id, by, None, at)]
        case payee.BankChangeCancelled() | payee.BankChangeTookEffect():
            return []
        case payee.QuestionAsked() | payee.QuestionAnswered():
            return []
        case unhandled:
            assert_never(unhandled)


Quotes = trip.QuoteSubmitted | trip.QuoteModified | trip.QuoteWithdrawn | trip.QuoteAccepted
Answers = trip.QuoteRefused | trip.QuoteExpired | trip.CounterOffered | trip.CounterAccepted
Trips = trip.TripPublished | trip.TripProposed | trip.TripExpired
People = trip.ClientNamed | trip.SubjectForgotten
"""What names no file."""


def of_trip(event: trip.TripEvent) -> list[Following]:
    """Photos of extra costs and attachments are kept; a removed attachment is read no more."""
    by = f"trip-{event.trip_id}"
    if isinstance(event, Quotes | Answers | Trips | People):
        return []
    match event:
        case trip.ExtraCostRequested(photo_file_id=file, requested_at=at):
            return [Hold(file, None, by, None, at)]
        case trip.AttachmentAdded(file_id=file, driver_id=driver, added_at=at):
            return [Hold(file, None, by, driver, at)]
        case trip.AttachmentRemoved(file_id=file, driver_id=driver, removed_at=at):
            return [Unshare(file, by, driver, at)]
        case trip.ExtraCostAccepted() | trip.ExtraCostRefused() | trip.DeliveryConfirmed():
            return []
        case trip.MissionAssigned() | trip.StopDetailed() | trip.CounterDeclined():
            return []
        case unhandled:
            assert_never(unhandled)


def target(command: Following) -> str:
    """The file whose stream takes the command."""
    return command.file_id
