"""Valid events with sensible defaults; a test names only what it is about."""

from datetime import UTC, datetime, timedelta

from contracts.common_v1 import Money
from contracts.invoices.invoice_v1 import (
    AcceptedExtra,
    ContestSettled,
    ExpenseAdded,
    ExpenseKind,
    ExpenseRemoved,
    ExpensesValidated,
    ExtraNoted,
    InvoiceApproved,
    InvoiceNumbered,
    InvoiceOpened,
    InvoicePaid,
    InvoicePrepared,
    Line,
    LineContested,
    Party,
    PriceAgreed,
    Tax,
    TaxCategory,
    TripNoted,
)
from contracts.payments import payout_v1 as payout

NOON = datetime(2030, 5, 1, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
LATER = NOON + HOUR
INVOICE = "inv-t-1"
STREAM = f"invoice-{INVOICE}"
TOLL = ExpenseKind.TOLL


def euros(amount_minor: int) -> Money:
    return Money(amount_minor, "EUR")


# --- Invoices ---------------------------------------------------------------


def noted() -> TripNoted:
    return TripNoted(INVOICE, "t-1", "hiflow", "Renault Clio, Paris to Lyon", NOON)


def prepared() -> InvoicePrepared:
    return InvoicePrepared(INVOICE, "t-1", "hiflow", "ada", euros(29_900), (), NOON)


def extra_noted() -> ExtraNoted:
    extra = AcceptedExtra("x-1", ExpenseKind.TAXI, euros(2_000))
    return ExtraNoted(INVOICE, "hiflow", "ada", extra, NOON)


def opened(
    id: str = INVOICE,
    price: int | None = 29_900,
    driver: str = "ada",
    organisation: str = "hiflow",
    at: datetime = NOON,
) -> InvoiceOpened:
    money = euros(price) if price else None
    given = (organisation, driver, "Renault Clio, Paris to Lyon", money, (), ())
    return InvoiceOpened(id, "t-1", *given, at)


def price_agreed(amount: int = 25_000) -> PriceAgreed:
    return PriceAgreed(INVOICE, "hiflow", "ada", euros(amount), LATER)


def added(id: str = "e-1", amount: int = 3_480) -> ExpenseAdded:
    given = (TOLL, euros(amount), "file-9", "A6, northbound")
    return ExpenseAdded(INVOICE, "hiflow", "ada", id, *given, NOON)


def removed(id: str = "e-1") -> ExpenseRemoved:
    return ExpenseRemoved(INVOICE, "hiflow", "ada", id, LATER)


def validated() -> ExpensesValidated:
    return ExpensesValidated(INVOICE, "hiflow", "ada", euros(29_900), euros(3_480), LATER)


def contested(line: str = "e-1") -> LineContested:
    given = (line, Party.DRIVER, "the receipt says more")
    return LineContested(INVOICE, "hiflow", "ada", *given, LATER)


def settled(line: str = "e-1", amount: int = 3_000, version: int = 9) -> ContestSettled:
    given = (line, euros(amount), "as receipted", euros(-480), euros(-96), version, "t-1")
    return ContestSettled(INVOICE, "hiflow", "ada", *given, LATER)


def approved() -> InvoiceApproved:
    return InvoiceApproved(
        invoice_id=INVOICE,
        trip_id="t-1",
        organisation_id="hiflow",
        driver_id="ada",
        description="Renault Clio, Paris to Lyon",
        lines=(Line("service", None, euros(29_900), 2), Line("e-1", TOLL, euros(3_480), 4)),
        net=euros(33_380),
        tax=Tax(TaxCategory.STANDARD, 2_000, euros(6_676)),
        total=euros(40_056),
        self_billed=True,
        seller_version=3,
        buyer_version=1,
        version=6,
        approved_at=LATER,
    )


def numbered() -> InvoiceNumbered:
    return InvoiceNumbered(INVOICE, "hiflow", "ada", "ADA-2030-0001", LATER)


def paid() -> InvoicePaid:
    return InvoicePaid(INVOICE, "hiflow", "ada", "ada-1", "SEPA 42", LATER)


# --- Payouts ----------------------------------------------------------------


def line(kind: payout.LineKind, id: str, amount: int, version: int) -> payout.Line:
    fact = payout.Fact(STREAM, version)
    return payout.Line(kind, INVOICE, id, "t-1", euros(amount), fact)


LINES = (
    line(payout.LineKind.SERVICE, "service", 29_900, 2),
    line(payout.LineKind.EXPENSE, "e-1", 3_480, 4),
    line(payout.LineKind.VAT, "vat", 6_676, 6),
    line(payout.LineKind.ADJUSTMENT, "e-1", -480, 9),
    line(payout.LineKind.VAT, "e-1", -96, 9),
)


def credited() -> payout.InvoiceCredited:
    return payout.InvoiceCredited("ada", "hiflow", INVOICE, LINES[:3], NOON)


def adjusted() -> payout.AdjustmentMade:
    return payout.AdjustmentMade("ada", "hiflow", LINES[3:], NOON)


def closed(
    id: str = "ada-1",
    driver: str = "ada",
    organisation: str = "hiflow",
    carried: int = 0,
    at: datetime = NOON,
) -> payout.StatementClosed:
    """`carried` over from version 2 of the payouts."""
    net = 39_480 + carried
    return payout.StatementClosed(
        driver_id=driver,
        organisation_id=organisation,
        payout_id=id,
        lines=LINES,
        gross=euros(29_900),
        expenses=euros(3_480),
        adjustments=euros(-480),
        vat=euros(6_580),
        carried_in=euros(carried),
        carried_out=euros(min(net, 0)),
        net=euros(max(net, 0)),
        carried_from=payout.Fact(f"payout-{driver}", 2) if carried else None,
        payable=net > 0,
        closed_at=at,
        version=4,
    )


def paid_out(id: str = "ada-1") -> payout.PayoutPaid:
    given = (euros(39_480), "SEPA 42", (INVOICE,), 1)
    return payout.PayoutPaid("ada", "hiflow", id, *given, LATER, 5)
