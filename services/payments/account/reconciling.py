"""The provider's balance beside our books, day by day: what differs an accountant resolves.

Nothing is corrected here. What the provider paid out to the bank is no difference: it is told.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar, assert_never

from contracts.common_v1 import Money
from contracts.payments.account_v1 import (
    AccountEvent,
    CardDifferenceKind,
    DayReconciled,
    DifferenceFound,
    DifferenceResolution,
    DifferenceResolved,
    PaidOut,
)
from services.payments.account.standing import Account

# --- Commands ---------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """A difference; sides that have nothing of it are None."""

    difference_id: str
    kind: CardDifferenceKind
    movement: str | None
    charge_id: str | None
    at_provider: Money | None
    fee_at_provider: Money | None
    in_books: Money | None
    fee_in_books: Money | None
    moved_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Payout:
    """Money that reached the bank; a negative amount came back."""

    balance_transaction_id: str
    amount: Money
    fee: Money
    paid_out_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ReconcileDay:
    """The outcome of comparing a day, which ends at `ends_at` where the dealership is."""

    dealership_id: str
    organisation_id: str
    day: date
    ends_at: datetime
    matched: int
    differences: tuple[Difference, ...]
    payouts: tuple[Payout, ...]
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ResolveDifference:
    """`reference` is of the entry in the dealership's own books, where there is one."""

    dealership_id: str
    organisation_id: str
    difference_id: str
    resolution: DifferenceResolution
    reference: str | None
    by: str
    at: datetime


Command = ReconcileDay | ResolveDifference

# --- Rejections -------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class DayIsNotOver:
    until: datetime


@dataclass(frozen=True, slots=True)
class NoSuchDifference:
    pass


@dataclass(frozen=True, slots=True)
class DifferenceIsResolved:
    at: datetime


@dataclass(frozen=True, slots=True)
class ReferenceMissing:
    """An entry that explains it is named."""

    field: ClassVar[str] = "reference"


Rejection = DayIsNotOver | NoSuchDifference | DifferenceIsResolved | ReferenceMissing
EXPLAINED_ELSEWHERE = frozenset(
    {DifferenceResolution.BOOKED_ELSEWHERE, DifferenceResolution.CORRECTED}
)

# --- Decisions --------------------------------------------------------------

Decision = list[AccountEvent] | Rejection


def decide(command: Command, account: Account) -> Decision:
    match command:
        case ReconcileDay():
            return reconcile(command, account)
        case ResolveDifference():
            return resolve(command, account)
        case unhandled:
            assert_never(unhandled)


def reconcile(command: ReconcileDay, account: Account) -> Decision:
    """A day is compared once, after it is over; a difference is told once."""
    if account.reconciled_until is not None and command.day <= account.reconciled_until:
        return []
    if command.at < command.ends_at:
        return DayIsNotOver(command.ends_at)
    new = [one for one in command.differences if one.difference_id not in account.differences]
    payouts = [one for one in command.payouts if one.balance_transaction_id not in account.payouts]
    responsible = account.connected.connected_by if account.connected and new else None
    reconciled = DayReconciled(
        dealership_id=command.dealership_id,
        organisation_id=command.organisation_id,
        day=command.day,
        matched_count=command.matched,
        found_count=len(new),
        responsible_id=responsible,
        reconciled_at=command.at,
    )
    return [
        *(found(command, one) for one in new),
        *(
            paid_out(command, one, account.version + len(new) + n)
            for n, one in enumerate(payouts, 1)
        ),
        reconciled,
    ]


def found(command: ReconcileDay, difference: Difference) -> DifferenceFound:
    return DifferenceFound(
        dealership_id=command.dealership_id,
        organisation_id=command.organisation_id,
        difference_id=difference.difference_id,
        kind=difference.kind,
        movement=difference.movement,
        charge_id=difference.charge_id,
        at_provider=difference.at_provider,
        fee_at_provider=difference.fee_at_provider,
        in_books=difference.in_books,
        fee_in_books=difference.fee_in_books,
        moved_at=difference.moved_at,
        found_at=command.at,
    )


def paid_out(command: ReconcileDay, payout: Payout, version: int) -> PaidOut:
    return PaidOut(
        dealership_id=command.dealership_id,
        organisation_id=command.organisation_id,
        balance_transaction_id=payout.balance_transaction_id,
        amount=payout.amount,
        fee=payout.fee,
        paid_out_at=payout.paid_out_at,
        booked_at=command.at,
        version=version,
    )


def resolve(command: ResolveDifference, account: Account) -> Decision:
    if command.difference_id not in account.differences:
        return NoSuchDifference()
    if (before := account.differences[command.difference_id]) is not None:
        same = (before.resolution, before.reference) == (command.resolution, command.reference)
        return [] if same else DifferenceIsResolved(before.resolved_at)
    if command.resolution in EXPLAINED_ELSEWHERE and command.reference is None:
        return ReferenceMissing()
    return [
        DifferenceResolved(
            dealership_id=command.dealership_id,
            organisation_id=command.organisation_id,
            difference_id=command.difference_id,
            resolution=command.resolution,
            reference=command.reference,
            resolved_by=command.by,
            resolved_at=command.at,
        )
    ]
