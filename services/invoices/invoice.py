"""The invoice of a mission: prepared at award, opened by the delivery, completed, approved, paid.

Its facts come from the trip's own events, so that nobody else need be asked.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import Enum
from typing import assert_never

from contracts.common_v1 import Money
from contracts.invoices.invoice_v1 import (
    AcceptedExtra,
    ContestSettled,
    CorrectionNumbered,
    ExpenseAdded,
    ExpenseKind,
    ExpenseRemoved,
    ExpensesReopened,
    ExpensesValidated,
    ExtraNoted,
    InvoiceApproved,
    InvoiceEvent,
    InvoiceNumbered,
    InvoiceOpened,
    InvoicePaid,
    InvoicePrepared,
    Line,
    LineContested,
    Party,
    PriceAgreed,
    QuotedExpense,
    Tax,
    TripNoted,
)
from services.invoices import sums
from services.invoices.sums import AmountNotPossible, CurrencyDiffers, Treatment

SERVICE = "service"
"""The line of the service price."""
MOST_EXPENSES = 100

# --- Commands ---------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class NoteTrip:
    """Follows from an offer, as the next three follow from what happens to its trip."""

    invoice_id: str
    trip_id: str
    organisation_id: str
    description: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Prepare:
    invoice_id: str
    driver_id: str
    service_price: Money | None
    quoted: tuple[QuotedExpense, ...]
    at: datetime


@dataclass(frozen=True, slots=True)
class NoteExtra:
    invoice_id: str
    extra: AcceptedExtra
    at: datetime


@dataclass(frozen=True, slots=True)
class Open:
    invoice_id: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Number:
    """Follows from the sequence, as `Pay` follows from the payout."""

    invoice_id: str
    number: str
    at: datetime
    settlement_version: int | None = None
    """Of a correction: which settlement it follows from."""


@dataclass(frozen=True, slots=True)
class Pay:
    invoice_id: str
    payout_id: str
    reference: str
    at: datetime


Following = NoteTrip | Prepare | NoteExtra | Open | Number | Pay


@dataclass(frozen=True, slots=True)
class AddExpense:
    invoice_id: str
    organisation_id: str
    driver_id: str
    expense_id: str
    kind: ExpenseKind
    amount: Money
    receipt_file_id: str
    note: str | None
    at: datetime


@dataclass(frozen=True, slots=True)
class RemoveExpense:
    invoice_id: str
    organisation_id: str
    driver_id: str
    expense_id: str
    at: datetime


@dataclass(frozen=True, slots=True)
class ValidateExpenses:
    invoice_id: str
    organisation_id: str
    driver_id: str
    at: datetime


@dataclass(frozen=True, slots=True)
class AgreePrice:
    invoice_id: str
    organisation_id: str
    by: str
    price: Money
    at: datetime


@dataclass(frozen=True, slots=True)
class Reopen:
    invoice_id: str
    organisation_id: str
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Approve:
    """`treatment` is None when the driver declared no company; version 0: there is no buyer."""

    invoice_id: str
    organisation_id: str
    by: str
    treatment: Treatment | None
    self_billed: bool
    seller_version: int
    buyer_version: int
    at: datetime


@dataclass(frozen=True, slots=True)
class Contest:
    """`driver_id` is None when billing contests."""

    invoice_id: str
    organisation_id: str
    driver_id: str | None
    line_id: str
    reason: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Settle:
    invoice_id: str
    organisation_id: str
    by: str
    line_id: str
    amount: Money
    explanation: str
    at: datetime


OfDriver = AddExpense | RemoveExpense | ValidateExpenses
OfBilling = AgreePrice | Reopen | Approve | Settle
Asked = OfDriver | OfBilling | Contest
Command = Following | Asked

# --- Rejections -------------------------------------------------------------


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
    """More than quoted and accepted, for this kind of expense; None: for the service."""

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
class InvoiceIsApproved:
    pass


@dataclass(frozen=True, slots=True)
class OwnInvoice:
    """Nobody decides on what they are paid themselves."""


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
    | InvoiceIsApproved
    | OwnInvoice
    | AmountNotPossible
    | CurrencyDiffers
)

# --- State ------------------------------------------------------------------


class Status(Enum):
    """G-15; an invoice with a contested line is disputed as well."""

    PREPARED = 1
    TO_COMPLETE = 2
    VALIDATED = 3
    APPROVED = 4
    PAID = 5


@dataclass(frozen=True, slots=True)
class Unknown:
    pass


@dataclass(frozen=True, slots=True)
class Noted:
    note: TripNoted


@dataclass(frozen=True, slots=True)
class Invoice:
    """`lines` are the amounts as they stand, each with the version it is from.

    `removed` and `settlements` make repetitions recognisable.
    """

    version: int
    note: TripNoted
    prepared: InvoicePrepared
    status: Status = Status.PREPARED
    extras: tuple[AcceptedExtra, ...] = ()
    opened: InvoiceOpened | None = None
    lines: tuple[Line, ...] = ()
    expenses: tuple[ExpenseAdded, ...] = ()
    removed: frozenset[str] = frozenset()
    contests: tuple[LineContested, ...] = ()
    settlements: tuple[ContestSettled, ...] = ()
    approval: InvoiceApproved | None = None
    number: str | None = None
    payment: InvoicePaid | None = None
    corrections: Mapping[int, str] = field(default_factory=dict)
    """The number of each correction, by the version of its settlement."""
    agreed: Money | None = None
    """The price of the service where the award left it open."""

    @property
    def invoice_id(self) -> str:
        """The id of the invoice."""
        return self.prepared.invoice_id

    @property
    def organisation_id(self) -> str:
        """The organisation that pays."""
        return self.prepared.organisation_id

    @property
    def driver_id(self) -> str:
        """The driver who is paid."""
        return self.prepared.driver_id

    @property
    def price(self) -> Money | None:
        """Of the service, frozen at award or agreed on since."""
        line = self.line(SERVICE)
        return line.amount if line else None

    @property
    def currency(self) -> str:
        """Of every amount."""
        known = [self.prepared.service_price, *(one.amount for one in self.prepared.quoted)]
        known += [self.price, *(one.amount for one in self.extras)]
        return next((amount.currency for amount in known if amount), sums.EUR)

    @property
    def net(self) -> Money:
        """The sum of the lines as they stand."""
        return sums.total((line.amount for line in self.lines), self.currency)

    def line(self, line_id: str) -> Line | None:
        """The line of that id."""
        return next((line for line in self.lines if line.line_id == line_id), None)

    def allowed(self, kind: ExpenseKind) -> int:
        """What was quoted and accepted for a kind of expense, in minor units."""
        quoted = [one.amount.amount_minor for one in self.prepared.quoted if one.kind is kind]
        extras = [one.amount.amount_minor for one in self.extras if one.kind is kind]
        return sum(quoted) + sum(extras)

    def declared(self, kind: ExpenseKind, but: str = "") -> int:
        """What the lines of a kind come to, except one line."""
        others = (line for line in self.lines if line.kind is kind and line.line_id != but)
        return sum(line.amount.amount_minor for line in others)


State = Unknown | Noted | Invoice
initial: State = Unknown()


def evolve(state: State, event: InvoiceEvent) -> State:
    """Take history as recorded: a rule added today must not break yesterday's events."""
    if isinstance(event, TripNoted):
        return Noted(event)
    if isinstance(event, InvoicePrepared):
        return _prepared(state, event)
    if not isinstance(state, Invoice):
        return state
    return _evolve(replace(state, version=state.version + 1), event)


