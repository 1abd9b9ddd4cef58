"""Valid messages with sensible defaults; a test names only what it is about."""

from datetime import UTC, date, datetime, timedelta

from contracts.common_v1 import Money
from contracts.invoices.buyer_v1 import BuyerDeclared
from contracts.invoices.invoice_v1 import (
    AcceptedExtra,
    ArchiveEmptied,
    Compared,
    ContestSettled,
    CorrectionNumbered,
    Difference,
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
    Line,
    LineContested,
    OwnInvoiceAccepted,
    OwnInvoiceRefused,
    OwnInvoiceSent,
    Party,
    PriceAgreed,
    ProofArchived,
    QuotedExpense,
    Receipt,
    ReceiptPart,
    Tax,
    TaxCategory,
    TripNoted,
    VehicleNoted,
)
from contracts.invoices.seller_v1 import CompanyDeclared, MandateGiven, MandateWithdrawn
from services.invoices.invoice.approval import AgreePrice, ApproveInvoice, ReopenExpenses
from services.invoices.invoice.contests import ContestLine, SettleContest
from services.invoices.invoice.expenses import AddExpense, RemoveExpense, ValidateExpenses
from services.invoices.invoice.mission import (
    NoteExtra,
    NoteTrip,
    NoteVehicle,
    OpenInvoice,
    PrepareInvoice,
)
from services.invoices.invoice.numbers import TakeNumber
from services.invoices.invoice.own_invoice import (
    AcceptOwnInvoice,
    RefuseOwnInvoice,
    SendOwnInvoice,
)
from services.invoices.invoice.payment import RecordPayment
from services.invoices.invoice.rejections import BrokenRule
from services.invoices.seller import DeclareCompany, GiveMandate, WithdrawMandate
from services.invoices.terms import Taxpayer, Treatment

NOON = datetime(2030, 5, 1, 12, 0, tzinfo=UTC)
LATER = NOON + timedelta(minutes=40)
DUE = date(2030, 5, 31)
ID = "inv-t-1"
WHAT = "Renault Clio, Paris - Lyon"


def eur(amount_minor: int) -> Money:
    return Money(amount_minor, "EUR")


PRICE = eur(30_000)
TOLL = QuotedExpense(ExpenseKind.TOLL, eur(3_500))
TAXI = AcceptedExtra("x-1", ExpenseKind.TAXI, eur(1_800))
LESS = eur(3_000)
FULL = Treatment(TaxCategory.STANDARD, 2_000)

# --- Invoice ----------------------------------------------------------------


def note() -> NoteTrip:
    return NoteTrip(
        invoice_id=ID,
        trip_id="t-1",
        organisation_id="hiflow",
        description=WHAT,
        at=NOON,
    )


def noted() -> TripNoted:
    return TripNoted(
        invoice_id=ID, trip_id="t-1", organisation_id="hiflow", description=WHAT, noted_at=NOON
    )


def note_vehicle(plate: str = "AB-123-CD") -> NoteVehicle:
    return NoteVehicle(invoice_id=ID, plate=plate, at=NOON)


def vehicle_noted(plate: str = "AB-123-CD") -> VehicleNoted:
    return VehicleNoted(
        invoice_id=ID, trip_id="t-1", organisation_id="hiflow", plate=plate, noted_at=NOON
    )


def prepare(driver: str = "ada", price: Money | None = PRICE) -> PrepareInvoice:
    return PrepareInvoice(
        invoice_id=ID,
        driver_id=driver,
        service_price=price,
        quoted=(TOLL,),
        at=NOON,
    )


def prepared(driver: str = "ada", price: Money | None = PRICE) -> InvoicePrepared:
    return InvoicePrepared(
        invoice_id=ID,
        trip_id="t-1",
        organisation_id="hiflow",
        driver_id=driver,
        service_price=price,
        quoted=(TOLL,),
        prepared_at=NOON,
    )


def note_extra() -> NoteExtra:
    return NoteExtra(
        invoice_id=ID,
        extra=TAXI,
        at=NOON,
    )


