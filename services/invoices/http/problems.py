"""The one table that turns a rule that says no into an HTTP answer."""

from typing import assert_never

from contracts.common_v1 import Money
from contracts.decisions import Changed
from services.invoices import invoice, seller, terms
from services.invoices.adapters.document import decimal
from services.invoices.invoice import rejections

Rejection = invoice.Rejection | seller.NoSuchSeller


def problem(rejection: Rejection) -> tuple[int, str]:
    """The status and the sentence of a rejection.

    404 says that there is no such thing, 409 that it is not possible now, 422 that it never is.
    """
    match rejection:
        case Changed():
            return 412, "Somebody changed this meanwhile."
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
        # Own invoices
        case rejections.InvoiceNotApproved():
            return 409, "The invoice is not approved yet."
        case rejections.WrittenForTheDriver():
            return 409, "The organisation writes this invoice, as the driver let it."
        case rejections.NoSuchOwnInvoice():
            return 409, "No invoice of the driver's own waits to be looked at."
        case rejections.OwnInvoiceIsAccepted(number=number):
            return 409, f"The driver's own invoice {number} is accepted."
        case rejections.OwnInvoiceDiffers(fields=fields):
            named = ", ".join(one.name.lower() for one in fields)
            return 409, f"The document says something else than what is owed: {named}."
        case rejections.NotYetIssued(issued_on=day, today=today):
            return 422, f"issued_on must not be later than today, {today}; it is {day}."
        # Archive
        case rejections.NotArchived():
            return 404, "The archive has no such document."
        case rejections.StillKept(until=until):
            return 409, f"The law wants it kept until {until}."
        # Amounts
        case terms.AmountNotPossible(field=field, amount=amount, least=least, most=most):
            return 422, f"{field} must be {least} to {most}, not {amount}."
        case terms.CurrencyDiffers(field=field, currency=currency, expected=expected):
            return 422, f"{field} must be in {expected}, not in {currency}."
        # Sellers
        case seller.NoSuchSeller():
            return 404, "There is no such seller."
        case unhandled:
            assert_never(unhandled)


def in_words(price: Money) -> str:
    return f"{decimal(price)} {price.currency}"
