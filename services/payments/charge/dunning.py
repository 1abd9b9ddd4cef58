"""A company pays by invoice until a day; after that it is dunned, step by step.

Only a company is: a person pays before the vehicle leaves, and the law gives no fixed sum against
one. It ends with the payment, and rests while the company disputes the invoice or a payment of it
is under way.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import ClassVar, Final, assert_never
from zoneinfo import ZoneInfo

from contracts.common_v1 import Money
from contracts.decisions import Changed, changed
from contracts.payments.charge_v1 import (
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
    DunningStep,
    DunningStepTaken,
    FeeRead,
    FormOpened,
    FormRevoked,
    PaidElsewhere,
    PaymentDeferred,
    PaymentDiffered,
    RefundBegun,
    RefundBounced,
    RefundFailed,
    RefundMade,
)
from contracts.runtime import REDACTED
from contracts.timers import CancelTimer, SetTimer
from services.payments.charge.paying import (
    ChargeIsPaid,
    ChargeIsParked,
    NoSuchCharge,
    NothingToCharge,
    OfCase,
    PaymentIsOpen,
    billed,
)
from services.payments.charge.situations import (
    Asked,
    AtDealership,
    Bill,
    Charge,
    Debt,
    Failed,
    Offered,
    Paid,
    Parked,
    Settled,
    Unoffered,
)

TIMER: Final = "dunning"
LADDER: Final = (
    DunningStep.NOTICE,
    DunningStep.FORMAL_NOTICE,
    DunningStep.INDEMNITY,
    DunningStep.HOLD,
)
FIRST: Final = timedelta(days=1)
"""How long after the day by which it was to be paid the first step is."""
BETWEEN: Final = timedelta(days=8)
"""From one step to the next: eight days, as formal notices give."""
AT_NINE: Final = time(9)
"""Where the dealership is."""
LONGEST: Final = timedelta(days=60)
"""The longest time to pay that may be agreed, from the day of the invoice (Code de commerce
L441-10)."""
INDEMNITY: Final = Money(4_000, "EUR")
"""The fixed sum for the costs of recovery, due by law from the first day of delay between companies
(Directive 2011/7/EU, article 6; Code de commerce D441-5)."""

# --- Commands ---------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Debtor:
    """A company, as the register of customers has it."""

    customer_id: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DeferPayment(OfCase):
    """The vehicle leaves, and a company pays by the dealership's own invoice until `due_on`.

    `debtor` is None where the customer of the case is no company. `held_by` is the number of an
    invoice for which the company is on hold. `today` is that of the dealership.
    """

    debtor: Debtor | None
    held_by: str | None
    email: str
    amount: Money
    invoice_number: str
    invoiced_on: date
    due_on: date
    today: date
    in_union: bool
    """The dealership is where the law gives the fixed sum."""
    dealership_called: str
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TakeStep:
    """The time of a step came. Speaks for no organisation."""

    charge_id: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class DisputeDebt:
    charge_id: str
    organisation_id: str
    reason: str
    by: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SettleDispute:
    charge_id: str
    organisation_id: str
    owed: bool
    by: str
    at: datetime


OfStaff = DeferPayment | DisputeDebt | SettleDispute
Command = OfStaff | TakeStep

# --- Rejections -------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class CustomerIsNoCompany:
    pass


@dataclass(frozen=True, slots=True)
class CompanyIsOnHold:
    invoice_number: str


@dataclass(frozen=True, slots=True)
class PaymentIsDeferred:
    """Another day is another invoice's."""

    due_on: date


@dataclass(frozen=True, slots=True)
class InvoicedInFuture:
    field: ClassVar[str] = "invoiced_on"
    today: date


@dataclass(frozen=True, slots=True)
class DueInPast:
    field: ClassVar[str] = "due_on"
    today: date


@dataclass(frozen=True, slots=True)
class DueTooLate:
    field: ClassVar[str] = "due_on"
    latest: date


@dataclass(frozen=True, slots=True)
class NothingDeferred:
    """No company owes this by an invoice."""


@dataclass(frozen=True, slots=True)
class DebtIsDisputed:
    at: datetime


@dataclass(frozen=True, slots=True)
class NoSuchDispute:
    pass


Rejection = (
    NoSuchCharge
    | NothingToCharge
    | ChargeIsPaid
    | ChargeIsParked
    | PaymentIsOpen
    | CustomerIsNoCompany
    | CompanyIsOnHold
    | PaymentIsDeferred
    | InvoicedInFuture
    | DueInPast
    | DueTooLate
    | NothingDeferred
    | DebtIsDisputed
    | NoSuchDispute
    | Changed
)

# --- Decisions --------------------------------------------------------------

Decision = list[ChargeEvent] | Rejection