def extra_noted() -> ExtraNoted:
    return ExtraNoted(
        invoice_id=ID,
        organisation_id="hiflow",
        driver_id="ada",
        extra=TAXI,
        noted_at=NOON,
    )


def open_it() -> OpenInvoice:
    return OpenInvoice(
        invoice_id=ID,
        at=NOON,
    )


def opened(price: Money | None = PRICE, extras: tuple[AcceptedExtra, ...] = ()) -> InvoiceOpened:
    return InvoiceOpened(
        invoice_id=ID,
        trip_id="t-1",
        organisation_id="hiflow",
        driver_id="ada",
        description=WHAT,
        service_price=price,
        quoted=(TOLL,),
        extras=extras,
        delivered_at=NOON,
    )


def agree(
    price: Money = PRICE,
    by: str = "lea",
    organisation: str = "hiflow",
    instead_of: Money | None = None,
) -> AgreePrice:
    return AgreePrice(
        invoice_id=ID,
        organisation_id=organisation,
        by=by,
        price=price,
        instead_of=instead_of,
        at=LATER,
    )


def agreed(price: Money = PRICE) -> PriceAgreed:
    return PriceAgreed(
        invoice_id=ID,
        organisation_id="hiflow",
        driver_id="ada",
        service_price=price,
        agreed_at=LATER,
    )


def add(
    amount: Money = TOLL.amount,
    kind: ExpenseKind = ExpenseKind.TOLL,
    id: str = "e-1",
    driver: str = "ada",
    organisation: str = "hiflow",
    receipt: Receipt | None = None,
    company: Taxpayer | None = None,
) -> AddExpense:
    return AddExpense(
        invoice_id=ID,
        organisation_id=organisation,
        driver_id=driver,
        expense_id=id,
        kind=kind,
        amount=amount,
        receipt_file_id="f-1",
        note=None,
        receipt=receipt,
        company=company,
        at=LATER,
    )


def added(
    amount: Money = TOLL.amount,
    kind: ExpenseKind = ExpenseKind.TOLL,
    id: str = "e-1",
    receipt: Receipt | None = None,
) -> ExpenseAdded:
    return ExpenseAdded(
        invoice_id=ID,
        organisation_id="hiflow",
        driver_id="ada",
        expense_id=id,
        kind=kind,
        amount=amount,
        receipt_file_id="f-1",
        note=None,
        added_at=LATER,
        receipt=receipt,
    )


def receipt(*parts: tuple[int, int, int], country: str = "FR") -> Receipt:
    """A receipt whose parts are a rate, a net amount and its VAT."""
    return Receipt(
        country,
        tuple(ReceiptPart(rate=rate, net=eur(net), vat=eur(vat)) for rate, net, vat in parts),
    )


def remove(id: str = "e-1", driver: str = "ada", organisation: str = "hiflow") -> RemoveExpense:
    return RemoveExpense(
        invoice_id=ID,
        organisation_id=organisation,
        driver_id=driver,
        expense_id=id,
        at=LATER,
    )


def removed(id: str = "e-1") -> ExpenseRemoved:
    return ExpenseRemoved(
        invoice_id=ID,
        organisation_id="hiflow",
        driver_id="ada",
        expense_id=id,
        removed_at=LATER,
    )


def validate(
    driver: str = "ada", organisation: str = "hiflow", net: int = 33_500
) -> ValidateExpenses:
    return ValidateExpenses(
        invoice_id=ID,
        organisation_id=organisation,
        driver_id=driver,
        net=eur(net),
        at=LATER,
    )


def validated(expenses: int = 3_500, price: Money = PRICE) -> ExpensesValidated:
    return ExpensesValidated(
        invoice_id=ID,
        organisation_id="hiflow",
        driver_id="ada",
        service_price=price,
        expenses=eur(expenses),
        validated_at=LATER,
    )


def reopened() -> ExpensesReopened:
    return ExpensesReopened(
        invoice_id=ID,
        organisation_id="hiflow",
        driver_id="ada",
        extra_id=TAXI.extra_id,
        reopened_at=NOON,
    )