def _prepared(state: State, event: InvoicePrepared) -> State:
    match state:
        case Unknown():
            return state
        case Noted(note=note):
            version = 2
        case Invoice(note=note):
            version = state.version + 1
        case unhandled:
            assert_never(unhandled)
    price = event.service_price
    lines = (Line(SERVICE, None, price, version),) if price else ()
    return Invoice(version, note, event, lines=lines)


def _evolve(found: Invoice, event: InvoiceEvent) -> Invoice:
    match event:
        case TripNoted() | InvoicePrepared():
            return found
        case ExtraNoted():
            return replace(found, extras=(*found.extras, event.extra))
        case InvoiceOpened():
            return replace(found, opened=event, status=Status.TO_COMPLETE)
        case PriceAgreed():
            line = Line(SERVICE, None, event.service_price, found.version)
            lines = (line, *_without(found, SERVICE))
            return replace(found, lines=lines, agreed=event.service_price)
        case ExpenseAdded():
            line = Line(event.expense_id, event.kind, event.amount, found.version)
            return replace(found, lines=(*found.lines, line), expenses=(*found.expenses, event))
        case ExpenseRemoved(expense_id=gone):
            left = tuple(one for one in found.expenses if one.expense_id != gone)
            lines = _without(found, gone)
            return replace(found, lines=lines, expenses=left, removed=found.removed | {gone})
        case ExpensesValidated():
            return replace(found, status=Status.VALIDATED)
        case ExpensesReopened():
            return replace(found, status=Status.TO_COMPLETE)
        case LineContested():
            return replace(found, contests=(*found.contests, event))
        case ContestSettled():
            return _settled(found, event)
        case InvoiceApproved():
            return replace(found, status=Status.APPROVED, approval=event)
        case InvoiceNumbered():
            return replace(found, number=event.number)
        case CorrectionNumbered(settlement_version=settlement, number=number):
            return replace(found, corrections={**found.corrections, settlement: number})
        case InvoicePaid():
            return replace(found, status=Status.PAID, payment=event)
        case unhandled:
            assert_never(unhandled)


