"""Money goes back: exact parts of the lines that were paid, with their VAT."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, assert_never

from contracts.common_v1 import Money
from contracts.decisions import Changed, changed
from contracts.payments.charge_v1 import (
    ChargeEvent,
    FeeRead,
    RefundBegun,
    RefundBounced,
    RefundFailed,
    RefundMade,
    RefundPart,
    RefundReason,
)
from services.payments.charge.paying import NoSuchCharge
from services.payments.charge.situations import Charge, Paid, Unoffered
from services.payments.terms import share, sum_of

# --- Commands ---------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Refund:
    """`parts` are the amounts that go back including VAT, by the work. `rest` is what could go back
    when it was looked at; `available` what the provider's balance has of the currency."""

    charge_id: str
    organisation_id: str
    refund_id: str
    parts: tuple[tuple[str, Money], ...]
    reason: RefundReason
    rest: Money
    available: Money
    by: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteRefund:
    """The provider said that money went back. `refund_id` is None where it was made there."""

    charge_id: str
    refund_id: str | None
    provider_refund_id: str
    amount: Money
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class FailRefund:
    """The provider said that it did not make it, or that the customer's bank sent it back.

    `refund_id` is None where it was made there, `provider_refund_id` where it was never begun
    there. `responsible_id` is told, unless somebody asked us for the refund.
    """

    charge_id: str
    refund_id: str | None
    provider_refund_id: str | None
    balance_transaction_id: str | None
    responsible_id: str | None
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteFee:
    """`provider_refund_id` is None for the movement of the payment."""

    charge_id: str
    provider_refund_id: str | None
    balance_transaction_id: str
    fee: Money
    at: datetime


OfProvider = NoteRefund | FailRefund | NoteFee
Command = Refund | OfProvider

# --- Rejections -------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ChargeIsNotPaid:
    pass


@dataclass(frozen=True, slots=True)
class WorkNotPaid:
    field: ClassVar[str] = "parts"
    work_id: str


@dataclass(frozen=True, slots=True)
class LineNamedTwice:
    field: ClassVar[str] = "parts"
    work_id: str


@dataclass(frozen=True, slots=True)
class AmountNotOfCharge:
    """It is not more than zero, or in another currency."""

    field: ClassVar[str] = "parts"
    currency: str


@dataclass(frozen=True, slots=True)
class RefundAboveRest:
    """More than is left of a line, or of the charge."""

    left: Money


@dataclass(frozen=True, slots=True)
class BalanceTooLow:
    """The refund would make the provider's balance negative."""

    available: Money


Rejection = (
    NoSuchCharge
    | ChargeIsNotPaid
    | WorkNotPaid
    | LineNamedTwice
    | AmountNotOfCharge
    | RefundAboveRest
    | BalanceTooLow
    | Changed
)

# --- Decisions --------------------------------------------------------------

Decision = list[ChargeEvent] | Rejection


def decide(command: Command, charge: Charge) -> Decision:
    match charge:
        case Unoffered():
            return NoSuchCharge()
        case Paid():
            pass
        case _:
            return ChargeIsNotPaid()
    match command:
        case Refund():
            return refund(command, charge)
        case NoteRefund():
            return note_refund(command, charge)
        case FailRefund():
            return fail_refund(command, charge)
        case NoteFee():
            return note_fee(command, charge)
        case unhandled:
            assert_never(unhandled)


def refund(command: Refund, charge: Paid) -> Decision:
    if command.refund_id in {*charge.returning, *charge.refunds, *charge.failed}:
        return []
    if stale := changed({"rest": command.rest}, {"rest": charge.rest}):
        return stale
    parts: list[RefundPart] = []
    for work_id, amount in command.parts:
        if work_id in {one.work_id for one in parts}:
            return LineNamedTwice(work_id)
        part = part_of(charge, work_id, amount)
        if not isinstance(part, RefundPart):
            return part
        parts.append(part)
    total = sum_of(tuple(one.amounts for one in parts), charge.bill.amount.currency)
    if total.including_vat.amount_minor > command.available.amount_minor:
        return BalanceTooLow(command.available)
    offered = charge.bill.offered
    return [
        RefundBegun(
            charge_id=command.charge_id,
            organisation_id=offered.organisation_id,
            dealership_id=offered.dealership_id,
            refund_id=command.refund_id,
            parts=tuple(parts),
            total=total,
            reason=command.reason,
            begun_by=command.by,
            begun_at=command.at,
        )
    ]


def part_of(
    charge: Paid, work_id: str, amount: Money
) -> RefundPart | WorkNotPaid | AmountNotOfCharge | RefundAboveRest:
    line = next((one for one in charge.paid.lines if one.work_id == work_id), None)
    if line is None:
        return WorkNotPaid(work_id)
    currency = charge.bill.amount.currency
    if amount.currency != currency or amount.amount_minor <= 0:
        return AmountNotOfCharge(currency)
    left = charge.left(line)
    if amount.amount_minor > left.including_vat.amount_minor:
        return RefundAboveRest(left.including_vat)
    return RefundPart(work_id, share(line, left, amount.amount_minor))