def reopen(by: str = "lea", organisation: str = "hiflow") -> ReopenExpenses:
    return ReopenExpenses(
        invoice_id=ID,
        organisation_id=organisation,
        by=by,
        at=LATER,
    )


def reopened_by_billing() -> ExpensesReopened:
    return ExpensesReopened(
        invoice_id=ID,
        organisation_id="hiflow",
        driver_id="ada",
        extra_id=None,
        reopened_at=LATER,
    )


def approve(
    treatment: Treatment | None = FULL,
    buyer_version: int = 1,
    by: str = "lea",
    organisation: str = "hiflow",
    broken: tuple[BrokenRule, ...] = (),
    net: int = 33_500,
    validated_at: datetime = LATER,
) -> ApproveInvoice:
    return ApproveInvoice(
        invoice_id=ID,
        organisation_id=organisation,
        by=by,
        net=eur(net),
        validated_at=validated_at,
        treatment=treatment,
        self_billed=True,
        seller_version=2,
        buyer_version=buyer_version,
        due_on=DUE,
        time_zone="Europe/Paris",
        at=LATER,
        broken=broken,
    )


def approved(
    toll: int = 3_500,
    vat: int = 6_700,
    version: int = 6,
    toll_version: int = 4,
    tax: Treatment = FULL,
    self_billed: bool = True,
    waits: bool = False,
) -> InvoiceApproved:
    net = 30_000 + toll
    return InvoiceApproved(
        invoice_id=ID,
        trip_id="t-1",
        organisation_id="hiflow",
        driver_id="ada",
        description=WHAT,
        lines=(
            Line("service", None, PRICE, 2),
            Line("e-1", ExpenseKind.TOLL, eur(toll), toll_version),
        ),
        net=eur(net),
        tax=Tax(tax.category, tax.rate, eur(vat)),
        total=eur(net + vat),
        self_billed=self_billed,
        seller_version=2,
        buyer_version=1,
        version=version,
        approved_at=LATER,
        due_on=DUE,
        time_zone="Europe/Paris",
        waits_for_own_invoice=waits,
    )


def contest(
    line: str = "e-1",
    driver: str | None = "ada",
    reason: str = "The receipt says less",
    organisation: str = "hiflow",
    amount: Money = TOLL.amount,
) -> ContestLine:
    return ContestLine(
        invoice_id=ID,
        organisation_id=organisation,
        driver_id=driver,
        line_id=line,
        amount=amount,
        reason=reason,
        at=LATER,
    )


def contested(line: str = "e-1", by: Party = Party.DRIVER) -> LineContested:
    return LineContested(
        invoice_id=ID,
        organisation_id="hiflow",
        driver_id="ada",
        line_id=line,
        by=by,
        reason="The receipt says less",
        contested_at=LATER,
    )


def settle(
    amount: Money = LESS,
    line: str = "e-1",
    by: str = "lea",
    organisation: str = "hiflow",
    instead_of: Money = TOLL.amount,
    contested_at: datetime = LATER,
) -> SettleContest:
    return SettleContest(
        invoice_id=ID,
        organisation_id=organisation,
        by=by,
        line_id=line,
        contested_at=contested_at,
        instead_of=instead_of,
        amount=amount,
        explanation="As on the receipt",
        at=LATER,
    )


def settled(
    amount: int = 3_000,
    adjustment: int | None = None,
    vat: int | None = None,
    version: int = 7,
    line: str = "e-1",
    waits: bool = False,
) -> ContestSettled:
    return ContestSettled(
        invoice_id=ID,
        organisation_id="hiflow",
        driver_id="ada",
        line_id=line,
        amount=eur(amount),
        explanation="As on the receipt",
        adjustment=None if adjustment is None else eur(adjustment),
        adjustment_vat=None if vat is None else eur(vat),
        version=version,
        trip_id="t-1",
        settled_at=LATER,
        waits_for_own_invoice=waits,
    )


def give_number() -> TakeNumber:
    return TakeNumber(
        invoice_id=ID,
        number="HIFLOW-000001",
        at=LATER,
    )


