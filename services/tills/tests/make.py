"""Valid commands and events of a till; a test names only what it is about."""

from datetime import UTC, date, datetime, timedelta

from contracts.cash import dirhams
from contracts.common_v1 import Money
from contracts.depot_tours.tour_v1 import OrderHandedOver
from contracts.tills.till_v1 import (
    CashCollected,
    CashCounted,
    CashDeposited,
    CourierCash,
    GapReason,
    GapRecorded,
    OrderCash,
    SendersPaid,
    TillClosed,
)
from services.tills.till import CollectCash, CountCash
from services.tills.till.closing import CloseDay, CourierSeen
from services.tills.till.custody import DepositCash, PaySenders

NOON = datetime(2030, 5, 1, 12, 0, tzinfo=UTC)
LATER = NOON + timedelta(minutes=40)
DAY = date(2030, 5, 1)
TILL = "maarif:2030-05-01"
CASH = dirhams(34_900)


def handed_over(
    order: str = "o-1", cash: Money | None = CASH, at: datetime = NOON
) -> OrderHandedOver:
    return OrderHandedOver(
        tour_id="t-1",
        organisation_id="maarif",
        order_id=order,
        courier_id="karim",
        cash=cash,
        handed_over_at=at,
    )


def collect(
    order: str = "o-1", minor: int = 34_900, courier: str = "karim", at: datetime = NOON
) -> CollectCash:
    return CollectCash(
        till_id=TILL,
        organisation_id="maarif",
        day=DAY,
        courier_id=courier,
        tour_id="t-1",
        order_id=order,
        amount=dirhams(minor),
        at=at,
    )


def collected(
    order: str = "o-1",
    minor: int = 34_900,
    expected: int | None = None,
    courier: str = "karim",
    after_close: bool = False,
) -> CashCollected:
    """The first one of its courier, unless it says what is expected with it."""
    return CashCollected(
        till_id=TILL,
        organisation_id="maarif",
        day=DAY,
        courier_id=courier,
        tour_id="t-1",
        order_id=order,
        amount=dirhams(minor),
        expected=dirhams(minor if expected is None else expected),
        after_close=after_close,
        collected_at=NOON,
    )


def count(
    counted: Money = CASH,
    courier: str = "karim",
    by: str = "omar",
    manages: bool = False,
    day: date = DAY,
    at: datetime = NOON,
) -> CountCash:
    return CountCash(
        till_id=TILL,
        organisation_id="maarif",
        day=day,
        courier_id=courier,
        counted=counted,
        by=by,
        manages=manages,
        at=at,
    )


def counted(minor: int = 34_900, courier: str = "karim", at: datetime = NOON) -> CashCounted:
    return CashCounted(
        till_id=TILL,
        organisation_id="maarif",
        day=DAY,
        courier_id=courier,
        counted=dirhams(minor),
        counted_by="omar",
        counted_at=at,
    )


def cash(expected: int = 34_900, counted: int = 34_900, courier: str = "karim") -> CourierCash:
    return CourierCash(courier_id=courier, expected=dirhams(expected), counted=dirhams(counted))


def seen(
    expected: int = 34_900,
    counted: int = 34_900,
    reason: GapReason | None = None,
    courier: str = "karim",
) -> CourierSeen:
    return CourierSeen(cash(expected, counted, courier), reason)


def close(*couriers: CourierSeen, at: datetime = NOON) -> CloseDay:
    return CloseDay(
        till_id=TILL,
        organisation_id="maarif",
        day=DAY,
        couriers=couriers or (seen(),),
        by="nadia",
        at=at,
    )


def closed(*couriers: CourierCash) -> TillClosed:
    return TillClosed(
        till_id=TILL,
        organisation_id="maarif",
        day=DAY,
        couriers=couriers or (cash(),),
        closed_by="nadia",
        closed_at=NOON,
    )


def gap(minor: int, reason: GapReason, courier: str = "karim") -> GapRecorded:
    return GapRecorded(
        till_id=TILL,
        organisation_id="maarif",
        day=DAY,
        courier_id=courier,
        gap=dirhams(minor),
        reason=reason,
        recorded_by="nadia",
        recorded_at=NOON,
    )


def deposit(amount: Money = CASH, reference: str = "BMCE-1") -> DepositCash:
    return DepositCash(
        till_id=TILL,
        organisation_id="maarif",
        day=DAY,
        amount=amount,
        reference=reference,
        by="nadia",
        at=NOON,
    )


def deposited(minor: int = 34_900, reference: str = "BMCE-1") -> CashDeposited:
    return CashDeposited(
        till_id=TILL,
        organisation_id="maarif",
        day=DAY,
        amount=dirhams(minor),
        reference=reference,
        deposited_by="nadia",
        deposited_at=NOON,
    )


def pay(*orders: str, reference: str = "BMCE-2") -> PaySenders:
    return PaySenders(
        till_id=TILL,
        organisation_id="maarif",
        day=DAY,
        order_ids=orders or ("o-1",),
        reference=reference,
        by="nadia",
        at=NOON,
    )


def paid(order: str = "o-1", minor: int = 34_900, reference: str = "BMCE-2") -> SendersPaid:
    return SendersPaid(
        till_id=TILL,
        organisation_id="maarif",
        day=DAY,
        orders=(OrderCash(order, dirhams(minor)),),
        reference=reference,
        paid_by="nadia",
        paid_at=NOON,
    )
