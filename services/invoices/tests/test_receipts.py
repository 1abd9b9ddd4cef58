"""Expenses as their receipts say: what one can say, and how much of it is passed on."""

from dataclasses import replace

import pytest

from contracts.common_v1 import Money
from contracts.invoices.invoice_v1 import ExpenseKind, Receipt, ReceiptPart
from infra.testing.spec import Spec
from services.invoices import invoice, terms
from services.invoices.invoice.rejections import CompanyMissing
from services.invoices.terms import (
    BadAmount,
    BadReceipt,
    NoSuchRate,
    OverReceipt,
    RateTwice,
    Taxpayer,
    VatDiffers,
    bad_receipt,
    over_receipt,
)
from services.invoices.tests.make import OPEN, add, added, eur, receipt

given = Spec(invoice.decide, invoice.evolve, invoice.initial).given
CHARGES = Taxpayer("FR", charges_vat=True)
FRANCHISE = Taxpayer("FR", charges_vat=False)
BELGIAN = Taxpayer("BE", charges_vat=True)
SAID = receipt((2_000, 2_900, 580))
TWO_RATES = receipt((1_000, 1_000, 100), (2_000, 500, 100))
DIRHAM = Receipt("MA", (ReceiptPart(rate=2_000, net=Money(1_000, "MAD"), vat=Money(200, "MAD")),))


def test_an_expense_is_recorded_with_what_its_receipt_says() -> None:
    command = add(eur(2_900), receipt=SAID, company=CHARGES)
    given(*OPEN).when(command).records(added(eur(2_900), receipt=SAID))
    given(*OPEN, added(eur(2_900), receipt=SAID)).when(command).records_nothing()


def test_an_expense_without_what_its_receipt_says_is_taken_as_it_was() -> None:
    given(*OPEN).when(add(eur(2_900))).records(added(eur(2_900)))


def test_what_can_be_deducted_is_open_until_the_company_is_declared() -> None:
    given(*OPEN).when(add(eur(2_900), receipt=SAID)).is_rejected(CompanyMissing())


def test_no_cent_of_vat_that_is_deducted_is_passed_on() -> None:
    command = add(eur(2_901), receipt=SAID, company=CHARGES)
    given(*OPEN).when(command).is_rejected(OverReceipt(eur(2_901), eur(2_900)))
    given(*OPEN).when(replace(command, company=FRANCHISE)).records(added(eur(2_901), receipt=SAID))


def test_a_part_of_what_was_paid_may_be_passed_on() -> None:
    command = add(eur(1), receipt=SAID, company=CHARGES)
    given(*OPEN).when(command).records(added(eur(1), receipt=SAID))


@pytest.mark.parametrize(
    ("kind", "said", "company", "most"),
    [
        (ExpenseKind.TOLL, SAID, CHARGES, 2_900),
        (ExpenseKind.TOLL, SAID, FRANCHISE, 3_480),
        (ExpenseKind.TOLL, SAID, BELGIAN, 3_480),
        (ExpenseKind.TOLL, replace(SAID, country="MC"), CHARGES, 2_900),
        (ExpenseKind.TOLL, receipt((2_100, 2_900, 609), country="ES"), CHARGES, 3_509),
        (ExpenseKind.FUEL_OR_CHARGE, SAID, CHARGES, 3_016),
        (ExpenseKind.OUTBOUND_TRANSPORT, TWO_RATES, CHARGES, 1_700),
        (ExpenseKind.TAXI, TWO_RATES, CHARGES, 1_700),
        (ExpenseKind.OTHER, TWO_RATES, CHARGES, 1_700),
        (ExpenseKind.TOLL, TWO_RATES, CHARGES, 1_500),
        (ExpenseKind.TAXI, receipt((0, 2_000, 0)), CHARGES, 2_000),
    ],
)
def test_an_expense_costs_the_net_amount_and_the_vat_that_is_lost(
    kind: ExpenseKind, said: Receipt, company: Taxpayer, most: int
) -> None:
    assert over_receipt(eur(most), kind, said, company) is None
    assert over_receipt(eur(most + 1), kind, said, company) == OverReceipt(eur(most + 1), eur(most))


@pytest.mark.parametrize(
    "said",
    [
        SAID,
        TWO_RATES,
        receipt((0, 2_000, 0)),
        receipt((2_000, 2_900, 585)),
        receipt((2_000, 2_900, 575)),
        receipt((2_700, 1_000, 270), country="HU"),
    ],
)
def test_a_receipt_is_taken_as_tills_print_it(said: Receipt) -> None:
    assert bad_receipt(said, "EUR") is None


@pytest.mark.parametrize(
    ("said", "fault"),
    [
        (receipt((2_000, 100, 20), (2_000, 50, 10)), RateTwice(2_000)),
        (receipt((2_500, 100, 25)), NoSuchRate(2_500, "FR")),
        (receipt((2_701, 1_000, 270), country="HU"), NoSuchRate(2_701, "HU")),
        (receipt((-100, 1_000, -10), country="HU"), NoSuchRate(-100, "HU")),
        (receipt((2_000, 2_900, 586)), VatDiffers(eur(586), eur(580))),
        (receipt((2_000, 2_900, 574)), VatDiffers(eur(574), eur(580))),
        (receipt((0, 2_900, 6)), VatDiffers(eur(6), eur(0))),
        (
            receipt((2_000, -1, 0)),
            terms.AmountNotPossible("receipt/parts/0/net", -1, 0, terms.MOST),
        ),
        (
            receipt((1_000, 100, 10), (2_000, 1, -1)),
            terms.AmountNotPossible("receipt/parts/1/vat", -1, 0, terms.MOST),
        ),
        (DIRHAM, terms.CurrencyDiffers("receipt/parts/0/net", "MAD", "EUR")),
    ],
)
def test_what_no_till_prints_is_refused(said: Receipt, fault: BadReceipt | BadAmount) -> None:
    assert bad_receipt(said, "EUR") == fault


def test_a_receipt_that_no_till_prints_is_no_expense() -> None:
    said = receipt((2_500, 100, 25))
    command = add(eur(100), receipt=said, company=CHARGES)
    given(*OPEN).when(command).is_rejected(NoSuchRate(2_500, "FR"))
