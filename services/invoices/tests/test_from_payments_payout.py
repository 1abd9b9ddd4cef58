"""A payout pays the invoices on it."""

from contracts.payments.payout_v1 import Fact, Line, LineKind, PayoutPaid, StatementClosed
from services.invoices.invoice.payment import RecordPayment
from services.invoices.reactions import from_payments_payout
from services.invoices.tests.make import LATER, PRICE, eur


def statement(net: int, *lines: Line) -> StatementClosed:
    return StatementClosed(
        driver_id="ada",
        organisation_id="hiflow",
        payout_id="p-1",
        lines=lines,
        gross=eur(0),
        expenses=eur(0),
        adjustments=eur(0),
        vat=eur(0),
        carried_in=eur(0),
        carried_out=eur(0),
        net=eur(net),
        carried_from=None,
        payable=net > 0,
        closed_at=LATER,
        version=3,
    )


def line(kind: LineKind) -> Line:
    return Line(
        kind=kind,
        invoice_id="inv-t-1",
        line_id="service",
        trip_id="t-1",
        amount=PRICE,
        fact=Fact("invoice-inv-t-1", 2),
    )


def settle(reference: str) -> RecordPayment:
    return RecordPayment(invoice_id="inv-t-1", payout_id="p-1", reference=reference, at=LATER)


def test_a_payout_pays_its_invoices() -> None:
    paid = PayoutPaid(
        driver_id="ada",
        organisation_id="hiflow",
        payout_id="p-1",
        net=PRICE,
        reference="SEPA-1",
        invoice_ids=("inv-t-1",),
        payee_version=1,
        paid_at=LATER,
        version=4,
    )
    assert from_payments_payout.react(paid) == [settle("SEPA-1")]


def test_what_was_set_off_is_paid_and_what_will_be_paid_is_not_yet() -> None:
    lines = (line(LineKind.SERVICE), line(LineKind.VAT), line(LineKind.ADJUSTMENT))
    assert from_payments_payout.react(statement(0, *lines)) == [settle("")]
    assert from_payments_payout.react(statement(1, *lines)) == []