def _without(found: Invoice, line_id: str) -> tuple[Line, ...]:
    return tuple(line for line in found.lines if line.line_id != line_id)


def _settled(found: Invoice, event: ContestSettled) -> Invoice:
    lines = tuple(
        replace(line, amount=event.amount, version=found.version)
        if line.line_id == event.line_id and line.amount != event.amount
        else line
        for line in found.lines
    )
    contests = tuple(one for one in found.contests if one.line_id != event.line_id)
    return replace(found, lines=lines, contests=contests, settlements=(*found.settlements, event))


# --- Decisions --------------------------------------------------------------

Decision = list[InvoiceEvent] | Rejection


def decide(command: Command, state: State) -> Decision:
    """New facts, an empty list when they are already recorded, or the rule that says no."""
    match command:
        case NoteTrip() | Prepare() | NoteExtra() | Open() | Number() | Pay():
            return _follow(command, state)
        case _ if not isinstance(state, Invoice) or not _visible(command, state):
            return NoSuchInvoice()
        case AddExpense() | RemoveExpense() | ValidateExpenses():
            return _complete(command, state)
        case AgreePrice() | Reopen() | Approve() | Settle():
            if command.by == state.prepared.driver_id:
                return OwnInvoice()
            return _bill(command, state)
        case Contest():
            return _contest(command, state)
        case unhandled:
            assert_never(unhandled)


def _visible(command: Asked, found: Invoice) -> bool:
    """Nobody sees an invoice before the delivery (HIF-29), and drivers only their own."""
    ours = command.organisation_id == found.prepared.organisation_id
    if found.opened is None or not ours:
        return False
    if isinstance(command, OfBilling):
        return True
    return command.driver_id in (None, found.prepared.driver_id)


# --- What follows from events elsewhere ---


