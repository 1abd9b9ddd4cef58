"""The facts about an invoice as they are shown, and its history."""

from typing import Annotated

from contracts.invoices.invoice_v1 import (
    ArchiveEmptied,
    Compared,
    ContestSettled,
    CorrectionNumbered,
    DocumentArchived,
    ExpenseAdded,
    ExpenseKind,
    ExpenseRemoved,
    ExpensesReopened,
    ExpensesValidated,
    ExtraNoted,
    InvoiceApproved,
    InvoiceNumbered,
    InvoiceOpened,
    InvoicePaid,
    InvoicePrepared,
    LineContested,
    OwnInvoiceAccepted,
    OwnInvoiceRefused,
    OwnInvoiceSent,
    Party,
    PriceAgreed,
    ProofArchived,
    TaxCategory,
    TripNoted,
    VehicleNoted,
    contract,
)
from infra.http.answers import Answer, MoneyShown
from infra.http.history import History
from infra.http.models import Day, Instant, Named


class QuotedExpenseShown(Answer):
    """An expense of the accepted quote, excluding VAT."""

    kind: Annotated[ExpenseKind, Named()]
    amount: MoneyShown


class AcceptedExtraShown(Answer):
    """An extra cost that logistics accepted, at most up to this amount, excluding VAT."""

    extra_id: str
    kind: Annotated[ExpenseKind, Named()]
    amount: MoneyShown


class ReceiptPartShown(Answer):
    """A rate of VAT on a receipt, in basis points, and the amounts it stands beside."""

    rate: int
    net: MoneyShown
    vat: MoneyShown


class ReceiptShown(Answer):
    """A receipt as it is printed, rate by rate, and the country it is from."""

    country: str
    parts: list[ReceiptPartShown]


class ExpenseShown(Answer):
    """An expense that the driver declared, excluding VAT, with its receipt."""

    invoice_id: str
    organisation_id: str
    driver_id: str
    expense_id: str
    kind: Annotated[ExpenseKind, Named()]
    amount: MoneyShown
    receipt_file_id: str
    receipt: ReceiptShown | None
    """Null where the driver did not say what it says."""
    note: str | None
    added_at: Instant


class ContestShown(Answer):
    """A line that is contested."""

    invoice_id: str
    organisation_id: str
    driver_id: str
    line_id: str
    by: Annotated[Party, Named()]
    reason: str
    contested_at: Instant


class SettledShown(Answer):
    """The amount that billing found right for a contested line."""

    invoice_id: str
    organisation_id: str
    driver_id: str
    line_id: str
    amount: MoneyShown
    """The amount of the line from then on, excluding VAT."""
    explanation: str
    adjustment: MoneyShown | None
    """The amount the next statement adds or takes, where the invoice was approved before."""
    adjustment_vat: MoneyShown | None
    version: int
    """The entry of the invoice's history that this is."""
    trip_id: str
    settled_at: Instant
    waits_for_own_invoice: bool | None
    """The adjustment is owed once the driver's own invoice for it is accepted."""


class ApprovedLineShown(Answer):
    """An amount as it was approved, and the entry of the history that it is from."""

    line_id: str
    kind: Annotated[ExpenseKind, Named()] | None
    """Null for the service itself."""
    amount: MoneyShown
    version: int


class TaxShown(Answer):
    """The VAT; the rate is in basis points, 2000 is 20 %."""

    category: Annotated[TaxCategory, Named()]
    rate: int
    amount: MoneyShown


class ApprovalShown(Answer):
    """The invoice as billing approved it; its total is owed."""

    invoice_id: str
    trip_id: str
    organisation_id: str
    driver_id: str
    description: str
    lines: list[ApprovedLineShown]
    net: MoneyShown
    tax: TaxShown
    total: MoneyShown
    self_billed: bool
    """The organisation writes the invoice."""
    seller_version: int
    """The entry of the seller's history whose company stands on the invoice."""
    buyer_version: int
    """The entry of the buyer's history whose company stands on the invoice."""
    version: int
    approved_at: Instant
    due_on: Day | None
    """The day it has to be paid by."""
    time_zone: str | None
    waits_for_own_invoice: bool | None
    """The amounts are owed once the driver's own invoice is accepted."""


class DifferenceShown(Answer):
    """A statement of a driver's own invoice that is missing there, or says something else."""

    field: Annotated[Compared, Named()]
    expected: str | None
    """The statement as it should be; null for companies."""
    found: str | None
    """The statement as it is; null when it was not found."""


