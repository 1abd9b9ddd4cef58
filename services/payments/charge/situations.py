"""The situations a charge is in: offered, at the dealership, asked for, failed, paid (SM-18)."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
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
    DebtDisputed,
    DisputeSettled,
    DocumentNumbered,
    DocumentWithheld,
    DunningGivenUp,
    DunningStepTaken,
    FeeRead,
    FormOpened,
    FormRevoked,
    Line,
    PaidElsewhere,
    PaymentDeferred,
    PaymentDiffered,
    RefundBegun,
    RefundBounced,
    RefundFailed,
    RefundMade,
)
from services.payments.terms import less


@dataclass(frozen=True, slots=True)
class Debt:
    """An invoice that a company pays by a day, and what was done about it since."""

    deferred: PaymentDeferred
    next_at: datetime | None
    """When the next step is taken; None after the last one, and where nobody is left to dun."""
    steps: tuple[DunningStepTaken, ...] = ()
    disputed: DebtDisputed | None = None
    settled: DisputeSettled | None = None
    """How the last dispute ended."""

    @property
    def stands(self) -> bool:
        """False once it was settled that nothing is owed."""
        return self.settled is None or self.settled.owed

    @property
    def due_step_at(self) -> datetime | None:
        """When something is done about it; None while that is disputed, and when it is not owed."""
        return self.next_at if self.stands and self.disputed is None else None


@dataclass(frozen=True, slots=True)
class Bill:
    """The works to be paid for, the attempts that are over, and what is agreed with a company."""

    offered: ChargeOffered
    version: int = 1
    over: tuple[str, ...] = ()
    """The intents that brought no money, in order."""
    debt: Debt | None = None
    elsewhere: PaidElsewhere | None = None

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
    revoked: bool = False
    """The form is to be taken away: there is nothing any more that may be paid by it."""


@dataclass(frozen=True, slots=True)
class Failed:
    """The last attempt brought no money; another one may begin."""

    bill: Bill
    ended: AttemptEnded


@dataclass(frozen=True, slots=True)
class Settled:
    """It was paid, but not online: somebody of the dealership says so."""

    bill: Bill
    paid: PaidElsewhere


@dataclass(frozen=True, slots=True)
class Parked:
    """The provider reports another amount than was asked for: somebody has to look."""

    bill: Bill
    differed: PaymentDiffered


@dataclass(frozen=True, slots=True)
class Paid:
    """`refunds` went back, and those of them that are `bounced` came back again; `returning` are
    asked for and not known to have ended.

    `movements` are those of the provider's balance whose fee was read, by their refund (None: of
    the payment). `numbers` are those of the documents, in the same way; `cancelling` those of what
    cancels the credit note of a refund that bounced.
    """

    bill: Bill
    paid: ChargePaid
    refunds: Mapping[str, RefundMade] = field(default_factory=dict)
    returning: Mapping[str, RefundBegun] = field(default_factory=dict)
    failed: frozenset[str] = frozenset()
    begun: Mapping[str, RefundBegun] = field(default_factory=dict)
    """Those that somebody asked us for."""
    bounced: Mapping[str, RefundBounced] = field(default_factory=dict)
    movements: Mapping[str | None, FeeRead] = field(default_factory=dict)
    numbers: Mapping[str | None, DocumentNumbered] = field(default_factory=dict)
    cancelling: Mapping[str, DocumentNumbered] = field(default_factory=dict)
    withheld: DocumentWithheld | None = None
    """The next document to be numbered, while it would break a rule."""

    def left(self, line: Line) -> Amounts:
        """The part of a line that has not gone back, and is not about to."""
        back: tuple[RefundMade | RefundBegun, ...] = (
            *(one for id, one in self.refunds.items() if id not in self.bounced),
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


Known = Offered | AtDealership | Asked | Failed | Settled | Parked | Paid
Charge = Unoffered | Known
initial: Charge = Unoffered()


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
        case FormRevoked():
            return replace(charge, revoked=True) if isinstance(charge, Asked) else charge
        case AttemptEnded():
            return Failed(replace(bill, over=(*bill.over, event.intent_id)), event)
        case PaymentDiffered():
            return Parked(bill, event)
        case ChargePaid():
            return Paid(bill, event)
        case PaidElsewhere():
            return Settled(replace(bill, elsewhere=event), event)
        case (
            PaymentDeferred()
            | DunningStepTaken()
            | DunningGivenUp()
            | DebtDisputed()
            | DisputeSettled()
        ):
            return replace(charge, bill=replace(bill, debt=after_deferring(bill.debt, event)))
        case (
            RefundBegun()
            | RefundMade()
            | RefundFailed()
            | RefundBounced()
            | FeeRead()
            | DocumentNumbered()
            | DocumentWithheld()
        ):
            return after_payment(charge, event) if isinstance(charge, Paid) else charge
        case unhandled:
            assert_never(unhandled)


def after_deferring(
    debt: Debt | None,
    event: PaymentDeferred | DunningStepTaken | DunningGivenUp | DebtDisputed | DisputeSettled,
) -> Debt | None:
    if isinstance(event, PaymentDeferred):
        return Debt(event, event.next_step_at)
    if debt is None:
        return None
    match event:
        case DunningStepTaken():
            return replace(debt, next_at=event.next_step_at, steps=(*debt.steps, event))
        case DunningGivenUp():
            return replace(debt, next_at=None)
        case DebtDisputed():
            return replace(debt, disputed=event)
        case DisputeSettled():
            return replace(debt, disputed=None, settled=event, next_at=event.next_step_at)
        case unhandled:
            assert_never(unhandled)


def after_payment(
    paid: Paid,
    event: RefundBegun
    | RefundMade
    | RefundFailed
    | RefundBounced
    | FeeRead
    | DocumentNumbered
    | DocumentWithheld,
) -> Paid:
    match event:
        case RefundBegun():
            returning = {**paid.returning, event.refund_id: event}
            return replace(paid, returning=returning, begun={**paid.begun, event.refund_id: event})
        case RefundMade():
            returning = {k: v for k, v in paid.returning.items() if k != event.refund_id}
            refunds = {**paid.refunds, event.refund_id: event}
            return replace(paid, returning=returning, refunds=refunds)
        case RefundFailed():
            returning = {k: v for k, v in paid.returning.items() if k != event.refund_id}
            return replace(paid, returning=returning, failed=paid.failed | {event.refund_id})
        case RefundBounced():
            return replace(paid, bounced={**paid.bounced, event.refund_id: event})
        case FeeRead():
            return replace(paid, movements={**paid.movements, event.refund_id: event})
        case DocumentNumbered(refund_id=str(refund_id), cancels=True):
            return replace(paid, cancelling={**paid.cancelling, refund_id: event}, withheld=None)
        case DocumentNumbered():
            return replace(paid, numbers={**paid.numbers, event.refund_id: event}, withheld=None)
        case DocumentWithheld():
            return replace(paid, withheld=event)
        case unhandled:
            assert_never(unhandled)