def _follow(command: Following, state: State) -> Decision:
    match command:
        case NoteTrip():
            if not isinstance(state, Unknown):
                return []
            return [
                TripNoted(
                    invoice_id=command.invoice_id,
                    trip_id=command.trip_id,
                    organisation_id=command.organisation_id,
                    description=command.description,
                    noted_at=command.at,
                )
            ]
        case Prepare():
            return _prepare(command, state)
        case _ if not isinstance(state, Invoice):
            return NoSuchInvoice()
        case NoteExtra():
            return _note_extra(command, state)
        case Open():
            return [_opening(command, state)] if state.opened is None else []
        case Number():
            if state.approval is None:
                return ExpensesNotValidated()
            return _number(command, state)
        case Pay():
            if state.approval is None:
                return ExpensesNotValidated()
            paid = InvoicePaid(
                invoice_id=state.invoice_id,
                organisation_id=state.organisation_id,
                driver_id=state.driver_id,
                payout_id=command.payout_id,
                reference=command.reference,
                paid_at=command.at,
            )
            return [paid] if state.payment is None else []
        case unhandled:
            assert_never(unhandled)


def _number(command: Number, found: Invoice) -> list[InvoiceEvent]:
    settlement, number, at = command.settlement_version, command.number, command.at
    if settlement is None:
        return (
            [
                InvoiceNumbered(
                    invoice_id=found.invoice_id,
                    organisation_id=found.organisation_id,
                    driver_id=found.driver_id,
                    number=number,
                    numbered_at=at,
                )
            ]
            if found.number is None
            else []
        )
    correction = CorrectionNumbered(
        invoice_id=found.invoice_id,
        organisation_id=found.organisation_id,
        driver_id=found.driver_id,
        settlement_version=settlement,
        number=number,
        numbered_at=at,
    )
    return [] if settlement in found.corrections else [correction]


def _note_extra(command: NoteExtra, found: Invoice) -> Decision:
    """What is accepted until the approval can be declared, validated expenses or not (C5)."""
    id = command.extra.extra_id
    if any(one.extra_id == id for one in found.extras):
        return []
    reopened = ExpensesReopened(
        invoice_id=found.invoice_id,
        organisation_id=found.organisation_id,
        driver_id=found.driver_id,
        extra_id=id,
        reopened_at=command.at,
    )
    noted = ExtraNoted(
        invoice_id=found.invoice_id,
        organisation_id=found.organisation_id,
        driver_id=found.driver_id,
        extra=command.extra,
        noted_at=command.at,
    )
    return [noted, reopened] if found.status is Status.VALIDATED else [noted]


def _prepare(command: Prepare, state: State) -> Decision:
    match state:
        case Unknown():
            return NoSuchInvoice()
        case Noted(note=note) | Invoice(note=note, opened=None):
            event = InvoicePrepared(
                invoice_id=command.invoice_id,
                trip_id=note.trip_id,
                organisation_id=note.organisation_id,
                driver_id=command.driver_id,
                service_price=command.service_price,
                quoted=command.quoted,
                prepared_at=command.at,
            )
            known = isinstance(state, Invoice) and state.prepared == event
            return [] if known else [event]
        case Invoice():
            return []
        case unhandled:
            assert_never(unhandled)


def _opening(command: Open, found: Invoice) -> InvoiceOpened:
    frozen = found.prepared
    return InvoiceOpened(
        invoice_id=frozen.invoice_id,
        trip_id=frozen.trip_id,
        organisation_id=frozen.organisation_id,
        driver_id=frozen.driver_id,
        description=found.note.description,
        service_price=frozen.service_price,
        quoted=frozen.quoted,
        extras=found.extras,
        delivered_at=command.at,
    )


# --- What the driver does ---


def _complete(command: OfDriver, found: Invoice) -> Decision:
    match command:
        case AddExpense():
            return _add(command, found)
        case RemoveExpense():
            return _remove(command, found)
        case ValidateExpenses():
            return _validate(command, found)
        case unhandled:
            assert_never(unhandled)


