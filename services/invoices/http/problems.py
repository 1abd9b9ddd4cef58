"""The one table that turns a rule that says no into an HTTP answer."""

from typing import assert_never

from contracts.common_v1 import Money
from contracts.decisions import Changed
from infra.http.problems import changed
from services.invoices import invoice, seller
from services.invoices.adapters.document import decimal
from services.invoices.invoice import money, rejections

Rejection = invoice.Rejection | seller.NoSuchSeller


def problem(rejection: Rejection) -> tuple[int, str]:
    """The status and the sentence of a rejection.

    404 says that there is no such thing, 409 that it is not possible now, 422 that it never is.
    """
    match rejection:
        case Changed():
            return changed(rejection)
        # Invoices
        case rejections.NoSuchInvoice():
            return 404, "There is no such invoice; it appears when the delivery is confirmed."
        case rejections.NoSuchExpense():
            return 404, "There is no such expense."
        case rejections.NoSuchLine():
            return 404, "There is no such line."
        case rejections.NoSuchContest():
            return 409, "The line is not contested."
        case rejections.NoSuchCorrection():
            return 404, "No settlement after the approval changed what is due by that version."
        case rejections.ExpenseIdTaken(expense_id=taken):
            return 409, f"Another expense has the id {taken}."
        case rejections.TooManyExpenses(limit=limit):
            return 409, f"An invoice has at most {limit} expenses."
        case rejections.ExpensesLocked():
            return 409, "The expenses are validated and locked."
        case rejections.ExpensesNotValidated():
            return 409, "The driver has not validated the expenses."
        case rejections.OverQuote(kind=kind, wanted=wanted, allowed=allowed):
            what = kind.name.lower() if kind else "the service"
            possible = f"{in_words(allowed)} were quoted or accepted"
            return 422, f"That would be {in_words(wanted)} for {what}; {possible}."
        case rejections.PriceMissing():
            return 409, "No price was agreed on for the mission."
        case rejections.PriceIsFrozen(price=price):
            return 409, f"The price is {in_words(price)} since the mission was assigned."
        case rejections.CompanyMissing():
            return 409, "The driver has not declared a company."
        case rejections.BuyerMissing():
            return 409, "The organisation has not declared its own company."
        case rejections.LineIsContested(line_id=line):
            return 409, f"The line {line} is contested."
        case rejections.RulesBroken(rules=rules):
            named = "; ".join(f"{one.rule}: {one.says}" for one in rules)
            return 409, f"It would not be a valid invoice. {named}"
        case rejections.InvoiceIsApproved():
            return 409, "The invoice is approved."
        case rejections.OwnInvoice():
            return 403, "Nobody decides on what they are paid themselves."
        # Amounts
        case money.AmountNotPossible(field=field, amount=amount, least=least, most=most):
            return 422, f"{field} must be {least} to {most}, not {amount}."
        case money.CurrencyDiffers(field=field, currency=currency, expected=expected):
            return 422, f"{field} must be in {expected}, not in {currency}."
        # Sellers
        case seller.NoSuchSeller():
            return 404, "There is no such seller."
        case unhandled:
            assert_never(unhandled)


def in_words(price: Money) -> str:
    return f"{decimal(price)} {price.currency}"
