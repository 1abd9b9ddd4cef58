"""A case is paid at the dealership, and somebody there records it: by which means, and where that
stands in their own books."""

from dataclasses import dataclass, replace
from datetime import date
from typing import ClassVar, assert_never

from contracts.common_v1 import Money
from contracts.payments.charge_v1 import ChargeEvent, PaidElsewhere, PaymentMeans
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
    Charge,
    Debt,
    Failed,
    Offered,
    Paid,
    Parked,
    Settled,
    Unoffered,
)

# --- Commands ---------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class SettleElsewhere(OfCase):
    """`today` is that of the dealership."""

    amount: Money
    means: PaymentMeans
    reference: str
    paid_on: date
    today: date
    by: str


# --- Rejections -------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class AmountNotOwed:
    """A case is paid as a whole; what was claimed beside it may be paid with it."""

    field: ClassVar[str] = "amount"
    owed: Money


@dataclass(frozen=True, slots=True)
class PaidInFuture:
    field: ClassVar[str] = "paid_on"
    today: date


Rejection = (
    NoSuchCharge
    | NothingToCharge
    | ChargeIsPaid
    | ChargeIsParked
    | PaymentIsOpen
    | AmountNotOwed
    | PaidInFuture
)

# --- Decisions --------------------------------------------------------------


def settle(command: SettleElsewhere, charge: Charge) -> list[ChargeEvent] | Rejection:
    match charge:
        case Settled(paid=paid):
            same = replace(recorded(command), recorded_by=paid.recorded_by)
            return [] if replace(same, recorded_at=paid.recorded_at) == paid else ChargeIsPaid()
        case Paid():
            return ChargeIsPaid()
        case Parked():
            return ChargeIsParked()
        case Asked():
            return PaymentIsOpen()
        case Unoffered():
            debt = None
        case Offered(bill) | AtDealership(bill) | Failed(bill):
            debt = bill.debt
        case unhandled:
            assert_never(unhandled)
    now = billed(command, charge)
    if isinstance(now, NothingToCharge):
        return now
    amount = now.offered.total.including_vat
    if command.amount not in (amount, owed(amount, debt)):
        return AmountNotOwed(owed(amount, debt))
    if command.paid_on > command.today:
        return PaidInFuture(command.today)
    return [*now.before, recorded(command)]


def owed(amount: Money, debt: Debt | None) -> Money:
    """The amount with what was claimed beside the invoice."""
    return debt.steps[-1].owed if debt and debt.steps else amount


def recorded(command: SettleElsewhere) -> PaidElsewhere:
    return PaidElsewhere(
        charge_id=command.charge_id,
        organisation_id=command.organisation_id,
        dealership_id=command.offer.dealership_id,
        case_id=command.offer.case_id,
        amount=command.amount,
        means=command.means,
        reference=command.reference,
        paid_on=command.paid_on,
        recorded_by=command.by,
        recorded_at=command.at,
    )