class OwnInvoiceSentShown(Answer):
    """An invoice that the driver wrote and sent, and what it was compared with."""

    invoice_id: str
    organisation_id: str
    driver_id: str
    settlement_version: int | None
    file_id: str
    number: str
    issued_on: Day
    net: MoneyShown
    vat: MoneyShown
    total: MoneyShown
    differences: list[DifferenceShown]
    sent_at: Instant


class OwnInvoiceAcceptedShown(Answer):
    """An invoice that the driver wrote, as it was accepted; its total is owed."""

    invoice_id: str
    trip_id: str
    organisation_id: str
    driver_id: str
    settlement_version: int | None
    file_id: str
    number: str
    issued_on: Day
    lines: list[ApprovedLineShown]
    net: MoneyShown
    tax: TaxShown
    total: MoneyShown
    accepted_by: str | None
    """Null when it agreed in everything."""
    version: int
    accepted_at: Instant


class OwnInvoiceRefusedShown(Answer):
    """An invoice that the driver wrote, sent back."""

    invoice_id: str
    organisation_id: str
    driver_id: str
    settlement_version: int | None
    file_id: str
    number: str
    reason: str
    refused_at: Instant


class PaymentShown(Answer):
    """The payout that paid the invoice, with the bank's reference."""

    invoice_id: str
    organisation_id: str
    driver_id: str
    payout_id: str
    reference: str
    paid_at: Instant


class PreparedFact(Answer):
    """The terms of the mission, as they were frozen at its assignment."""

    invoice_id: str
    trip_id: str
    organisation_id: str
    driver_id: str
    service_price: MoneyShown | None
    quoted: list[QuotedExpenseShown]
    prepared_at: Instant


class ExtraNotedFact(Answer):
    """An extra cost that may be declared."""

    invoice_id: str
    organisation_id: str
    driver_id: str
    extra: AcceptedExtraShown
    noted_at: Instant


class OpenedFact(Answer):
    """The invoice as the delivery opened it."""

    invoice_id: str
    trip_id: str
    organisation_id: str
    driver_id: str
    description: str
    service_price: MoneyShown | None
    quoted: list[QuotedExpenseShown]
    extras: list[AcceptedExtraShown]
    delivered_at: Instant


class ArchivedFact(Answer):
    """A document as it was put into the archive, by its SHA-256."""

    invoice_id: str
    organisation_id: str
    driver_id: str
    settlement_version: int | None
    number: str
    pdf_sha256: str
    xml_sha256: str | None
    kept_until: Day
    archived_at: Instant


class ProofArchivedFact(Answer):
    """A driver's own invoice as it was put into the archive, by its SHA-256."""

    invoice_id: str
    organisation_id: str
    driver_id: str
    settlement_version: int | None
    file_id: str
    number: str
    sha256: str
    size_bytes: int
    kept_until: Day
    archived_at: Instant


IDS = ("invoice_id", "organisation_id", "driver_id")


class InvoiceHistory(
    History,
    of=contract,
    shows={
        TripNoted: ("invoice_id", "trip_id", "organisation_id", "description", "noted_at"),
        VehicleNoted: ("invoice_id", "trip_id", "organisation_id", "plate", "noted_at"),
        InvoicePrepared: PreparedFact,
        ExtraNoted: ExtraNotedFact,
        InvoiceOpened: OpenedFact,
        PriceAgreed: (*IDS, "service_price", "agreed_at"),
        ExpenseAdded: ExpenseShown,
        ExpenseRemoved: (*IDS, "expense_id", "removed_at"),
        ExpensesValidated: (*IDS, "service_price", "expenses", "validated_at"),
        ExpensesReopened: (*IDS, "extra_id", "reopened_at"),
        LineContested: ContestShown,
        ContestSettled: SettledShown,
        InvoiceApproved: ApprovalShown,
        InvoiceNumbered: (*IDS, "number", "numbered_at"),
        CorrectionNumbered: (*IDS, "settlement_version", "number", "numbered_at"),
        DocumentArchived: ArchivedFact,
        ProofArchived: ProofArchivedFact,
        ArchiveEmptied: (*IDS, "settlement_version", "number", "emptied_at"),
        InvoicePaid: PaymentShown,
        OwnInvoiceSent: OwnInvoiceSentShown,
        OwnInvoiceAccepted: OwnInvoiceAcceptedShown,
        OwnInvoiceRefused: OwnInvoiceRefusedShown,
    },
):
    """Every fact about an invoice, oldest first."""
