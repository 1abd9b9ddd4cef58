"""Valid messages about the books of a card account; a test names only what it is about."""

from datetime import UTC, date, datetime, timedelta

from contracts.common_v1 import Money
from contracts.payments.account_v1 import (
    CardDifferenceKind,
    DayReconciled,
    DifferenceFound,
    DifferenceResolution,
    DifferenceResolved,
    PaidOut,
    PeriodClosed,
)
from services.payments.account.periods import ClosePeriod
from services.payments.account.reconciling import (
    Difference,
    Payout,
    ReconcileDay,
    ResolveDifference,
)
from services.payments.tests.make_cards import GROUP, HOUSE, money

DAY = date(2030, 5, 6)
ENDS = datetime(2030, 5, 6, 22, tzinfo=UTC)
"""The end of the day in Lyon."""
NEXT = ENDS + timedelta(hours=3)
MORNING = datetime(2030, 5, 6, 8, tzinfo=UTC)


def difference(id: str = "txn_9", amount: int = -200) -> Difference:
    return Difference(
        difference_id=id,
        kind=CardDifferenceKind.NOT_IN_BOOKS,
        movement="stripe_fee",
        charge_id=None,
        at_provider=money(amount),
        fee_at_provider=money(0),
        in_books=None,
        fee_in_books=None,
        moved_at=MORNING,
    )


def payout(id: str = "txn_8", amount: int = 34_485) -> Payout:
    return Payout(
        balance_transaction_id=id, amount=money(amount), fee=money(0), paid_out_at=MORNING
    )


def reconcile(
    *differences: Difference,
    day: date = DAY,
    payouts: tuple[Payout, ...] = (),
    at: datetime = NEXT,
) -> ReconcileDay:
    return ReconcileDay(
        dealership_id=HOUSE,
        organisation_id=GROUP,
        day=day,
        ends_at=ENDS + (day - DAY),
        matched=3,
        differences=differences,
        payouts=payouts,
        at=at,
    )


def reconciled(
    found: int = 0, day: date = DAY, responsible: str | None = None, at: datetime = NEXT
) -> DayReconciled:
    return DayReconciled(
        dealership_id=HOUSE,
        organisation_id=GROUP,
        day=day,
        matched_count=3,
        found_count=found,
        responsible_id=responsible,
        reconciled_at=at,
    )


def found(id: str = "txn_9", amount: int = -200, at: datetime = NEXT) -> DifferenceFound:
    return DifferenceFound(
        dealership_id=HOUSE,
        organisation_id=GROUP,
        difference_id=id,
        kind=CardDifferenceKind.NOT_IN_BOOKS,
        movement="stripe_fee",
        charge_id=None,
        at_provider=money(amount),
        fee_at_provider=money(0),
        in_books=None,
        fee_in_books=None,
        moved_at=MORNING,
        found_at=at,
    )


def paid_out(version: int, id: str = "txn_8", amount: Money | None = None) -> PaidOut:
    return PaidOut(
        dealership_id=HOUSE,
        organisation_id=GROUP,
        balance_transaction_id=id,
        amount=amount or money(34_485),
        fee=money(0),
        paid_out_at=MORNING,
        booked_at=NEXT,
        version=version,
    )


def resolve(
    id: str = "txn_9",
    resolution: DifferenceResolution = DifferenceResolution.COST_OF_PROVIDER,
    reference: str | None = None,
) -> ResolveDifference:
    return ResolveDifference(
        dealership_id=HOUSE,
        organisation_id=GROUP,
        difference_id=id,
        resolution=resolution,
        reference=reference,
        by="ana",
        at=NEXT,
    )


def resolved(
    id: str = "txn_9",
    resolution: DifferenceResolution = DifferenceResolution.COST_OF_PROVIDER,
    reference: str | None = None,
) -> DifferenceResolved:
    return DifferenceResolved(
        dealership_id=HOUSE,
        organisation_id=GROUP,
        difference_id=id,
        resolution=resolution,
        reference=reference,
        resolved_by="ana",
        resolved_at=NEXT,
    )


DIGEST = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
SETTLED = datetime(2030, 6, 1, 22, tzinfo=UTC)
"""A day after May is over in Lyon."""


def close(
    begins: date = date(2030, 5, 1),
    ends: date = date(2030, 5, 31),
    entries: int = 41,
    unnumbered: int = 0,
    at: datetime = SETTLED,
    first: date | None = date(2030, 5, 1),
    compared_from: date | None = None,
) -> ClosePeriod:
    return ClosePeriod(
        dealership_id=HOUSE,
        organisation_id=GROUP,
        begins_on=begins,
        ends_on=ends,
        settled_at=SETTLED,
        first_on=first,
        compared_from=compared_from,
        seen=41,
        entries=entries,
        unnumbered=unnumbered,
        digest=DIGEST,
        by="ana",
        at=at,
    )


def closed(begins: date = date(2030, 5, 1), ends: date = date(2030, 5, 31)) -> PeriodClosed:
    return PeriodClosed(
        dealership_id=HOUSE,
        organisation_id=GROUP,
        begins_on=begins,
        ends_on=ends,
        entry_count=41,
        digest=DIGEST,
        closed_by="ana",
        closed_at=SETTLED,
    )
