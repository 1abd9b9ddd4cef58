"""A customer pays: one intent is one idempotency key, and the provider says how it ended."""

from dataclasses import dataclass
from datetime import datetime
from typing import assert_never

from contracts.common_v1 import Money
from contracts.payments.charge_v1 import (
    AttemptBegun,
    AttemptEnd,
    AttemptEnded,
    ChargeEvent,
    ChargeOffered,
    ChargePaid,
    DealershipChosen,
    FormOpened,
    FormRevoked,
    Line,
    PaymentDiffered,
)
from services.payments.charge.situations import (
    Asked,
    AtDealership,
    Bill,
    Charge,
    Failed,
    Offered,
    Paid,
    Parked,
    Settled,
    Unoffered,
)
from services.payments.terms import sum_of

# --- Commands ---------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """The sum of an answered case: its works that were accepted, have a price and were not paid
    (G-59). It follows from the answer, so it is the same each time."""

    case_id: str
    case_version: int
    dealership_id: str
    lines: tuple[Line, ...]
    customer_name: str
    language: str
    time_zone: str
    currency: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OfCase:
    """A command about what a case comes to now, whether or not anybody asked for that before."""

    charge_id: str
    organisation_id: str
    offer: Offer
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PayOnline(OfCase):
    """`currencies` are those that the account takes now; None where no card can be charged."""

    intent_id: str
    currencies: tuple[str, ...] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PayAtDealership(OfCase):
    """The customer says that they will pay there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteForm:
    """The provider took the request."""

    charge_id: str
    intent_id: str
    session_id: str
    expires_at: datetime
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class EndAttempt:
    """The provider said that it has no money and will have none."""

    charge_id: str
    intent_id: str
    end: AttemptEnd
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RevokeForm:
    """The case was closed, deleted or is written anew."""

    organisation_id: str
    case_id: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfirmPayment:
    """The provider said that it has the money, and how much."""

    charge_id: str
    intent_id: str
    payment_id: str
    amount: Money
    at: datetime


OfCustomer = PayOnline | PayAtDealership
OfProvider = NoteForm | EndAttempt | ConfirmPayment
Command = OfCustomer | OfProvider | RevokeForm

# --- Rejections -------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class NoSuchCharge:
    pass


@dataclass(frozen=True, slots=True)
class NothingToCharge:
    """No work was accepted that has a price and was not paid."""


@dataclass(frozen=True, slots=True)
class CardsNotTaken:
    pass


@dataclass(frozen=True, slots=True)
class CurrencyNotCharged:
    currency: str


@dataclass(frozen=True, slots=True)
class ChargeIsPaid:
    pass


@dataclass(frozen=True, slots=True)
class ChargeIsParked:
    pass


@dataclass(frozen=True, slots=True)
class PaymentIsOpen:
    """How it ended is not known, so the customer cannot choose another way yet."""


@dataclass(frozen=True, slots=True)
class NoSuchIntent:
    pass


Rejection = (
    NoSuchCharge
    | NothingToCharge
    | CardsNotTaken
    | CurrencyNotCharged
    | ChargeIsPaid
    | ChargeIsParked
    | PaymentIsOpen
    | NoSuchIntent
)

# --- Decisions --------------------------------------------------------------

Decision = list[ChargeEvent] | Rejection


def pay_online(command: PayOnline, charge: Charge) -> Decision:
    """While it is not known how an attempt ended, no second one begins."""
    match charge:
        case Paid() | Settled():
            return ChargeIsPaid()
        case Parked():
            return ChargeIsParked()
        case Asked():
            return []
        case Unoffered():
            pass
        case Offered(bill) | AtDealership(bill) | Failed(bill):
            if command.intent_id in bill.over:
                return []
        case unhandled:
            assert_never(unhandled)
    now = billed(command, charge)
    if isinstance(now, NothingToCharge):
        return now
    before, amount = list[ChargeEvent](now.before), now.offered.total.including_vat
    if command.currencies is None:
        return CardsNotTaken()
    if amount.currency not in command.currencies:
        return CurrencyNotCharged(amount.currency)
    begun = AttemptBegun(
        charge_id=command.charge_id,
        organisation_id=command.organisation_id,
        dealership_id=command.offer.dealership_id,
        intent_id=command.intent_id,
        amount=amount,
        begun_at=command.at,
    )
    return [*before, begun]


def pay_at_dealership(command: PayAtDealership, charge: Charge) -> Decision:
    match charge:
        case Paid() | Settled():
            return ChargeIsPaid()
        case Parked():
            return ChargeIsParked()
        case Asked():
            return PaymentIsOpen()
        case AtDealership():
            return []
        case Unoffered():
            offered = offer(command)
            if not isinstance(offered, ChargeOffered):
                return offered
            return [offered, chosen(command)]
        case Offered() | Failed():
            return [chosen(command)]
        case unhandled:
            assert_never(unhandled)


@dataclass(frozen=True, slots=True)
class Billed:
    """The works to be paid now; `before` says so, where nothing recorded says the same."""

    offered: ChargeOffered
    before: tuple[ChargeOffered, ...] = ()


def billed(
    command: OfCase, charge: Unoffered | Offered | AtDealership | Failed
) -> Billed | NothingToCharge:
    """A work report that is sent anew has other works; an invoice that a company has stays as it
    is."""
    if not isinstance(charge, Unoffered):
        bill = charge.bill
        agreed = bill.debt is not None and bill.debt.stands
        if agreed or bill.offered.case_version == command.offer.case_version:
            return Billed(bill.offered)
    offered = offer(command)
    return Billed(offered, (offered,)) if isinstance(offered, ChargeOffered) else offered


