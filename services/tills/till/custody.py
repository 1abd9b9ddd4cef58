"""A till whose day is closed: its cash goes to the bank, and the bank pays the senders (D2)."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import assert_never

from contracts.cash import BadCash, bad_cash
from contracts.common_v1 import Money
from contracts.tills.till_v1 import (
    CashDeposited,
    GapRecorded,
    OrderCash,
    SendersPaid,
    TillClosed,
    TillEvent,
)
from services.tills.till.cash import Couriers

# --- Commands ---------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class DepositCash:
    """`reference` is that of the bank."""

    till_id: str
    organisation_id: str
    day: date
    amount: Money
    reference: str
    by: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PaySenders:
    """`reference` is that of the bank."""

    till_id: str
    organisation_id: str
    day: date
    order_ids: tuple[str, ...]
    reference: str
    by: str
    at: datetime


Command = DepositCash | PaySenders

# --- Rejections -------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class TillIsEmpty:
    pass


@dataclass(frozen=True, slots=True)
class BankReferenceTaken:
    reference: str


@dataclass(frozen=True, slots=True)
class NothingCollectedFor:
    order_id: str


@dataclass(frozen=True, slots=True)
class OrderPaidTwice:
    order_id: str


@dataclass(frozen=True, slots=True)
class SenderIsPaid:
    order_id: str
    reference: str


Rejection = (
    TillIsEmpty | BankReferenceTaken | NothingCollectedFor | OrderPaidTwice | SenderIsPaid | BadCash
)

# --- State ------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Closed:
    """`couriers` go on: their takings have what was reported after the close, too."""

    closed: TillClosed
    couriers: Couriers
    gaps: Mapping[str, GapRecorded] = field(default_factory=dict)
    """By the id of the courier."""
    deposits: Mapping[str, CashDeposited] = field(default_factory=dict)
    payments: Mapping[str, SendersPaid] = field(default_factory=dict)
    """Both by the reference of the bank."""

    @property
    def in_till_minor(self) -> int:
        """The cash that was counted and is not at the bank."""
        counted = sum(one.counted.amount_minor for one in self.closed.couriers)
        return counted - sum(one.amount.amount_minor for one in self.deposits.values())


Event = GapRecorded | CashDeposited | SendersPaid


def evolve(till: Closed, event: Event) -> Closed:
    match event:
        case GapRecorded():
            return replace(till, gaps={**till.gaps, event.courier_id: event})
        case CashDeposited():
            return replace(till, deposits={**till.deposits, event.reference: event})
        case SendersPaid():
            return replace(till, payments={**till.payments, event.reference: event})
        case unhandled:
            assert_never(unhandled)


# --- Decisions --------------------------------------------------------------

Decision = list[TillEvent] | Rejection


def decide(command: Command, till: Closed) -> Decision:
    """As in every aggregate, once the day is closed."""
    match command:
        case DepositCash():
            return deposit(command, till)
        case PaySenders():
            return pay_senders(command, till)
        case unhandled:
            assert_never(unhandled)


def deposit(command: DepositCash, till: Closed) -> Decision:
    """All that is in the till, or part of it."""
    if known := till.deposits.get(command.reference):
        return [] if known.amount == command.amount else BankReferenceTaken(command.reference)
    if till.in_till_minor < 1:
        return TillIsEmpty()
    if bad := bad_cash("amount", command.amount, 1, till.in_till_minor):
        return bad
    return [
        CashDeposited(
            till_id=command.till_id,
            organisation_id=command.organisation_id,
            day=command.day,
            amount=command.amount,
            reference=command.reference,
            deposited_by=command.by,
            deposited_at=command.at,
        )
    ]


def pay_senders(command: PaySenders, till: Closed) -> Decision:
    """A sender gets what the recipient paid, also where the courier did not bring it."""
    if known := till.payments.get(command.reference):
        same = {one.order_id for one in known.orders} == {*command.order_ids}
        return [] if same else BankReferenceTaken(command.reference)
    named = Counter(command.order_ids)
    paid = {one.order_id: ref for ref, each in till.payments.items() for one in each.orders}
    collected = dict(each for one in till.couriers.values() for each in one.collected.items())
    for order_id in command.order_ids:
        if order_id not in collected:
            return NothingCollectedFor(order_id)
        if named[order_id] > 1:
            return OrderPaidTwice(order_id)
        if order_id in paid:
            return SenderIsPaid(order_id, paid[order_id])
    return [
        SendersPaid(
            till_id=command.till_id,
            organisation_id=command.organisation_id,
            day=command.day,
            orders=tuple(OrderCash(id, collected[id]) for id in command.order_ids),
            reference=command.reference,
            paid_by=command.by,
            paid_at=command.at,
        )
    ]