def numbered() -> InvoiceNumbered:
    return InvoiceNumbered(
        invoice_id=ID,
        organisation_id="hiflow",
        driver_id="ada",
        number="HIFLOW-000001",
        numbered_at=LATER,
    )


def corrected(version: int = 8, number: str = "HIFLOW-000002") -> CorrectionNumbered:
    return CorrectionNumbered(
        invoice_id=ID,
        organisation_id="hiflow",
        driver_id="ada",
        settlement_version=version,
        number=number,
        numbered_at=LATER,
    )


def archived(settlement: int | None = None, number: str = "HIFLOW-000001") -> DocumentArchived:
    return DocumentArchived(
        invoice_id=ID,
        organisation_id="hiflow",
        driver_id="ada",
        settlement_version=settlement,
        number=number,
        pdf_sha256="a" * 64,
        xml_sha256="b" * 64,
        kept_until=date(2040, 12, 31),
        archived_at=LATER,
    )


def proof_archived(kept_until: date = date(2040, 12, 31)) -> ProofArchived:
    return ProofArchived(
        invoice_id=ID,
        organisation_id="hiflow",
        driver_id="ada",
        settlement_version=None,
        file_id="f-9",
        number="2030-14",
        sha256="c" * 64,
        size_bytes=1_000,
        kept_until=kept_until,
        archived_at=LATER,
    )


def emptied(at: datetime, number: str = "HIFLOW-000001") -> ArchiveEmptied:
    return ArchiveEmptied(
        invoice_id=ID,
        organisation_id="hiflow",
        driver_id="ada",
        settlement_version=None,
        number=number,
        emptied_at=at,
    )


def pay() -> RecordPayment:
    return RecordPayment(
        invoice_id=ID,
        payout_id="p-1",
        reference="SEPA-1",
        at=LATER,
    )


def paid() -> InvoicePaid:
    return InvoicePaid(
        invoice_id=ID,
        organisation_id="hiflow",
        driver_id="ada",
        payout_id="p-1",
        reference="SEPA-1",
        paid_at=LATER,
    )


# --- The driver's own invoice -----------------------------------------------

VAT_DIFFERS = Difference(field=Compared.VAT, expected="67.00", found="66.00")
SELLER_MISSING = Difference(field=Compared.SELLER, expected=None, found=None)
ISSUED = date(2030, 5, 2)


def send(
    *differences: Difference,
    settlement: int | None = None,
    file_id: str = "f-9",
    issued_on: date = ISSUED,
    driver: str = "ada",
) -> SendOwnInvoice:
    return SendOwnInvoice(
        invoice_id=ID,
        organisation_id="hiflow",
        driver_id=driver,
        settlement_version=settlement,
        file_id=file_id,
        number="2030-14",
        issued_on=issued_on,
        differences=differences,
        today=ISSUED,
        at=LATER,
    )


def sent(
    *differences: Difference,
    settlement: int | None = None,
    net: int = 33_500,
    vat: int = 6_700,
    file_id: str = "f-9",
) -> OwnInvoiceSent:
    return OwnInvoiceSent(
        invoice_id=ID,
        organisation_id="hiflow",
        driver_id="ada",
        settlement_version=settlement,
        file_id=file_id,
        number="2030-14",
        issued_on=ISSUED,
        net=eur(net),
        vat=eur(vat),
        total=eur(net + vat),
        differences=differences,
        sent_at=LATER,
    )


def accept(
    file_id: str = "f-9", total: int = 40_200, by: str = "lea", settlement: int | None = None
) -> AcceptOwnInvoice:
    return AcceptOwnInvoice(
        invoice_id=ID,
        organisation_id="hiflow",
        by=by,
        settlement_version=settlement,
        file_id=file_id,
        total=eur(total),
        at=LATER,
    )


