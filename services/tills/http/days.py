"""The days of a till over HTTP: the cash of each courier is counted, and the day is closed."""

from enum import StrEnum
from typing import Annotated, assert_never

from pydantic import Field

from contracts.accounts.user_v1 import Role
from contracts.cash import dirhams
from contracts.common_v1 import Money
from contracts.tills import till_v1
from contracts.tills.till_v1 import (
    CashCollected,
    CashCounted,
    CashDeposited,
    CourierCash,
    GapReason,
    GapRecorded,
    SendersPaid,
    TillClosed,
)
from infra.http.answers import Answer, Answered, MoneyShown, Recorded, Router
from infra.http.history import History, HistoryPart
from infra.http.models import Body, Day, Id, Instant, MoneyBody, Named
from infra.http.problems import unknown_reference
from infra.http.request_context import RequestContext
from infra.lookups import users
from services.tills import till
from services.tills.aggregates import TILL
from services.tills.http.access import CounterContext, DepotContext, ManagerContext, manages
from services.tills.till.cash import Takings
from services.tills.till.closing import CloseDay, CourierSeen, gap
from services.tills.till.custody import Closed

router = Router("Days")

MOST_COURIERS = 1_000
"""Of one depot on a day."""
WhyGap = Annotated[GapReason, Named()]

# --- Bodies -----------------------------------------------------------------


class CountBody(Body):
    """The cash of a courier that was counted."""

    courier_id: Id
    counted: MoneyBody
    """All that the courier brought."""


class CourierClosedBody(Body):
    """A courier of a day that is to be closed."""

    courier_id: Id
    expected: MoneyBody
    """As it was seen."""
    counted: MoneyBody
    """As it was seen."""
    gap_reason: WhyGap | None = None
    """Why these differ, where they do."""


class CloseBody(Body):
    couriers: Annotated[
        tuple[CourierClosedBody, ...], Field(max_length=MOST_COURIERS, strict=False)
    ]
    """Every courier of the day as it was seen; 412 when somebody was paid or counted since."""


# --- Answers ----------------------------------------------------------------


class TillStatus(StrEnum):
    """Whether the day of a till is closed."""

    OPEN = "open"
    CLOSED = "closed"


class CourierOfDay(Answer):
    """A courier of a day."""

    courier_id: str
    expected: MoneyShown | None
    """What recipients paid; null, while the day is open, to whoever may count."""
    counted: MoneyShown | None
    """Null before the first count."""
    gap: MoneyShown | None
    """What was counted less what was expected, once the day is closed."""
    gap_reason: WhyGap | None
    reported_late: MoneyShown | None
    """What recipients paid on that day and the depot learnt after the close, once it is closed."""


class TillShown(Answer):
    """The till of a day."""

    day: Day
    status: TillStatus
    couriers: tuple[CourierOfDay, ...]
    """By their ids."""
    in_till: MoneyShown | None
    """What was counted and is not at the bank, once the day is closed."""
    closed_by: str | None
    closed_at: Instant | None


class CourierCashShown(Answer):
    courier_id: str
    expected: MoneyShown
    counted: MoneyShown


class ClosedFact(Answer):
    """The day was closed."""

    till_id: str
    organisation_id: str
    day: Day
    couriers: tuple[CourierCashShown, ...]
    closed_by: str
    closed_at: Instant


class OrderCashShown(Answer):
    order_id: str
    amount: MoneyShown


class SendersPaidFact(Answer):
    """The bank paid senders."""

    till_id: str
    organisation_id: str
    day: Day
    orders: tuple[OrderCashShown, ...]
    reference: str
    paid_by: str
    paid_at: Instant


class TillHistory(
    History,
    of=till_v1.contract,
    shows={
        CashCollected: (
            *("till_id", "organisation_id", "day", "courier_id", "tour_id", "order_id"),
            *("amount", "expected", "after_close", "collected_at"),
        ),
        CashCounted: (
            *("till_id", "organisation_id", "day", "courier_id"),
            *("counted", "counted_by", "counted_at"),
        ),
        GapRecorded: (
            *("till_id", "organisation_id", "day", "courier_id"),
            *("gap", "reason", "recorded_by", "recorded_at"),
        ),
        TillClosed: ClosedFact,
        CashDeposited: (
            *("till_id", "organisation_id", "day"),
            *("amount", "reference", "deposited_by", "deposited_at"),
        ),
        SendersPaid: SendersPaidFact,
    },
):
    """Every fact about the till of a day, oldest first."""


# --- Routes -----------------------------------------------------------------


@router.get("/days/{day}")
async def show_till(day: Day, context: DepotContext) -> Answered[TillShown]:
    """Show the till of a day, never stale; whoever may count does not see what is expected."""
    found = await context.load(TILL, till.till_id(context.principal.organisation_id, day))
    if isinstance(found.state, till.Untouched):
        raise context.refuse(till.NoSuchTill())
    return context.show(till_shown(day, found.state, manages(context)), found)


