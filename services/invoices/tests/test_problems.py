from datetime import date
from typing import get_args

import pytest

from contracts.common_v1 import Money
from contracts.decisions import Changed
from contracts.invoices.invoice_v1 import Compared, ExpenseKind
from infra.testing.problems import said_everywhere, told
from services.invoices import seller, terms
from services.invoices.http.problems import WORDING, Rejection
from services.invoices.invoice import rejections
from services.invoices.tests.make import PRICE, eur

REJECTIONS: list[Rejection] = [
    Changed({"net": Money(1, "EUR")}, {"net": Money(2, "EUR")}),
    rejections.NoSuchInvoice(),
    rejections.NoSuchExpense(),
    rejections.NoSuchLine(),
    rejections.NoSuchContest(),
    rejections.NoSuchCorrection(),
    rejections.ExpenseIdTaken("e-1"),
    rejections.TooManyExpenses(100),
    rejections.ExpensesLocked(),
    rejections.ExpensesNotValidated(),
    rejections.OverQuote(ExpenseKind.TOLL, eur(3_501), eur(3_500)),
    terms.RateTwice(2_000),
    terms.NoSuchRate(2_500, "FR"),
    terms.VatDiffers(eur(25), eur(20)),
    terms.OverReceipt(eur(3_481), eur(3_480)),
    rejections.PriceMissing(),
    rejections.PriceIsFrozen(PRICE),
    rejections.CompanyMissing(),
    rejections.BuyerMissing(),
    rejections.LineIsContested("e-1"),
    rejections.RulesBroken((rejections.BrokenRule("BR-FR-12", "BT-49 is missing"),)),
    rejections.InvoiceIsApproved(),
    rejections.OwnInvoice(),
    rejections.InvoiceNotApproved(),
    rejections.WrittenForTheDriver(),
    rejections.NoSuchOwnInvoice(),
    rejections.OwnInvoiceIsAccepted("2030-14"),
    rejections.OwnInvoiceDiffers((Compared.VAT,)),
    rejections.NotYetIssued(date(2030, 5, 3), date(2030, 5, 2)),
    rejections.NotArchived(),
    rejections.StillKept(date(2040, 12, 31)),
    terms.AmountNotPossible("amount", 0, 1, 9),
    terms.CurrencyDiffers("amount", "MAD", "EUR"),
    seller.NoSuchSeller(),
]


def test_every_rejection_has_its_sentence() -> None:
    assert {type(rejection) for rejection in REJECTIONS} == set(get_args(Rejection))
    assert len({told(rejection, WORDING) for rejection in REJECTIONS}) == len(REJECTIONS)


@pytest.mark.parametrize("rejection", REJECTIONS, ids=lambda each: type(each).__name__)
def test_a_rejection_is_never_a_crash(rejection: Rejection) -> None:
    assert told(rejection, WORDING)[0] in {403, 404, 409, 412, 422}


@pytest.mark.parametrize(
    ("kind", "sentence"),
    [
        (ExpenseKind.TOLL, "That would be €35.01 for toll; €35.00 were quoted or accepted."),
        (None, "That would be €35.01 for the service; €35.00 were quoted or accepted."),
    ],
)
def test_a_sentence_names_the_facts(kind: ExpenseKind | None, sentence: str) -> None:
    assert told(rejections.OverQuote(kind, eur(3_501), eur(3_500)), WORDING)[1] == sentence


@pytest.mark.parametrize("rejection", REJECTIONS, ids=lambda each: type(each).__name__)
def test_a_rejection_is_told_in_every_language(rejection: Rejection) -> None:
    assert said_everywhere(rejection, WORDING)
