"""The account of a driver: amounts are credited, adjusted, closed into statements, and paid."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import assert_never

from contracts.common_v1 import Money
from contracts.decisions import Changed, changed
from contracts.obligations import Obligations
from contracts.payments.payout_v1 import (
    AdjustmentMade,
    Fact,
    InvoiceCredited,
    Line,
    LineKind,
    PayoutEvent,
    PayoutPaid,
    StatementClosed,
)

# --- Commands ---------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Credit:
    """Puts the lines of an approved invoice among what is due."""

    driver_id: str
    organisation_id: str
    invoice_id: str
    lines: tuple[Line, ...]
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Adjust:
    """Puts among what is due the difference that a settlement after the approval made."""

    driver_id: str
    organisation_id: str
    lines: tuple[Line, ...]
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CloseStatement:
    """`due` is the sum of what was owed when it was looked at; its currency is the statement's."""

    driver_id: str
    organisation_id: str
    by: str
    payout_id: str
    due: Money
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordPayment:
    """`iban` is where the money went; the account, the hold and the version are the payee's now."""

    driver_id: str
    organisation_id: str
    by: str
    payout_id: str
    reference: str
    iban: str
    account: str | None
    held_until: datetime | None
    payee_version: int
    at: datetime


Command = Credit | Adjust | CloseStatement | RecordPayment

# --- Rejections -------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class NoSuchAccount:
    pass


@dataclass(frozen=True, slots=True)
class NoSuchPayout:
    pass


@dataclass(frozen=True, slots=True)
class NothingOwed:
    currency: str


@dataclass(frozen=True, slots=True)
class NothingToPay:
    pass


@dataclass(frozen=True, slots=True)
class PayoutIsPaid:
    reference: str


@dataclass(frozen=True, slots=True)
class PayoutsHeld:
    until: datetime


@dataclass(frozen=True, slots=True)
class BankDetailsMissing:
    pass


@dataclass(frozen=True, slots=True)
class DriverOwesMore:
    """Since the statement was closed so much was taken off that the driver owes us."""

    owed: Money


@dataclass(frozen=True, slots=True)
class OwnPayout:
    """Nobody pays out to themselves."""


Rejection = (
    NoSuchAccount
    | NoSuchPayout
    | NothingOwed
    | NothingToPay
    | PayoutIsPaid
    | PayoutsHeld
    | BankDetailsMissing
    | DriverOwesMore
    | OwnPayout
    | Changed
)

# --- State ------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Account:
    """`due` is on no statement yet; `closed` and `paid` are by payout_id, in order."""

    organisation_id: str = ""
    driver_id: str = ""
    version: int = 0
    due: tuple[Line, ...] = ()
    credited: frozenset[str] = frozenset()
    adjusted: frozenset[Fact] = frozenset()
    closed: Mapping[str, StatementClosed] = field(default_factory=dict)
    paid: Mapping[str, PayoutPaid] = field(default_factory=dict)

    def last(self, currency: str) -> StatementClosed | None:
        """The statement whose rest the next one in the currency begins with."""
        closed = (one for one in self.closed.values() if one.net.currency == currency)
        return max(closed, key=lambda one: one.version, default=None)

    def balance(self, currency: str) -> Money:
        """All that is owed to the driver: on statements that wait, carried over, and on none.
        Negative: they owe us."""
        last = self.last(currency)
        waiting = (
            one.net
            for id, one in self.closed.items()
            if one.payable and id not in self.paid and one.net.currency == currency
        )
        due = (line.amount for line in self.due if line.amount.currency == currency)
        return total([*waiting, *due, *([last.carried_out] if last else [])], currency)


initial = Account()


def evolve(account: Account, event: PayoutEvent) -> Account:
    """Take history as recorded: a rule added today must not break yesterday's events."""
    account = replace(
        account,
        organisation_id=event.organisation_id,
        driver_id=event.driver_id,
        version=account.version + 1,
    )
    match event:
        case InvoiceCredited():
            credited = account.credited | {event.invoice_id}
            return replace(account, due=(*account.due, *event.lines), credited=credited)
        case AdjustmentMade():
            facts = frozenset(line.fact for line in event.lines)
            return replace(
                account, due=(*account.due, *event.lines), adjusted=account.adjusted | facts
            )
        case StatementClosed():
            closed = {**account.closed, event.payout_id: event}
            left = tuple(line for line in account.due if line not in event.lines)
            return replace(account, due=left, closed=closed)
        case PayoutPaid():
            return replace(account, paid={**account.paid, event.payout_id: event})
        case unhandled:
            assert_never(unhandled)


def obligations(account: Account, person: str) -> Obligations:
    """Nobody is forgotten while an amount is on no statement, or a statement is not paid."""
    if account.driver_id != person:
        return Obligations()
    if account.due:
        return Obligations(f"{len(account.due)} amounts are on no statement yet")
    open_ones = [id for id, one in account.closed.items() if one.payable and id not in account.paid]
    return Obligations(f"payout {open_ones[0]} is not paid" if open_ones else None)


