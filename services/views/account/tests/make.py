"""Valid events with sensible defaults; a test names only what it is about."""

from datetime import UTC, date, datetime, timedelta

from contracts.accounts import user_v1 as user
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
from contracts.papers import paper_v1 as paper
from contracts.payments import payout_v1 as payout

NOON = datetime(2030, 5, 1, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
LATER = NOON + HOUR
TODAY = date(2030, 5, 1)
DAY = timedelta(days=1)
FROM = date(2030, 5, 6)
UNTIL = date(2030, 5, 10)
INSURANCE = paper.PaperKind.LIABILITY_INSURANCE
INVOICE = "inv-t-1"
STREAM = f"invoice-{INVOICE}"
TOLL = ExpenseKind.TOLL


def euros(amount_minor: int) -> Money:
    return Money(amount_minor, "EUR")


# --- Users and papers -------------------------------------------------------


def invited(id: str = "ada", organisation: str = "hiflow") -> user.UserInvited:
    given = (f"{id}@example.org", "Ada Lovelace", "fr", (user.Role.DRIVER,), None, "lea")
    return user.UserInvited(id, organisation, *given, NOON)


def signed() -> user.AgreementSigned:
    return user.AgreementSigned(
        user_id="ada", organisation_id="hiflow", file_id=None, signed_on=TODAY, recorded_at=NOON
    )


def activated() -> user.UserActivated:
    given = ("ada@example.org", "Ada Lovelace", "fr", (user.Role.DRIVER,))
    return user.UserActivated("ada", "hiflow", *given, NOON, None)


def deactivated() -> user.UserDeactivated:
    return user.UserDeactivated(
        user_id="ada", organisation_id="hiflow", deactivated_by="lea", deactivated_at=NOON
    )


def roles_changed() -> user.RolesChanged:
    return user.RolesChanged(
        user_id="ada",
        organisation_id="hiflow",
        roles=(user.Role.LOGISTICS,),
        changed_by="lea",
        changed_at=NOON,
    )


def profile_changed() -> user.ProfileChanged:
    address = ("1 rue de Rivoli", "75001", "Paris", "FR", None)
    return user.ProfileChanged("ada", "hiflow", "en", "+33612345678", "photo-1", *address, NOON)


def licence_changed() -> user.LicenceChanged:
    return user.LicenceChanged(
        user_id="ada",
        organisation_id="hiflow",
        number="12AB34567",
        country="FR",
        categories=("B",),
        issued_on=FROM,
        expires_on=UNTIL,
        changed_at=NOON,
    )


def enrolled() -> user.TotpEnrolled:
    return user.TotpEnrolled(user_id="ada", organisation_id="hiflow", enrolled_at=NOON)


def factor_removed() -> user.TotpRemoved:
    return user.TotpRemoved(
        user_id="ada", organisation_id="hiflow", removed_by="lea", removed_at=NOON
    )


def forgotten() -> user.SubjectForgotten:
    return user.SubjectForgotten(user_id="ada", forgotten_at=LATER)


def paper_added(file: str = "file-1", expires_on: date | None = UNTIL) -> paper.PaperAdded:
    given = ("ada", "hiflow", INSURANCE, file, TODAY, expires_on, "ada")
    return paper.PaperAdded("ada:insurance", *given, NOON)


def paper_accepted(expires_on: date | None = UNTIL) -> paper.PaperAccepted:
    given = ("ada", "hiflow", INSURANCE, "file-1", expires_on, "Europe/Paris", "lea")
    return paper.PaperAccepted("ada:insurance", *given, LATER)


def paper_refused() -> paper.PaperRefused:
    given = ("ada", "hiflow", INSURANCE, "file-2", "not readable", "lea")
    return paper.PaperRefused("ada:insurance", *given, LATER)


def paper_expired() -> paper.PaperExpired:
    return paper.PaperExpired(
        paper_id="ada:insurance",
        user_id="ada",
        organisation_id="hiflow",
        kind=INSURANCE,
        expires_on=UNTIL,
        expired_at=LATER,
    )


def noticed() -> paper.ExpiryNoticeGiven:
    given = ("ada", "hiflow", INSURANCE, UNTIL, 7)
    return paper.ExpiryNoticeGiven("ada:insurance", *given, LATER)


# --- Invoices ---------------------------------------------------------------


def noted() -> TripNoted:
    return TripNoted(
        invoice_id=INVOICE,
        trip_id="t-1",
        organisation_id="hiflow",
        description="Renault Clio, Paris to Lyon",
        noted_at=NOON,
    )


def prepared() -> InvoicePrepared:
    return InvoicePrepared(
        invoice_id=INVOICE,
        trip_id="t-1",
        organisation_id="hiflow",
        driver_id="ada",
        service_price=euros(29_900),
        quoted=(),
        prepared_at=NOON,
    )


def extra_noted() -> ExtraNoted:
    extra = AcceptedExtra("x-1", ExpenseKind.TAXI, euros(2_000))
    return ExtraNoted(
        invoice_id=INVOICE, organisation_id="hiflow", driver_id="ada", extra=extra, noted_at=NOON
    )


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
    return PriceAgreed(
        invoice_id=INVOICE,
        organisation_id="hiflow",
        driver_id="ada",
        service_price=euros(amount),
        agreed_at=LATER,
    )


def added(id: str = "e-1", amount: int = 3_480) -> ExpenseAdded:
    given = (TOLL, euros(amount), "file-9", "A6, northbound")
    return ExpenseAdded(INVOICE, "hiflow", "ada", id, *given, NOON)


def removed(id: str = "e-1") -> ExpenseRemoved:
    return ExpenseRemoved(
        invoice_id=INVOICE,
        organisation_id="hiflow",
        driver_id="ada",
        expense_id=id,
        removed_at=LATER,
    )


def validated() -> ExpensesValidated:
    return ExpensesValidated(
        invoice_id=INVOICE,
        organisation_id="hiflow",
        driver_id="ada",
        service_price=euros(29_900),
        expenses=euros(3_480),
        validated_at=LATER,
    )


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
    return InvoiceNumbered(
        invoice_id=INVOICE,
        organisation_id="hiflow",
        driver_id="ada",
        number="ADA-2030-0001",
        numbered_at=LATER,
    )


def paid() -> InvoicePaid:
    return InvoicePaid(
        invoice_id=INVOICE,
        organisation_id="hiflow",
        driver_id="ada",
        payout_id="ada-1",
        reference="SEPA 42",
        paid_at=LATER,
    )


# --- Payouts ----------------------------------------------------------------


def line(kind: payout.LineKind, id: str, amount: int, version: int) -> payout.Line:
    fact = payout.Fact(STREAM, version)
    return payout.Line(
        kind=kind, invoice_id=INVOICE, line_id=id, trip_id="t-1", amount=euros(amount), fact=fact
    )


LINES = (
    line(payout.LineKind.SERVICE, "service", 29_900, 2),
    line(payout.LineKind.EXPENSE, "e-1", 3_480, 4),
    line(payout.LineKind.VAT, "vat", 6_676, 6),
    line(payout.LineKind.ADJUSTMENT, "e-1", -480, 9),
    line(payout.LineKind.VAT, "e-1", -96, 9),
)


def credited() -> payout.InvoiceCredited:
    return payout.InvoiceCredited(
        driver_id="ada",
        organisation_id="hiflow",
        invoice_id=INVOICE,
        lines=LINES[:3],
        credited_at=NOON,
    )


def adjusted() -> payout.AdjustmentMade:
    return payout.AdjustmentMade(
        driver_id="ada", organisation_id="hiflow", lines=LINES[3:], made_at=NOON
    )


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