def _add(command: AddExpense, found: Invoice) -> Decision:
    event = ExpenseAdded(
        invoice_id=found.invoice_id,
        organisation_id=found.organisation_id,
        driver_id=found.driver_id,
        expense_id=command.expense_id,
        kind=command.kind,
        amount=command.amount,
        receipt_file_id=command.receipt_file_id,
        note=command.note,
        added_at=command.at,
    )
    known = next((one for one in found.expenses if one.expense_id == command.expense_id), None)
    if known is not None and replace(known, added_at=command.at) == event:
        return []
    if known is not None or command.expense_id in found.removed | {SERVICE}:
        return ExpenseIdTaken(command.expense_id)
    if found.status is not Status.TO_COMPLETE:
        return ExpensesLocked()
    if len(found.expenses) >= MOST_EXPENSES:
        return TooManyExpenses(MOST_EXPENSES)
    return (
        sums.bad("amount", command.amount, found.currency)
        or _over(found, command.kind, command.amount)
        or [event]
    )


def _over(
    found: Invoice, kind: ExpenseKind | None, amount: Money, but: str = ""
) -> OverQuote | None:
    """Expenses are compared with the quote kind by kind; only accepted extras add to it."""
    if kind is None:
        price = found.prepared.service_price or found.agreed
        allowed = price.amount_minor if price else 0
        wanted = amount.amount_minor
    else:
        allowed = found.allowed(kind)
        wanted = found.declared(kind, but) + amount.amount_minor
    if wanted <= allowed:
        return None
    return OverQuote(kind, replace(amount, amount_minor=wanted), Money(allowed, amount.currency))


def _remove(command: RemoveExpense, found: Invoice) -> Decision:
    if command.expense_id in found.removed:
        return []
    if all(one.expense_id != command.expense_id for one in found.expenses):
        return NoSuchExpense()
    contested = any(one.line_id == command.expense_id for one in found.contests)
    if found.status is not Status.TO_COMPLETE or contested:
        return ExpensesLocked()
    return [
        ExpenseRemoved(
            invoice_id=found.invoice_id,
            organisation_id=found.organisation_id,
            driver_id=found.driver_id,
            expense_id=command.expense_id,
            removed_at=command.at,
        )
    ]


def _validate(command: ValidateExpenses, found: Invoice) -> Decision:
    if found.status is not Status.TO_COMPLETE:
        return []
    if found.price is None:
        return PriceMissing()
    expenses = (line.amount for line in found.lines if line.kind is not None)
    total = sums.total(expenses, found.currency)
    return [
        ExpensesValidated(
            invoice_id=found.invoice_id,
            organisation_id=found.organisation_id,
            driver_id=found.driver_id,
            service_price=found.price,
            expenses=total,
            validated_at=command.at,
        )
    ]


# --- What billing does ---


def _bill(command: OfBilling, found: Invoice) -> Decision:
    match command:
        case AgreePrice():
            return _agree(command, found)
        case Reopen():
            return _reopen(command, found)
        case Approve():
            return _approve(command, found)
        case Settle():
            return _settle(command, found)
        case unhandled:
            assert_never(unhandled)


def _agree(command: AgreePrice, found: Invoice) -> Decision:
    if found.price == command.price:
        return []
    if found.prepared.service_price is not None:
        return PriceIsFrozen(found.prepared.service_price)
    if found.status is not Status.TO_COMPLETE:
        return ExpensesLocked()
    # Without any other amount the first price decides the currency.
    others = found.prepared.quoted or found.extras
    currency = found.currency if others else command.price.currency
    return sums.bad("price", command.price, currency) or [
        PriceAgreed(
            invoice_id=found.invoice_id,
            organisation_id=found.organisation_id,
            driver_id=found.driver_id,
            service_price=command.price,
            agreed_at=command.at,
        )
    ]