def decide(command: Command, charge: Charge) -> Decision:
    match command:
        case DeferPayment():
            return defer(command, charge)
        case TakeStep():
            return take_step(command, charge)
        case DisputeDebt():
            return dispute(command, charge)
        case SettleDispute():
            return settle_dispute(command, charge)
        case unhandled:
            assert_never(unhandled)


def defer(command: DeferPayment, charge: Charge) -> Decision:
    match charge:
        case Paid() | Settled():
            return ChargeIsPaid()
        case Parked():
            return ChargeIsParked()
        case Asked():
            return PaymentIsOpen()
        case Unoffered():
            pass
        case Offered(bill) | AtDealership(bill) | Failed(bill):
            if bill.debt is not None and not is_replaced(bill.debt, command):
                known = bill.debt.deferred
                same = known.invoice_number == command.invoice_number
                is_known = same and known.due_on == command.due_on
                return [] if is_known else PaymentIsDeferred(known.due_on)
        case unhandled:
            assert_never(unhandled)
    now = billed(command, charge)
    if isinstance(now, NothingToCharge):
        return now
    amount = now.offered.total.including_vat
    if stale := changed({"amount": command.amount}, {"amount": amount}):
        return stale
    if command.debtor is None:
        return CustomerIsNoCompany()
    if command.held_by is not None:
        return CompanyIsOnHold(command.held_by)
    if (refused := refused_days(command)) is not None:
        return refused
    return [*now.before, deferred(command, command.debtor, amount)]


def is_replaced(debt: Debt, command: DeferPayment) -> bool:
    """Whether another invoice takes the place of one by which nothing is owed."""
    return not debt.stands and debt.deferred.invoice_number != command.invoice_number


def refused_days(command: DeferPayment) -> InvoicedInFuture | DueInPast | DueTooLate | None:
    if command.invoiced_on > command.today:
        return InvoicedInFuture(command.today)
    if command.due_on < command.today:
        return DueInPast(command.today)
    latest = command.invoiced_on + LONGEST
    return DueTooLate(latest) if command.due_on > latest else None


def deferred(command: DeferPayment, debtor: Debtor, amount: Money) -> PaymentDeferred:
    offer = command.offer
    has_indemnity = command.in_union and amount.currency == INDEMNITY.currency
    return PaymentDeferred(
        charge_id=command.charge_id,
        organisation_id=command.organisation_id,
        dealership_id=offer.dealership_id,
        case_id=offer.case_id,
        customer_id=debtor.customer_id,
        debtor_name=debtor.name,
        email=command.email,
        language=offer.language,
        invoice_number=command.invoice_number,
        invoiced_on=command.invoiced_on,
        due_on=command.due_on,
        amount=amount,
        indemnity=INDEMNITY if has_indemnity else None,
        dealership_called=command.dealership_called,
        deferred_by=command.by,
        deferred_at=command.at,
        next_step_at=instant(command.due_on + FIRST, offer.time_zone),
    )


def take_step(command: TakeStep, charge: Charge) -> list[ChargeEvent]:
    """Nothing is done that is not due any more: the timer came due while somebody paid. Nobody who
    was forgotten is written to: then a person decides what follows."""
    match charge:
        case Unoffered() | Paid() | Settled() | Parked() | Asked():
            return []
        case Offered(bill) | AtDealership(bill) | Failed(bill):
            debt = bill.debt
        case unhandled:
            assert_never(unhandled)
    if debt is None or debt.due_step_at is None or command.at < debt.due_step_at:
        return []
    if debt.deferred.email == REDACTED:
        return [given_up(command, debt)]
    return [step_taken(command, bill, debt)]


def step_taken(command: TakeStep, bill: Bill, debt: Debt) -> DunningStepTaken:
    known = debt.deferred
    step, *later = steps_after(debt)
    zone = bill.offered.time_zone
    next_day = command.at.astimezone(ZoneInfo(zone)).date() + BETWEEN
    indemnity = known.indemnity
    claimed = step in (DunningStep.INDEMNITY, DunningStep.HOLD) and indemnity is not None
    owed = Money(known.amount.amount_minor + INDEMNITY.amount_minor, known.amount.currency)
    return DunningStepTaken(
        charge_id=command.charge_id,
        organisation_id=known.organisation_id,
        dealership_id=known.dealership_id,
        case_id=known.case_id,
        customer_id=known.customer_id,
        debtor_name=known.debtor_name,
        email=known.email,
        language=known.language,
        dealership_called=known.dealership_called,
        step=step,
        invoice_number=known.invoice_number,
        due_on=known.due_on,
        owed=owed if claimed else known.amount,
        indemnity=indemnity,
        pay_by=next_day - timedelta(days=1) if later else None,
        responsible_id=known.deferred_by,
        taken_at=command.at,
        next_step_at=instant(next_day, zone) if later else None,
    )


