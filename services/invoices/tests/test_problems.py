from typing import get_args

import pytest

from contracts.invoices.invoice_v1 import ExpenseKind
from services.invoices import invoice, seller, sums
from services.invoices.problems import Rejection, problem
from services.invoices.tests.make import PRICE, eur

REJECTIONS: list[Rejection] = [
    invoice.NoSuchInvoice(),
    invoice.NoSuchExpense(),
    invoice.NoSuchLine(),
    invoice.NoSuchContest(),
    invoice.NoSuchCorrection(),
    invoice.ExpenseIdTaken("e-1"),
    invoice.TooManyExpenses(100),
    invoice.ExpensesLocked(),
    invoice.ExpensesNotValidated(),
    invoice.OverQuote(ExpenseKind.TOLL, eur(3_501), eur(3_500)),
    invoice.PriceMissing(),
    invoice.PriceIsFrozen(PRICE),
    invoice.CompanyMissing(),
    invoice.BuyerMissing(),
    invoice.LineIsContested("e-1"),
    invoice.InvoiceIsApproved(),
    invoice.OwnInvoice(),
    sums.AmountNotPossible("amount", 0, 1, 9),
    sums.CurrencyDiffers("amount", "MAD", "EUR"),
    seller.NoSuchSeller(),
]


def test_every_rejection_has_its_sentence() -> None:
    assert {type(rejection) for rejection in REJECTIONS} == set(get_args(Rejection))
    assert len({problem(rejection) for rejection in REJECTIONS}) == len(REJECTIONS)


@pytest.mark.parametrize("rejection", REJECTIONS, ids=lambda each: type(each).__name__)
def test_a_rejection_is_never_a_crash(rejection: Rejection) -> None:
    assert problem(rejection)[0] in {403, 404, 409, 422}


@pytest.mark.parametrize(
    ("kind", "sentence"),
    [
        (ExpenseKind.TOLL, "That would be 35.01 EUR for toll; 35.00 EUR were quoted or accepted."),
        (None, "That would be 35.01 EUR for the service; 35.00 EUR were quoted or accepted."),
    ],
)
def test_a_sentence_names_the_facts(kind: ExpenseKind | None, sentence: str) -> None:
    assert problem(invoice.OverQuote(kind, eur(3_501), eur(3_500)))[1] == sentence