def accepted(
    version: int = 8,
    by: str | None = None,
    toll: Line | None = None,
    vat: int = 6_700,
    issued_on: date = ISSUED,
    at: datetime = LATER,
) -> OwnInvoiceAccepted:
    lines = (Line("service", None, PRICE, 2), toll or Line("e-1", ExpenseKind.TOLL, eur(3_500), 4))
    net = sum(line.amount.amount_minor for line in lines)
    return OwnInvoiceAccepted(
        invoice_id=ID,
        trip_id="t-1",
        organisation_id="hiflow",
        driver_id="ada",
        settlement_version=None,
        file_id="f-9",
        number="2030-14",
        issued_on=issued_on,
        lines=lines,
        net=eur(net),
        tax=Tax(TaxCategory.STANDARD, 2_000, eur(vat)),
        total=eur(net + vat),
        accepted_by=by,
        version=version,
        accepted_at=at,
    )


def refuse(file_id: str = "f-9", by: str = "lea") -> RefuseOwnInvoice:
    return RefuseOwnInvoice(
        invoice_id=ID,
        organisation_id="hiflow",
        by=by,
        settlement_version=None,
        file_id=file_id,
        reason="Not the VAT of the net amount",
        at=LATER,
    )


def refused() -> OwnInvoiceRefused:
    return OwnInvoiceRefused(
        invoice_id=ID,
        organisation_id="hiflow",
        driver_id="ada",
        settlement_version=None,
        file_id="f-9",
        number="2030-14",
        reason="Not the VAT of the net amount",
        refused_at=LATER,
    )


OPEN = (noted(), prepared(), opened())
"""To complete, with a toll of 35.00 quoted."""
WITH_TOLL = (*OPEN, added())
VALIDATED = (*WITH_TOLL, validated())
APPROVED = (*VALIDATED, approved())
OWN = (*VALIDATED, approved(self_billed=False, waits=True))
"""Approved, of a driver who writes the invoice."""

# --- Seller -----------------------------------------------------------------


def declare(
    vat: str | None = "FR44732829320", organisation: str = "hiflow", city: str = "Lyon"
) -> DeclareCompany:
    siret = "73282932000074"
    return DeclareCompany(
        driver_id="ada",
        organisation_id=organisation,
        legal_name="Ada & Co",
        street="4 rue #3",
        postal_code="69003",
        city=city,
        country="FR",
        company_number=siret,
        vat_number=vat,
        legal_form="EI",
        registration="RNE 732 829 320",
        share_capital=None,
        endpoint=None,
        at=LATER,
    )


def declared(
    vat: str | None = "FR44732829320", country: str = "FR", city: str = "Lyon"
) -> CompanyDeclared:
    return CompanyDeclared(
        driver_id="ada",
        organisation_id="hiflow",
        legal_name="Ada & Co",
        street="4 rue #3",
        postal_code="69003",
        city=city,
        country=country,
        company_number="73282932000074",
        vat_number=vat,
        charges_vat=vat is not None,
        declared_at=LATER,
        legal_form="EI",
        registration="RNE 732 829 320",
        share_capital=None,
        endpoint=None,
    )


def give_mandate(organisation: str = "hiflow") -> GiveMandate:
    return GiveMandate(
        driver_id="ada",
        organisation_id=organisation,
        at=LATER,
    )


def mandate_given() -> MandateGiven:
    return MandateGiven(driver_id="ada", organisation_id="hiflow", given_at=LATER)


def withdraw_mandate(organisation: str = "hiflow") -> WithdrawMandate:
    return WithdrawMandate(
        driver_id="ada",
        organisation_id=organisation,
        at=LATER,
    )


def mandate_withdrawn() -> MandateWithdrawn:
    return MandateWithdrawn(driver_id="ada", organisation_id="hiflow", withdrawn_at=LATER)


def buyer(country: str = "FR") -> BuyerDeclared:
    return BuyerDeclared(
        organisation_id="hiflow",
        legal_name="Hiflow SAS",
        registered_office="8 rue de l'Exemple",
        postal_code="75012",
        city="Paris",
        country=country,
        company_number="73282932000074",
        vat_number="FR44732829320",
        declared_at=NOON,
        legal_form="SAS",
        registration="RCS Paris 732 829 320",
        share_capital=eur(5_000_000),
        payment_days=None,
        endpoint=None,
    )