# --- Decisions --------------------------------------------------------------

Decision = list[PayoutEvent] | Rejection


def decide(command: Command, account: Account) -> Decision:
    """New facts, an empty list when they are already recorded, or the rule that says no."""
    match command:
        case Credit():
            return credit(command, account)
        case Adjust():
            return adjust(command, account)
        case _ if account.organisation_id != command.organisation_id:
            return NoSuchAccount()
        case _ if command.by == command.driver_id:
            return OwnPayout()
        case CloseStatement():
            return close_statement(command, account)
        case RecordPayment():
            return record_payment(command, account)
        case unhandled:
            assert_never(unhandled)


def credit(command: Credit, account: Account) -> Decision:
    if command.invoice_id in account.credited:
        return []
    return [
        InvoiceCredited(
            driver_id=command.driver_id,
            organisation_id=command.organisation_id,
            invoice_id=command.invoice_id,
            lines=command.lines,
            credited_at=command.at,
        )
    ]


def adjust(command: Adjust, account: Account) -> Decision:
    if account.adjusted.issuperset(line.fact for line in command.lines):
        return []
    return [
        AdjustmentMade(
            driver_id=command.driver_id,
            organisation_id=command.organisation_id,
            lines=command.lines,
            made_at=command.at,
        )
    ]


def close_statement(command: CloseStatement, account: Account) -> Decision:
    if command.payout_id in account.closed:
        return []
    currency = command.due.currency
    lines = tuple(line for line in account.due if line.amount.currency == currency)
    if not lines:
        return NothingOwed(currency)
    due = total((line.amount for line in lines), currency)
    return changed({"due": command.due}, {"due": due}) or [_statement(command, lines, account)]


def _statement(
    command: CloseStatement, lines: tuple[Line, ...], account: Account
) -> StatementClosed:
    currency = command.due.currency
    before = account.last(currency)
    nothing = Money(0, currency)
    carried = before.carried_out if before else nothing
    balance = total([carried, *(line.amount for line in lines)], currency)
    return StatementClosed(
        driver_id=command.driver_id,
        organisation_id=command.organisation_id,
        payout_id=command.payout_id,
        lines=lines,
        gross=_sum(lines, LineKind.SERVICE, currency),
        expenses=_sum(lines, LineKind.EXPENSE, currency),
        adjustments=_sum(lines, LineKind.ADJUSTMENT, currency),
        vat=_sum(lines, LineKind.VAT, currency),
        carried_in=carried,
        carried_out=min(balance, nothing, key=_size),
        net=max(balance, nothing, key=_size),
        carried_from=Fact(f"payout-{command.driver_id}", before.version) if before else None,
        payable=balance.amount_minor > 0,
        version=account.version + 1,
        closed_at=command.at,
    )


def total(amounts: Iterable[Money], currency: str) -> Money:
    """The sum. Raises ValueError when one of them has another currency."""
    sum_minor = 0
    for amount in amounts:
        if amount.currency != currency:
            raise ValueError(f"{amount.currency} cannot be added to {currency}")
        sum_minor += amount.amount_minor
    return Money(sum_minor, currency)


def _size(amount: Money) -> int:
    return amount.amount_minor


def _sum(lines: Iterable[Line], kind: LineKind, currency: str) -> Money:
    return total((line.amount for line in lines if line.kind is kind), currency)


def record_payment(command: RecordPayment, account: Account) -> Decision:
    statement = account.closed.get(command.payout_id)
    if statement is None:
        return NoSuchPayout()
    if (paid := account.paid.get(command.payout_id)) is not None:
        return [] if paid.reference == command.reference else PayoutIsPaid(paid.reference)
    if not statement.payable:
        return NothingToPay()
    if command.held_until is not None:
        return PayoutsHeld(command.held_until)
    if command.account is None:
        return BankDetailsMissing()
    balance = account.balance(statement.net.currency)
    if balance.amount_minor < 0:
        return DriverOwesMore(Money(-balance.amount_minor, balance.currency))
    if stale := changed({"iban": command.iban}, {"iban": command.account}):
        return stale
    return [
        PayoutPaid(
            driver_id=command.driver_id,
            organisation_id=command.organisation_id,
            payout_id=command.payout_id,
            net=statement.net,
            reference=command.reference,
            invoice_ids=invoices(statement),
            payee_version=command.payee_version,
            version=account.version + 1,
            paid_at=command.at,
        )
    ]


def invoices(statement: StatementClosed) -> tuple[str, ...]:
    """The invoices that are on a statement as such, not by an adjustment."""
    services = (line for line in statement.lines if line.kind is LineKind.SERVICE)
    return tuple(line.invoice_id for line in services)