def given_up(command: TakeStep, debt: Debt) -> DunningGivenUp:
    known = debt.deferred
    return DunningGivenUp(
        charge_id=command.charge_id,
        organisation_id=known.organisation_id,
        dealership_id=known.dealership_id,
        case_id=known.case_id,
        customer_id=known.customer_id,
        dealership_called=known.dealership_called,
        invoice_number=known.invoice_number,
        owed=debt.steps[-1].owed if debt.steps else known.amount,
        responsible_id=known.deferred_by,
        given_up_at=command.at,
    )


def steps_after(debt: Debt) -> Iterator[DunningStep]:
    """The steps that were not taken; nothing is claimed where the law gives nothing."""
    taken = {one.step for one in debt.steps}
    for step in LADDER:
        if step not in taken and (step != DunningStep.INDEMNITY or debt.deferred.indemnity):
            yield step


def dispute(command: DisputeDebt, charge: Charge) -> Decision:
    debt = owing(charge)
    if not isinstance(debt, Debt):
        return debt
    if debt.disputed is not None:
        same = debt.disputed.reason == command.reason
        return [] if same else DebtIsDisputed(debt.disputed.disputed_at)
    known = debt.deferred
    return [
        DebtDisputed(
            charge_id=command.charge_id,
            organisation_id=known.organisation_id,
            dealership_id=known.dealership_id,
            case_id=known.case_id,
            customer_id=known.customer_id,
            reason=command.reason,
            disputed_by=command.by,
            disputed_at=command.at,
        )
    ]


def settle_dispute(command: SettleDispute, charge: Charge) -> Decision:
    """A debt that holds gets the time between two steps anew."""
    if is_settled_so(command, charge):
        return []
    debt = owing(charge)
    if not isinstance(debt, Debt):
        return debt
    if debt.disputed is None:
        return NoSuchDispute()
    known = debt.deferred
    assert not isinstance(charge, Unoffered)
    zone, next_at = charge.bill.offered.time_zone, debt.next_at
    if next_at is not None:
        day = command.at.astimezone(ZoneInfo(zone)).date() + BETWEEN
        next_at = max(instant(day, zone), next_at)
    return [
        DisputeSettled(
            charge_id=command.charge_id,
            organisation_id=known.organisation_id,
            dealership_id=known.dealership_id,
            case_id=known.case_id,
            customer_id=known.customer_id,
            owed=command.owed,
            settled_by=command.by,
            settled_at=command.at,
            next_step_at=next_at if command.owed else None,
        )
    ]


def is_settled_so(command: SettleDispute, charge: Charge) -> bool:
    """Whether that is how the last dispute ended, and none followed."""
    debt = None if isinstance(charge, Unoffered) else charge.bill.debt
    if debt is None or debt.disputed is not None or debt.settled is None:
        return False
    return debt.settled.owed == command.owed


def owing(charge: Charge) -> Debt | NoSuchCharge | ChargeIsPaid | NothingDeferred:
    """The debt that somebody speaks of."""
    if isinstance(charge, Unoffered):
        return NoSuchCharge()
    if isinstance(charge, Paid | Settled):
        return ChargeIsPaid()
    debt = charge.bill.debt
    return debt if debt is not None and debt.stands else NothingDeferred()


def instant(day: date, time_zone: str) -> datetime:
    """The instant of a step on a day."""
    return datetime.combine(day, AT_NINE, ZoneInfo(time_zone)).astimezone(UTC)


# --- Timers -----------------------------------------------------------------


def timers(event: ChargeEvent) -> tuple[SetTimer | CancelTimer, ...]:
    """The next step, while nobody pays, disputes, or is about to pay."""
    match event:
        case PaymentDeferred() | DunningStepTaken() | AttemptEnded() | DisputeSettled():
            due = event.next_step_at
            return () if due is None else (SetTimer(TIMER, due),)
        case AttemptBegun() | DebtDisputed() | ChargePaid() | PaidElsewhere() | PaymentDiffered():
            return (CancelTimer(TIMER),)
        case ChargeOffered() | DealershipChosen() | FormOpened() | FormRevoked():
            return ()
        case DunningGivenUp():
            return ()
        case RefundBegun() | RefundMade() | RefundFailed() | RefundBounced():
            return ()
        case FeeRead() | DocumentNumbered() | DocumentWithheld():
            return ()
        case unhandled:
            assert_never(unhandled)


def on_timer(name: str, charge_id: str, due: datetime) -> TakeStep:
    """The command of a timer that came due. LookupError when no timer has that name."""
    if name != TIMER:
        raise LookupError(name)
    return TakeStep(charge_id=charge_id, at=due)