@router.get("/days/{day}/history")
async def till_history(
    day: Day, context: ManagerContext, part: HistoryPart
) -> Answered[TillHistory]:
    """List every fact about the till of a day."""
    till_id = till.till_id(context.principal.organisation_id, day)
    if isinstance((await context.load(TILL, till_id)).state, till.Untouched):
        raise context.refuse(till.NoSuchTill())
    return await context.history(TILL, till_id, TillHistory, part)


@router.post("/days/{day}/counts")
async def count_cash(day: Day, body: CountBody, context: CounterContext) -> Answered[Recorded]:
    """Say what was counted of the cash that a courier brought, without seeing what is expected.

    The last count holds, until the day is closed.
    """
    till_id = till.till_id(context.principal.organisation_id, day)
    known = till.couriers_of((await context.load(TILL, till_id)).state)
    if body.courier_id not in known:
        await require_courier(context, body.courier_id)
    command = till.CountCash(
        till_id=till_id,
        organisation_id=context.principal.organisation_id,
        day=day,
        courier_id=body.courier_id,
        counted=body.counted.money(),
        by=context.principal.subject,
        manages=manages(context),
        at=context.occurred_at,
    )
    return await context.handle(TILL, till_id, command)


@router.put("/days/{day}/close")
async def close_day(day: Day, body: CloseBody, context: ManagerContext) -> Answered[Recorded]:
    """Close a day: what was counted is in the till, and each gap has its reason."""
    till_id = till.till_id(context.principal.organisation_id, day)
    command = CloseDay(
        till_id=till_id,
        organisation_id=context.principal.organisation_id,
        day=day,
        couriers=tuple(seen(one) for one in body.couriers),
        by=context.principal.subject,
        at=context.occurred_at,
    )
    return await context.handle(TILL, till_id, command)


# --- What is asked, and what is shown ---------------------------------------


async def require_courier(context: RequestContext, courier_id: str) -> None:
    """Refuse to count the cash of who is no courier of the depot, and was none.

    One whose account was closed may still bring cash of an earlier day. Raises the 422 `Problem` of
    the field.
    """
    user = await context.lookup(users.lookup, courier_id)
    if (
        user is None
        or user.organisation_id != context.principal.organisation_id
        or not (user.active or user.closed)
        or Role.COURIER.name.lower() not in user.roles
    ):
        raise unknown_reference("courier_id", "courier")


def seen(body: CourierClosedBody) -> CourierSeen:
    cash = CourierCash(
        courier_id=body.courier_id,
        expected=body.expected.money(),
        counted=body.counted.money(),
    )
    return CourierSeen(cash, body.gap_reason)


def till_shown(day: Day, state: till.Touched, sees_expected: bool) -> TillShown:
    match state:
        case till.Open():
            couriers = sorted(state.couriers.items())
            return TillShown(
                day=day,
                status=TillStatus.OPEN,
                couriers=tuple(open_shown(*one, sees_expected) for one in couriers),
                in_till=None,
                closed_by=None,
                closed_at=None,
            )
        case Closed(closed=closed):
            return TillShown(
                day=day,
                status=TillStatus.CLOSED,
                couriers=tuple(
                    closed_shown(state, id, takings)
                    for id, takings in sorted(state.couriers.items())
                ),
                in_till=MoneyShown.of(dirhams(state.in_till_minor)),
                closed_by=closed.closed_by,
                closed_at=closed.closed_at,
            )
        case unhandled:
            assert_never(unhandled)


def open_shown(courier_id: str, takings: Takings, sees_expected: bool) -> CourierOfDay:
    return CourierOfDay(
        courier_id=courier_id,
        expected=shown(takings.expected if sees_expected else None),
        counted=shown(takings.counted),
        gap=None,
        gap_reason=None,
        reported_late=None,
    )


def closed_shown(state: Closed, courier_id: str, takings: Takings) -> CourierOfDay:
    """One of whom the depot learnt after the close had nothing to bring until then."""
    found = [one for one in state.closed.couriers if one.courier_id == courier_id]
    nothing = CourierCash(courier_id=courier_id, expected=dirhams(0), counted=dirhams(0))
    cash = found[0] if found else nothing
    recorded = state.gaps.get(courier_id)
    late = takings.expected.amount_minor - cash.expected.amount_minor
    return CourierOfDay(
        courier_id=courier_id,
        expected=shown(cash.expected),
        counted=shown(cash.counted),
        gap=shown(gap(cash)),
        gap_reason=recorded.reason if recorded else None,
        reported_late=shown(dirhams(late)),
    )


def shown(amount: Money | None) -> MoneyShown | None:
    return None if amount is None else MoneyShown.of(amount)