def offer(command: OfCase) -> ChargeOffered | NothingToCharge:
    offer = command.offer
    total = sum_of(tuple(line.amounts for line in offer.lines), offer.currency)
    if total.including_vat.amount_minor <= 0:
        return NothingToCharge()
    return ChargeOffered(
        charge_id=command.charge_id,
        organisation_id=command.organisation_id,
        dealership_id=offer.dealership_id,
        case_id=offer.case_id,
        case_version=offer.case_version,
        lines=offer.lines,
        total=total,
        customer_name=offer.customer_name,
        language=offer.language,
        time_zone=offer.time_zone,
        offered_at=command.at,
    )


def chosen(command: PayAtDealership) -> DealershipChosen:
    return DealershipChosen(
        charge_id=command.charge_id,
        organisation_id=command.organisation_id,
        dealership_id=command.offer.dealership_id,
        case_id=command.offer.case_id,
        chosen_at=command.at,
    )


def note_form(command: NoteForm, charge: Charge) -> Decision:
    match charge:
        case Asked(bill, attempt, None) if attempt.intent_id == command.intent_id:
            offered = bill.offered
        case Asked(attempt=attempt) if attempt.intent_id == command.intent_id:
            return []
        case Unoffered():
            return NoSuchCharge()
        case _:
            # The form was heard of late: how it ended is known already.
            return [] if knows(charge, command.intent_id) else NoSuchIntent()
    return [
        FormOpened(
            charge_id=command.charge_id,
            organisation_id=offered.organisation_id,
            dealership_id=offered.dealership_id,
            intent_id=command.intent_id,
            session_id=command.session_id,
            expires_at=command.expires_at,
            opened_at=command.at,
        )
    ]


def end_attempt(command: EndAttempt, charge: Charge) -> Decision:
    match charge:
        case Asked(bill, attempt) if attempt.intent_id == command.intent_id:
            offered = bill.offered
        case Unoffered():
            return NoSuchCharge()
        case _:
            return [] if knows(charge, command.intent_id) else NoSuchIntent()
    return [
        AttemptEnded(
            charge_id=command.charge_id,
            organisation_id=offered.organisation_id,
            dealership_id=offered.dealership_id,
            case_id=offered.case_id,
            intent_id=command.intent_id,
            end=command.end,
            ended_at=command.at,
            next_step_at=bill.debt.due_step_at if bill.debt else None,
        )
    ]


def revoke_form(command: RevokeForm, charge: Charge) -> list[ChargeEvent]:
    """Somebody may have paid by the form already: the provider says so when it is taken away."""
    if not isinstance(charge, Asked) or charge.revoked:
        return []
    offered = charge.bill.offered
    return [
        FormRevoked(
            charge_id=offered.charge_id,
            organisation_id=offered.organisation_id,
            dealership_id=offered.dealership_id,
            intent_id=charge.attempt.intent_id,
            revoked_at=command.at,
        )
    ]


def confirm(command: ConfirmPayment, charge: Charge) -> Decision:
    """Money that came although the attempt was over still counts, and no other attempt is under
    way: a customer is not charged twice."""
    match charge:
        case Unoffered():
            return NoSuchCharge()
        case Paid(paid=paid):
            return [] if paid.intent_id == command.intent_id else ChargeIsPaid()
        case Parked(differed=differed):
            same = (differed.intent_id, differed.reported) == (command.intent_id, command.amount)
            return [] if same else ChargeIsParked()
        case Asked(bill, attempt):
            known = attempt.intent_id == command.intent_id or command.intent_id in bill.over
        case Offered(bill) | AtDealership(bill) | Failed(bill) | Settled(bill):
            known = command.intent_id in bill.over
        case unhandled:
            assert_never(unhandled)
    if not known:
        return NoSuchIntent()
    return [paid_or_differed(command, bill)]


def paid_or_differed(command: ConfirmPayment, bill: Bill) -> ChargePaid | PaymentDiffered:
    offered = bill.offered
    if command.amount != bill.amount:
        return PaymentDiffered(
            charge_id=command.charge_id,
            organisation_id=offered.organisation_id,
            dealership_id=offered.dealership_id,
            case_id=offered.case_id,
            intent_id=command.intent_id,
            asked=bill.amount,
            reported=command.amount,
            differed_at=command.at,
        )
    return ChargePaid(
        charge_id=command.charge_id,
        organisation_id=offered.organisation_id,
        dealership_id=offered.dealership_id,
        case_id=offered.case_id,
        case_version=offered.case_version,
        lines=offered.lines,
        total=offered.total,
        intent_id=command.intent_id,
        payment_id=command.payment_id,
        paid_at=command.at,
        version=bill.version + 1,
    )


def knows(charge: Charge, intent_id: str) -> bool:
    """Whether the end of an attempt is known."""
    match charge:
        case Unoffered():
            return False
        case Paid(bill, paid):
            return intent_id in (paid.intent_id, *bill.over)
        case Parked(bill, differed):
            return intent_id in (differed.intent_id, *bill.over)
        case Offered(bill) | AtDealership(bill) | Asked(bill) | Failed(bill) | Settled(bill):
            return intent_id in bill.over
        case unhandled:
            assert_never(unhandled)
