"""Valid events with sensible defaults; a test names only what it is about."""

from datetime import UTC, date, datetime, timedelta

from contracts.accounts import user_v1 as user
from contracts.common_v1 import Money
from contracts.invoices.invoice_v1 import (
    AcceptedExtra,
    Compared,
    ContestSettled,
    Difference,
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
    OwnInvoiceAccepted,
    OwnInvoiceRefused,
    OwnInvoiceSent,
    Party,
    PriceAgreed,
    Receipt,
    ReceiptPart,
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


RECEIPT = Receipt("FR", (ReceiptPart(rate=2_000, net=euros(3_480), vat=euros(696)),))


# --- Users and papers -------------------------------------------------------


def invited(id: str = "ada", organisation: str = "hiflow") -> user.UserInvited:
    return user.UserInvited(
        user_id=id,
        organisation_id=organisation,
        email=f"{id}@example.org",
        name="Ada Lovelace",
        language="fr",
        roles=(user.Role.DRIVER,),
        phone=None,
        invited_by="lea",
        invited_at=NOON,
        reference=None,
        dealerships=(),
        at_once=None,
    )


def signed() -> user.AgreementSigned:
    return user.AgreementSigned(
        user_id="ada", organisation_id="hiflow", file_id=None, signed_on=TODAY, recorded_at=NOON
    )


def activated() -> user.UserActivated:
    return user.UserActivated(
        user_id="ada",
        organisation_id="hiflow",
        email="ada@example.org",
        name="Ada Lovelace",
        language="fr",
        roles=(user.Role.DRIVER,),
        activated_at=NOON,
        phone=None,
        has_password=None,
    )


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
        dealerships=(),
    )


def profile_changed() -> user.ProfileChanged:
    return user.ProfileChanged(
        user_id="ada",
        organisation_id="hiflow",
        language="en",
        phone="+33612345678",
        photo_file_id="photo-1",
        street="1 rue de Rivoli",
        postal_code="75001",
        city="Paris",
        country="FR",
        location=None,
        changed_at=NOON,
    )


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
    return paper.PaperAdded(
        paper_id="ada:insurance",
        user_id="ada",
        organisation_id="hiflow",
        kind=INSURANCE,
        file_id=file,
        issued_on=TODAY,
        expires_on=expires_on,
        added_by="ada",
        added_at=NOON,
        of_organisation=None,
    )


def paper_accepted(expires_on: date | None = UNTIL) -> paper.PaperAccepted:
    return paper.PaperAccepted(
        paper_id="ada:insurance",
        user_id="ada",
        organisation_id="hiflow",
        kind=INSURANCE,
        file_id="file-1",
        expires_on=expires_on,
        time_zone="Europe/Paris",
        accepted_by="lea",
        accepted_at=LATER,
    )


def paper_refused() -> paper.PaperRefused:
    return paper.PaperRefused(
        paper_id="ada:insurance",
        user_id="ada",
        organisation_id="hiflow",
        kind=INSURANCE,
        file_id="file-2",
        reason="not readable",
        refused_by="lea",
        refused_at=LATER,
    )


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
    return paper.ExpiryNoticeGiven(
        paper_id="ada:insurance",
        user_id="ada",
        organisation_id="hiflow",
        kind=INSURANCE,
        expires_on=UNTIL,
        days=7,
        noticed_at=LATER,
    )


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
    return InvoiceOpened(
        invoice_id=id,
        trip_id="t-1",
        organisation_id=organisation,
        driver_id=driver,
        description="Renault Clio, Paris to Lyon",
        service_price=euros(price) if price else None,
        quoted=(),
        extras=(),
        delivered_at=at,
    )


def price_agreed(amount: int = 25_000) -> PriceAgreed:
    return PriceAgreed(
        invoice_id=INVOICE,
        organisation_id="hiflow",
        driver_id="ada",
        service_price=euros(amount),
        agreed_at=LATER,
    )


def added(id: str = "e-1", amount: int = 3_480, receipt: Receipt | None = None) -> ExpenseAdded:
    return ExpenseAdded(
        invoice_id=INVOICE,
        organisation_id="hiflow",
        driver_id="ada",
        expense_id=id,
        kind=TOLL,
        amount=euros(amount),
        receipt_file_id="file-9",
        note="A6, northbound",
        added_at=NOON,
        receipt=receipt,
    )


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
    return LineContested(
        invoice_id=INVOICE,
        organisation_id="hiflow",
        driver_id="ada",
        line_id=line,
        by=Party.DRIVER,
        reason="the receipt says more",
        contested_at=LATER,
    )


def settled(line: str = "e-1", amount: int = 3_000, version: int = 9) -> ContestSettled:
    return ContestSettled(
        invoice_id=INVOICE,
        organisation_id="hiflow",
        driver_id="ada",
        line_id=line,
        amount=euros(amount),
        explanation="as receipted",
        adjustment=euros(-480),
        adjustment_vat=euros(-96),
        version=version,
        trip_id="t-1",
        settled_at=LATER,
        waits_for_own_invoice=False,
    )


def approved(waits: bool = False) -> InvoiceApproved:
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
        self_billed=not waits,
        seller_version=3,
        buyer_version=1,
        version=6,
        approved_at=LATER,
        due_on=date(2030, 6, 7),
        time_zone="Europe/Paris",
        waits_for_own_invoice=waits,
    )


def own_sent(at: datetime = LATER, settlement: int | None = None) -> OwnInvoiceSent:
    return OwnInvoiceSent(
        invoice_id=INVOICE,
        organisation_id="hiflow",
        driver_id="ada",
        settlement_version=settlement,
        file_id="f-9",
        number="2030-14",
        issued_on=date(2030, 5, 2),
        net=euros(33_380),
        vat=euros(6_676),
        total=euros(40_056),
        differences=(Difference(field=Compared.VAT, expected="66.76", found=None),),
        sent_at=at,
    )


def own_refused() -> OwnInvoiceRefused:
    return OwnInvoiceRefused(
        invoice_id=INVOICE,
        organisation_id="hiflow",
        driver_id="ada",
        settlement_version=None,
        file_id="f-9",
        number="2030-14",
        reason="unreadable",
        refused_at=LATER,
    )


def own_accepted(settlement: int | None = None) -> OwnInvoiceAccepted:
    """One of 300.00 in all, as a contest had left it."""
    return OwnInvoiceAccepted(
        invoice_id=INVOICE,
        trip_id="t-1",
        organisation_id="hiflow",
        driver_id="ada",
        settlement_version=settlement,
        file_id="f-9",
        number="2030-14",
        issued_on=date(2030, 5, 2),
        lines=(Line("service", None, euros(25_000), 7),),
        net=euros(25_000),
        tax=Tax(TaxCategory.STANDARD, 2_000, euros(5_000)),
        total=euros(30_000),
        accepted_by="lea",
        version=8,
        accepted_at=LATER,
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
    return payout.PayoutPaid(
        driver_id="ada",
        organisation_id="hiflow",
        payout_id=id,
        net=euros(39_480),
        reference="SEPA 42",
        invoice_ids=(INVOICE,),
        payee_version=1,
        paid_at=LATER,
        version=5,
    )
