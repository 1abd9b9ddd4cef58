"""The rules that say no to a command on an invoice, each with its facts."""

from dataclasses import dataclass
from datetime import date
from typing import ClassVar

from contracts.common_v1 import Money
from contracts.decisions import Changed
from contracts.invoices.invoice_v1 import Compared, ExpenseKind
from services.invoices.terms import BadAmount, BadReceipt


@dataclass(frozen=True, slots=True)
class NoSuchInvoice:
    """There is none that the one who asks may see."""


@dataclass(frozen=True, slots=True)
class NoSuchExpense:
    """No such expense is on the invoice."""


@dataclass(frozen=True, slots=True)
class NoSuchLine:
    """The invoice has no such line."""


@dataclass(frozen=True, slots=True)
class NoSuchContest:
    """No contest of that line waits."""


@dataclass(frozen=True, slots=True)
class NoSuchCorrection:
    """No settlement of that version changed what is owed."""


@dataclass(frozen=True, slots=True)
class ExpenseIdTaken:
    expense_id: str


@dataclass(frozen=True, slots=True)
class TooManyExpenses:
    limit: int


@dataclass(frozen=True, slots=True)
class ExpensesLocked:
    """The expenses are validated, or the line is contested."""


@dataclass(frozen=True, slots=True)
class ExpensesNotValidated:
    """The driver has not validated the expenses yet."""


@dataclass(frozen=True, slots=True)
class OverQuote:
    """More than was quoted and accepted for this kind of expense; None: for the service."""

    kind: ExpenseKind | None
    wanted: Money
    allowed: Money


@dataclass(frozen=True, slots=True)
class PriceMissing:
    """The award left the price open, and nobody has agreed on one yet."""


@dataclass(frozen=True, slots=True)
class PriceIsFrozen:
    price: Money


@dataclass(frozen=True, slots=True)
class CompanyMissing:
    """The driver has declared no company."""


@dataclass(frozen=True, slots=True)
class BuyerMissing:
    """The organisation has not declared itself as the buyer."""


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

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(one.rule for one in self.rules)


@dataclass(frozen=True, slots=True)
class InvoiceIsApproved:
    """An approved invoice stays as it is."""


@dataclass(frozen=True, slots=True)
class OwnInvoice:
    """Nobody decides on what they are paid themselves."""


@dataclass(frozen=True, slots=True)
class InvoiceNotApproved:
    """Nobody has approved it yet."""


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


@dataclass(frozen=True, slots=True)
class NotArchived:
    """The archive never had that document."""


@dataclass(frozen=True, slots=True)
class StillKept:
    """The law wants it kept until the end of that day."""

    until: date


Missing = NoSuchInvoice | NoSuchExpense | NoSuchLine | NoSuchContest | NoSuchCorrection
OfExpenses = ExpenseIdTaken | TooManyExpenses | ExpensesLocked | ExpensesNotValidated | OverQuote
OfPrice = PriceMissing | PriceIsFrozen | BadAmount
OfApproval = CompanyMissing | BuyerMissing | RulesBroken | InvoiceIsApproved | InvoiceNotApproved
OfOwn = WrittenForTheDriver | NoSuchOwnInvoice | OwnInvoiceIsAccepted | OwnInvoiceDiffers
OfDays = NotYetIssued | NotArchived | StillKept
Rejection = (
    Missing
    | OfExpenses
    | BadReceipt
    | OfPrice
    | OfApproval
    | OfOwn
    | OfDays
    | LineIsContested
    | OwnInvoice
    | Changed
)