def note_refund(command: NoteRefund, charge: Paid) -> Decision:
    if command.provider_refund_id in {o.provider_refund_id for o in charge.refunds.values()}:
        return []
    begun = asked_for(command, charge)
    if begun is not None:
        parts, reason = begun.parts, begun.reason
    else:
        if command.amount.currency != charge.bill.amount.currency:
            return AmountNotOfCharge(charge.bill.amount.currency)
        if command.amount.amount_minor > charge.rest.amount_minor:
            return RefundAboveRest(charge.rest)
        parts = tuple(spread(charge, command.amount.amount_minor))
        reason = RefundReason.MADE_AT_PROVIDER
    offered = charge.bill.offered
    return [
        RefundMade(
            charge_id=command.charge_id,
            organisation_id=offered.organisation_id,
            dealership_id=offered.dealership_id,
            case_id=offered.case_id,
            refund_id=begun.refund_id if begun else command.provider_refund_id,
            provider_refund_id=command.provider_refund_id,
            parts=parts,
            total=sum_of(tuple(one.amounts for one in parts), charge.bill.amount.currency),
            reason=reason,
            made_at=command.at,
            version=charge.bill.version + 1,
        )
    ]


def asked_for(command: NoteRefund, charge: Paid) -> RefundBegun | None:
    """The refund as somebody asked us for it: its lines are those that were named then, also when
    it was told before that it had failed. None where these have gone back otherwise since."""
    begun = charge.begun.get(command.refund_id or "")
    if begun is None or begun.refund_id in charge.returning:
        return begun
    left = {line.work_id: charge.left(line) for line in charge.paid.lines}
    fits = command.amount == begun.total.including_vat and all(
        one.amounts.including_vat.amount_minor <= left[one.work_id].including_vat.amount_minor
        and one.amounts.vat.amount_minor <= left[one.work_id].vat.amount_minor
        for one in begun.parts
    )
    return begun if fits and begun.refund_id not in charge.refunds else None


def spread(charge: Paid, including: int) -> Iterator[RefundPart]:
    """An amount over the lines, in their order: who refunds at the provider names none."""
    for line in charge.paid.lines:
        left = charge.left(line)
        taken = min(including, left.including_vat.amount_minor)
        if taken > 0:
            yield RefundPart(line.work_id, share(line, left, taken))
            including -= taken


def fail_refund(command: FailRefund, charge: Paid) -> Decision:
    """A refund that was made before has bounced; any other one was never made."""
    if command.refund_id not in charge.returning:
        made = next(
            (
                one
                for one in charge.refunds.values()
                if one.provider_refund_id == command.provider_refund_id
            ),
            None,
        )
        if made is None or made.refund_id in charge.bounced:
            return []
        return [bounced(command, charge, made)]
    assert command.refund_id is not None
    offered = charge.bill.offered
    return [
        RefundFailed(
            charge_id=command.charge_id,
            organisation_id=offered.organisation_id,
            dealership_id=offered.dealership_id,
            refund_id=command.refund_id,
            failed_at=command.at,
        )
    ]


def bounced(command: FailRefund, charge: Paid, made: RefundMade) -> RefundBounced:
    begun = charge.begun.get(made.refund_id)
    return RefundBounced(
        charge_id=command.charge_id,
        organisation_id=made.organisation_id,
        dealership_id=made.dealership_id,
        case_id=made.case_id,
        refund_id=made.refund_id,
        provider_refund_id=made.provider_refund_id,
        parts=made.parts,
        total=made.total,
        balance_transaction_id=command.balance_transaction_id,
        responsible_id=begun.begun_by if begun else command.responsible_id,
        bounced_at=command.at,
        version=charge.bill.version + 1,
    )


def note_fee(command: NoteFee, charge: Paid) -> Decision:
    """Nothing is noted of a refund that is not known yet; it is told again with that."""
    ids = {one.provider_refund_id: id for id, one in charge.refunds.items()}
    refund_id = None if command.provider_refund_id is None else ids.get(command.provider_refund_id)
    if refund_id in charge.movements or (command.provider_refund_id and refund_id is None):
        return []
    offered = charge.bill.offered
    return [
        FeeRead(
            charge_id=command.charge_id,
            organisation_id=offered.organisation_id,
            dealership_id=offered.dealership_id,
            balance_transaction_id=command.balance_transaction_id,
            refund_id=refund_id,
            fee=command.fee,
            read_at=command.at,
            version=charge.bill.version + 1,
        )
    ]
