"""Valid messages with sensible defaults; a test names only what it is about."""

from datetime import UTC, datetime, timedelta

from contracts.common_v1 import Money
from contracts.payments.payee_v1 import (
    BankChangeCancelled,
    BankChangeRequested,
    BankChangeTookEffect,
    BankDetailsGiven,
    QuestionAnswered,
    QuestionAsked,
)
from contracts.payments.payout_v1 import (
    AdjustmentMade,
    Fact,
    InvoiceCredited,
    Line,
    LineKind,
    PayoutPaid,
    StatementClosed,
)
from services.payments.payee.bank_details import (
    HOLD,
    ApplyBankChange,
    CancelBankChange,
    ChangeBankDetails,
)
from services.payments.payee.questions import AnswerQuestion, AskQuestion
from services.payments.payout import Adjust, CloseStatement, Credit, RecordPayment

NOON = datetime(2030, 5, 1, 12, 0, tzinfo=UTC)
SHOWN = NOON - timedelta(minutes=2)
UNTIL = NOON + HOLD
OLD = "FR1420041010050500013M02606"
NEW = "DE89370400440532013000"
WHO = ("ada", "hiflow")


def eur(amount_minor: int) -> Money:
    return Money(amount_minor, "EUR")


# --- Payee ------------------------------------------------------------------


def change(
    iban: str = NEW,
    shown: datetime | None = SHOWN,
    id: str = "b-1",
    organisation: str = "hiflow",
    at: datetime = NOON,
) -> ChangeBankDetails:
    return ChangeBankDetails(
        driver_id="ada",
        organisation_id=organisation,
        change_id=id,
        iban=iban,
        bic=None,
        holder="Ada",
        proof_file_id="f-1",
        authenticated_at=shown,
        at=at,
    )


def given_details(iban: str = OLD) -> BankDetailsGiven:
    return BankDetailsGiven(
        driver_id="ada",
        organisation_id="hiflow",
        iban=iban,
        bic=None,
        holder="Ada",
        proof_file_id="f-1",
        given_at=NOON,
    )


def requested(id: str = "b-1") -> BankChangeRequested:
    return BankChangeRequested(
        driver_id="ada",
        organisation_id="hiflow",
        change_id=id,
        iban=NEW,
        bic=None,
        holder="Ada",
        proof_file_id="f-1",
        authenticated_at=SHOWN,
        effective_at=UNTIL,
        requested_at=NOON,
    )


def cancel(id: str = "b-1", organisation: str = "hiflow") -> CancelBankChange:
    return CancelBankChange(driver_id="ada", organisation_id=organisation, change_id=id, at=NOON)


def cancelled() -> BankChangeCancelled:
    return BankChangeCancelled(
        driver_id="ada",
        organisation_id="hiflow",
        change_id="b-1",
        cancelled_at=NOON,
    )


def apply(at: datetime = UNTIL) -> ApplyBankChange:
    return ApplyBankChange(driver_id="ada", at=at)


def took_effect() -> BankChangeTookEffect:
    return BankChangeTookEffect(
        driver_id="ada",
        organisation_id="hiflow",
        change_id="b-1",
        took_effect_at=UNTIL,
    )


def ask(question: str = "When?", organisation: str = "hiflow") -> AskQuestion:
    return AskQuestion(
        driver_id="ada",
        organisation_id=organisation,
        question_id="q-1",
        invoice_id="inv-t-1",
        question=question,
        at=NOON,
    )


def asked(question: str = "When?") -> QuestionAsked:
    return QuestionAsked(
        driver_id="ada",
        organisation_id="hiflow",
        question_id="q-1",
        invoice_id="inv-t-1",
        question=question,
        asked_at=NOON,
    )


def reply(text: str = "Tomorrow", id: str = "q-1", organisation: str = "hiflow") -> AnswerQuestion:
    return AnswerQuestion(
        driver_id="ada",
        organisation_id=organisation,
        by="lea",
        question_id=id,
        answer=text,
        at=NOON,
    )


def replied(text: str = "Tomorrow") -> QuestionAnswered:
    return QuestionAnswered(
        driver_id="ada",
        organisation_id="hiflow",
        question_id="q-1",
        answer=text,
        answered_by="lea",
        answered_at=NOON,
    )