def _reopen(command: Reopen, found: Invoice) -> Decision:
    if found.approval is not None:
        return InvoiceIsApproved()
    if found.status is not Status.VALIDATED:
        return []
    return [
        ExpensesReopened(
            invoice_id=found.invoice_id,
            organisation_id=found.organisation_id,
            driver_id=found.driver_id,
            extra_id=None,
            reopened_at=command.at,
        )
    ]


def _approve(command: Approve, found: Invoice) -> Decision:
    if found.approval is not None:
        return []
    if found.status is not Status.VALIDATED:
        return ExpensesNotValidated()
    if found.contests:
        return LineIsContested(found.contests[0].line_id)
    if command.treatment is None:
        return CompanyMissing()
    if command.buyer_version == 0:
        return BuyerMissing()
    return [_approval(command, command.treatment, found)]


def _approval(command: Approve, treatment: Treatment, found: Invoice) -> InvoiceApproved:
    frozen, net = found.prepared, found.net
    vat = treatment.of(net.amount_minor)
    return InvoiceApproved(
        invoice_id=frozen.invoice_id,
        trip_id=frozen.trip_id,
        organisation_id=frozen.organisation_id,
        driver_id=frozen.driver_id,
        description=found.note.description,
        lines=found.lines,
        net=net,
        tax=Tax(treatment.category, treatment.rate, replace(net, amount_minor=vat)),
        total=replace(net, amount_minor=net.amount_minor + vat),
        self_billed=command.self_billed,
        seller_version=command.seller_version,
        buyer_version=command.buyer_version,
        version=found.version + 1,
        approved_at=command.at,
    )


def _contest(command: Contest, found: Invoice) -> Decision:
    by = Party.BILLING if command.driver_id is None else Party.DRIVER
    if found.line(command.line_id) is None:
        return NoSuchLine()
    event = LineContested(
        invoice_id=found.invoice_id,
        organisation_id=found.organisation_id,
        driver_id=found.driver_id,
        line_id=command.line_id,
        by=by,
        reason=command.reason,
        contested_at=command.at,
    )
    for one in found.contests:
        if one.line_id == command.line_id:
            repeated = replace(one, contested_at=command.at) == event
            return [] if repeated else LineIsContested(command.line_id)
    if found.status is Status.TO_COMPLETE:
        return ExpensesNotValidated()
    if by is Party.BILLING and found.approval is not None:
        return InvoiceIsApproved()
    return [event]


def _settle(command: Settle, found: Invoice) -> Decision:
    line = found.line(command.line_id)
    if line is None:
        return NoSuchLine()
    if all(one.line_id != command.line_id for one in found.contests):
        last = next((s for s in found.settlements[::-1] if s.line_id == command.line_id), None)
        told = (command.amount, command.explanation)
        repeated = last is not None and (last.amount, last.explanation) == told
        return [] if repeated else NoSuchContest()
    return (
        sums.bad("amount", command.amount, found.currency, least=0)
        or _over(found, line.kind, command.amount, line.line_id)
        or [_settlement(command, line, found)]
    )


def _settlement(command: Settle, line: Line, found: Invoice) -> ContestSettled:
    difference = command.amount.amount_minor - line.amount.amount_minor
    adjustment = vat = None
    if found.approval is not None and difference:
        tax = found.approval.tax
        treatment = Treatment(tax.category, tax.rate)
        before = found.net.amount_minor
        # Of the whole, so that many small settlements do not add up to another VAT.
        owed = treatment.of(before + difference) - treatment.of(before)
        adjustment, vat = (Money(n, found.currency) for n in (difference, owed))
    return ContestSettled(
        invoice_id=command.invoice_id,
        organisation_id=command.organisation_id,
        driver_id=found.prepared.driver_id,
        line_id=command.line_id,
        amount=command.amount,
        explanation=command.explanation,
        adjustment=adjustment,
        adjustment_vat=vat,
        version=found.version + 1,
        trip_id=found.prepared.trip_id,
        settled_at=command.at,
    )
