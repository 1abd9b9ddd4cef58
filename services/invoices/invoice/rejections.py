"""The rules that say no to a command on an invoice, each with its facts."""

from dataclasses import dataclass
from datetime import date
from typing import ClassVar

from contracts.common_v1 import Money
from contracts.decisions import Changed
from contracts.invoices.invoice_v1 import Compared, ExpenseKind
from services.invoices.terms import BadAmount


@dataclass(frozen=True, slots=True)
class NoSuchInvoice:
    pass


@dataclass(frozen=True, slots=True)
class NoSuchExpense:
    pass


@dataclass(frozen=True, slots=True)
class NoSuchLine:
    pass


@dataclass(frozen=True, slots=True)
class NoSuchContest:
    pass


@dataclass(frozen=True, slots=True)
class NoSuchCorrection:
    pass


@dataclass(frozen=True, slots=True)
class ExpenseIdTaken:
    expense_id: str


@dataclass(frozen=True, slots=True)
class TooManyExpenses:
    limit: int


@dataclass(frozen=True, slots=True)
class ExpensesLocked:
    pass


@dataclass(frozen=True, slots=True)
class ExpensesNotValidated:
    pass


@dataclass(frozen=True, slots=True)
class OverQuote:
    """More than was quoted and accepted for this kind of expense; None: for the service."""

    kind: ExpenseKind | None
    wanted: Money
    allowed: Money


@dataclass(frozen=True, slots=True)
class PriceMissing:
    pass


@dataclass(frozen=True, slots=True)
class PriceIsFrozen:
    price: Money


@dataclass(frozen=True, slots=True)
class CompanyMissing:
    pass


@dataclass(frozen=True, slots=True)
class BuyerMissing:
    pass


@dataclass(frozen=True, slots=True)
class LineIsContested:
    line_id: str


@dataclass(frozen=True, slots=True)
class BrokenRule:
    """A rule for invoices, by the name its authors gave it, and what it says."""

    rule: str
    says: str


@dataclass(frozen=True, slots=True)
class RulesBroken:
    """The document would not be a valid invoice, so it gets no number."""

    rules: tuple[BrokenRule, ...]


@dataclass(frozen=True, slots=True)
class InvoiceIsApproved:
    pass


@dataclass(frozen=True, slots=True)
class OwnInvoice:
    """Nobody decides on what they are paid themselves."""


@dataclass(frozen=True, slots=True)
class InvoiceNotApproved:
    pass


@dataclass(frozen=True, slots=True)
class WrittenForTheDriver:
    """The organisation writes the invoice, so the driver sends none."""


@dataclass(frozen=True, slots=True)
class NoSuchOwnInvoice:
    """The driver sent none that waits."""


@dataclass(frozen=True, slots=True)
class OwnInvoiceIsAccepted:
    number: str


@dataclass(frozen=True, slots=True)
class OwnInvoiceDiffers:
    """It was read, and says something else; only what was not found is for people to judge."""

    fields: tuple[Compared, ...]


@dataclass(frozen=True, slots=True)
class NotYetIssued:
    field: ClassVar[str] = "issued_on"
    issued_on: date
    today: date


Rejection = (
    NoSuchInvoice
    | NoSuchExpense
    | NoSuchLine
    | NoSuchContest
    | NoSuchCorrection
    | ExpenseIdTaken
    | TooManyExpenses
    | ExpensesLocked
    | ExpensesNotValidated
    | OverQuote
    | PriceMissing
    | PriceIsFrozen
    | CompanyMissing
    | BuyerMissing
    | LineIsContested
    | RulesBroken
    | InvoiceIsApproved
    | OwnInvoice
    | InvoiceNotApproved
    | WrittenForTheDriver
    | NoSuchOwnInvoice
    | OwnInvoiceIsAccepted
    | OwnInvoiceDiffers
    | NotYetIssued
    | BadAmount
    | Changed
)