# --- Payout -----------------------------------------------------------------


def line(
    kind: LineKind, amount: int, invoice: str = "inv-t-1", id: str = "service", version: int = 2
) -> Line:
    return Line(
        kind=kind,
        invoice_id=invoice,
        line_id=id,
        trip_id="t-1",
        amount=eur(amount),
        fact=Fact(f"invoice-{invoice}", version),
    )


def lines(
    invoice: str = "inv-t-1", service: int = 30_000, expense: int = 3_500, vat: int = 6_700
) -> tuple[Line, ...]:
    return (
        line(LineKind.SERVICE, service, invoice),
        line(LineKind.EXPENSE, expense, invoice, "e-1", 4),
        line(LineKind.VAT, vat, invoice, "vat", 6),
    )


def less(amount: int = -500, vat: int = -100, version: int = 8) -> tuple[Line, ...]:
    return (
        line(LineKind.ADJUSTMENT, amount, id="e-1", version=version),
        line(LineKind.VAT, vat, id="e-1", version=version),
    )


def credit(invoice: str = "inv-t-1") -> Credit:
    return Credit(
        driver_id="ada", organisation_id="hiflow", invoice_id=invoice, lines=lines(invoice), at=NOON
    )


def credited(invoice: str = "inv-t-1") -> InvoiceCredited:
    return InvoiceCredited(
        driver_id="ada",
        organisation_id="hiflow",
        invoice_id=invoice,
        lines=lines(invoice),
        credited_at=NOON,
    )


def adjust(amount: int = -500, vat: int = -100, version: int = 8) -> Adjust:
    return Adjust(
        driver_id="ada", organisation_id="hiflow", lines=less(amount, vat, version), at=NOON
    )


def adjusted(amount: int = -500, vat: int = -100, version: int = 8) -> AdjustmentMade:
    return AdjustmentMade(
        driver_id="ada",
        organisation_id="hiflow",
        lines=less(amount, vat, version),
        made_at=NOON,
    )


def close(
    id: str = "p-1",
    due: int = 40_200,
    by: str = "lea",
    organisation: str = "hiflow",
    currency: str = "EUR",
) -> CloseStatement:
    return CloseStatement(
        driver_id="ada",
        organisation_id=organisation,
        by=by,
        payout_id=id,
        due=Money(due, currency),
        at=NOON,
    )


def closed(
    on: tuple[Line, ...] | None = None,
    sums: tuple[int, int, int, int] = (30_000, 3_500, 0, 6_700),
    net: int = 40_200,
    carried: tuple[int, int] = (0, 0),
    id: str = "p-1",
    version: int = 2,
    carried_from: Fact | None = None,
) -> StatementClosed:
    gross, expenses, adjustments, vat = map(eur, sums)
    return StatementClosed(
        driver_id="ada",
        organisation_id="hiflow",
        payout_id=id,
        lines=lines() if on is None else on,
        gross=gross,
        expenses=expenses,
        adjustments=adjustments,
        vat=vat,
        carried_in=eur(carried[0]),
        carried_out=eur(carried[1]),
        net=eur(net),
        carried_from=carried_from,
        payable=net > 0,
        closed_at=NOON,
        version=version,
    )


def record(
    reference: str = "SEPA-1",
    id: str = "p-1",
    account: str | None = OLD,
    held_until: datetime | None = None,
    by: str = "lea",
    organisation: str = "hiflow",
) -> RecordPayment:
    return RecordPayment(
        driver_id="ada",
        organisation_id=organisation,
        by=by,
        payout_id=id,
        reference=reference,
        iban=OLD,
        account=account,
        held_until=held_until,
        payee_version=1,
        at=NOON,
    )


def paid(version: int = 3, net: int = 40_200) -> PayoutPaid:
    return PayoutPaid(
        driver_id="ada",
        organisation_id="hiflow",
        payout_id="p-1",
        net=eur(net),
        reference="SEPA-1",
        invoice_ids=("inv-t-1",),
        payee_version=1,
        paid_at=NOON,
        version=version,
    )
