"""The situations a charge is in: offered, at the dealership, asked for, failed, paid (SM-18)."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import assert_never

from contracts.common_v1 import Money
from contracts.payments.charge_v1 import (
    Amounts,
    AttemptBegun,
    AttemptEnded,
    ChargeEvent,
    ChargeOffered,
    ChargePaid,
    DealershipChosen,
    DocumentNumbered,
    FeeRead,
    FormOpened,
    Line,
    PaymentDiffered,
    RefundBegun,
    RefundFailed,
    RefundMade,
)


@dataclass(frozen=True, slots=True)
class Bill:
    """The works to be paid for, and the attempts that are over."""

    offered: ChargeOffered
    version: int = 1
    over: tuple[str, ...] = ()
    """The intents that brought no money, in order."""

    @property
    def amount(self) -> Money:
        return self.offered.total.including_vat


@dataclass(frozen=True, slots=True)
class Unoffered:
    pass


@dataclass(frozen=True, slots=True)
class Offered:
    bill: Bill


@dataclass(frozen=True, slots=True)
class AtDealership:
    """The customer pays there, unless they come back and pay online."""

    bill: Bill


@dataclass(frozen=True, slots=True)
class Asked:
    """The provider was asked, and how that ended is not known. Nothing else is asked for then.

    `form` is None while it is not even known whether the provider took the request.
    """

    bill: Bill
    attempt: AttemptBegun
    form: FormOpened | None = None


@dataclass(frozen=True, slots=True)
class Failed:
    """The last attempt brought no money; another one may begin."""

    bill: Bill
    ended: AttemptEnded


@dataclass(frozen=True, slots=True)
class Parked:
    """The provider reports another amount than was asked for: somebody has to look."""

    bill: Bill
    differed: PaymentDiffered


@dataclass(frozen=True, slots=True)
class Paid:
    """`refunds` went back, `returning` are asked for and not known to have ended.

    `movements` are those of the provider's balance whose fee was read, by their refund (None: of
    the payment). `numbers` are those of the documents, in the same way.
    """

    bill: Bill
    paid: ChargePaid
    refunds: Mapping[str, RefundMade] = field(default_factory=dict)
    returning: Mapping[str, RefundBegun] = field(default_factory=dict)
    failed: frozenset[str] = frozenset()
    movements: Mapping[str | None, FeeRead] = field(default_factory=dict)
    numbers: Mapping[str | None, DocumentNumbered] = field(default_factory=dict)

    def left(self, line: Line) -> Amounts:
        """The part of a line that has not gone back, and is not about to."""
        back: tuple[RefundMade | RefundBegun, ...] = (
            *self.refunds.values(),
            *self.returning.values(),
        )
        parts = (part for refund in back for part in refund.parts if part.work_id == line.work_id)
        rest = line.amounts
        for part in parts:
            rest = less(rest, part.amounts)
        return rest

    @property
    def rest(self) -> Money:
        """The amount that can still go back."""
        left = (self.left(line).including_vat.amount_minor for line in self.paid.lines)
        return Money(sum(left), self.bill.amount.currency)


Known = Offered | AtDealership | Asked | Failed | Parked | Paid
Charge = Unoffered | Known
initial: Charge = Unoffered()


def less(amounts: Amounts, other: Amounts) -> Amounts:
    """The difference of two amounts of one currency."""
    currency = amounts.including_vat.currency

    def minus(one: Money, two: Money) -> Money:
        return Money(one.amount_minor - two.amount_minor, currency)

    return Amounts(
        excluding_vat=minus(amounts.excluding_vat, other.excluding_vat),
        vat=minus(amounts.vat, other.vat),
        including_vat=minus(amounts.including_vat, other.including_vat),
    )


def evolve(charge: Charge, event: ChargeEvent) -> Charge:
    """Take history as recorded: a rule added today must not break yesterday's events."""
    if isinstance(charge, Unoffered):
        return Offered(Bill(event)) if isinstance(event, ChargeOffered) else charge
    charge = replace(charge, bill=replace(charge.bill, version=charge.bill.version + 1))
    bill = charge.bill
    match event:
        case ChargeOffered():
            return Offered(replace(bill, offered=event))
        case DealershipChosen():
            return AtDealership(bill)
        case AttemptBegun():
            return Asked(bill, event)
        case FormOpened():
            return replace(charge, form=event) if isinstance(charge, Asked) else charge
        case AttemptEnded():
            return Failed(replace(bill, over=(*bill.over, event.intent_id)), event)
        case PaymentDiffered():
            return Parked(bill, event)
        case ChargePaid():
            return Paid(bill, event)
        case RefundBegun() | RefundMade() | RefundFailed() | FeeRead() | DocumentNumbered():
            return after_payment(charge, event) if isinstance(charge, Paid) else charge
        case unhandled:
            assert_never(unhandled)


def after_payment(
    paid: Paid, event: RefundBegun | RefundMade | RefundFailed | FeeRead | DocumentNumbered
) -> Paid:
    match event:
        case RefundBegun():
            return replace(paid, returning={**paid.returning, event.refund_id: event})
        case RefundMade():
            returning = {k: v for k, v in paid.returning.items() if k != event.refund_id}
            refunds = {**paid.refunds, event.refund_id: event}
            return replace(paid, returning=returning, refunds=refunds)
        case RefundFailed():
            returning = {k: v for k, v in paid.returning.items() if k != event.refund_id}
            return replace(paid, returning=returning, failed=paid.failed | {event.refund_id})
        case FeeRead():
            return replace(paid, movements={**paid.movements, event.refund_id: event})
        case DocumentNumbered():
            return replace(paid, numbers={**paid.numbers, event.refund_id: event})
        case unhandled:
            assert_never(unhandled)
