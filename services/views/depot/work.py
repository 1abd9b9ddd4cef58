"""Which orders are to be prepared, and how much waits in each list?"""

from collections.abc import Mapping, Sequence
from typing import Annotated

from fastapi import Query
from psycopg.rows import dict_row

from infra.http.answers import Answer, Answered, Listed, MoneyShown, Router
from infra.http.models import Id, Instant
from infra.http.pages import Paging
from infra.http.request_context import RequestContext
from infra.reading import Rows
from services.views.depot.filters import DepotContext, ThreeFilters
from services.views.depot.orders import Order, money, orders
from services.views.depot.pickups import FIRST, Pickup, pickups
from services.views.depot.users import PersonShown, people

router = Router("Work")
LONGEST_ASKED = orders.order("longest-asked", "assigned_at", "order_id")


class TaskFilters(ThreeFilters):
    """Which orders are wanted."""

    courier_id: Id | None = None
    """The courier who is to bring the order to the depot, or brought it."""
    operator_id: Id | None = None
    """The person who is to prepare it; only managers see the tasks of others."""


class BringingShown(Answer):
    """The pickup that an order is on."""

    pickup_id: str
    courier: PersonShown | None


class TaskListed(Answer):
    """An order that somebody is to prepare."""

    order_id: str
    tracking_number: str
    city: str
    recipient_name: str
    """Empty once the recipient was forgotten."""
    parcels: int
    scanned: int
    cash_on_delivery: MoneyShown | None
    operator: PersonShown
    assigned_at: Instant
    pickup: BringingShown | None
    """The last one that the order is on, if it is on any."""


def to_prepare(context: RequestContext, filters: TaskFilters) -> Rows[Order]:
    """The orders that match; those of an operator are their own."""
    who = context.principal
    rows = filters.narrow(orders.of(who.organisation_id, status="to_prepare"))
    rows = rows.filtered({"operator_id": filters.operator_id})
    if "administration" not in who.roles:
        rows = rows.where("operator_id = %(asking)s", asking=who.subject)
    if filters.courier_id is None:
        return rows
    # No pickup is planned before its orders are registered, but for clocks that differ: without the
    # bound, all that a courier ever brought would be looked through.
    return rows.where(
        "order_id in (select unnest(p.order_ids) from pickups p"
        " where p.organisation_id = %(organisation_id)s and p.courier_id = %(courier)s"
        " and p.planned_at >= (select min(o.registered_at) - interval '1 day' from orders o"
        " where o.organisation_id = %(organisation_id)s and o.status = 'to_prepare'))",
        courier=filters.courier_id,
    )


async def bringing(context: RequestContext, order_ids: Sequence[str]) -> dict[str, Pickup]:
    """The last pickup of each of these orders that is on one."""
    mine = pickups.of(context.principal.organisation_id)
    rows = mine.where("order_ids && %(wanted)s::text[]", wanted=list(order_ids))
    found = await rows.many(context.pool, FIRST)
    return {order_id: pickup for pickup in found for order_id in pickup.order_ids}


@router.get("/work")
async def tasks_to_do(
    context: DepotContext, page: Paging, filters: Annotated[TaskFilters, Query()]
) -> Answered[Listed[TaskListed]]:
    """Orders to prepare, those first that wait longest; operators see their own."""

    async def present(rows: Sequence[Order]) -> list[TaskListed]:
        brought = await bringing(context, [row.order_id for row in rows])
        ids = {row.operator_id for row in rows} | {one.courier_id for one in brought.values()}
        who = await people(context, ids)
        return [task_listed(row, who, brought.get(row.order_id)) for row in rows]

    return await page.show_together(to_prepare(context, filters), LONGEST_ASKED, present)


def task_listed(row: Order, who: Mapping[str, PersonShown], pickup: Pickup | None) -> TaskListed:
    assert row.operator_id is not None
    assert row.assigned_at is not None
    return TaskListed(
        order_id=row.order_id,
        tracking_number=row.tracking_number,
        city=row.city,
        recipient_name=row.recipient_name,
        parcels=len(row.parcel_codes),
        scanned=len(row.scanned),
        cash_on_delivery=money(row.cash_minor, row.cash_currency),
        operator=who[row.operator_id],
        assigned_at=row.assigned_at,
        pickup=bringing_shown(pickup, who) if pickup else None,
    )


def bringing_shown(pickup: Pickup, who: Mapping[str, PersonShown]) -> BringingShown:
    courier = who[pickup.courier_id] if pickup.courier_id else None
    return BringingShown(pickup_id=pickup.pickup_id, courier=courier)


# --- How much waits ---------------------------------------------------------


class WaitingShown(Answer):
    """How much of the depot waits for somebody; each number is that of its list."""

    orders_to_prepare: int
    """The ones of the caller, for an operator."""
    pickups_pending: int
    pickups_assigned: int
    pickups_canceled: int
    tours_ready: int
    """Also those that are being handed over."""
    tours_out: int
    tours_canceled: int
    returns_to_check: int
    returns_disputed: int
    returns_approved: int


COUNTED = """
select
  (select count(*) from orders where organisation_id = %(mine)s and status = 'to_prepare'
     and (%(all)s or operator_id = %(asking)s)) as orders_to_prepare,
  (select count(*) from pickups where organisation_id = %(mine)s and status = 'pending')
     as pickups_pending,
  (select count(*) from pickups where organisation_id = %(mine)s and status = 'assigned')
     as pickups_assigned,
  (select count(*) from pickups where organisation_id = %(mine)s and status = 'canceled')
     as pickups_canceled,
  (select count(*) from tours where organisation_id = %(mine)s
     and status in ('ready', 'handing_over')) as tours_ready,
  (select count(*) from tours where organisation_id = %(mine)s and status = 'out') as tours_out,
  (select count(*) from tours where organisation_id = %(mine)s and status = 'canceled')
     as tours_canceled,
  (select count(*) from returns where organisation_id = %(mine)s and status = 'in_depot')
     as returns_to_check,
  (select count(*) from returns where organisation_id = %(mine)s and status = 'disputed')
     as returns_disputed,
  (select count(*) from returns where organisation_id = %(mine)s and status = 'approved')
     as returns_approved
"""


@router.get("/work/waiting")
async def work_waiting(context: DepotContext) -> Answered[WaitingShown]:
    """How much waits: orders to prepare, tours in progress, returns to check."""
    who = context.principal
    asked = {
        "mine": who.organisation_id,
        "asking": who.subject,
        "all": "administration" in who.roles,
    }
    async with context.pool.connection() as connection:
        cursor = connection.cursor(row_factory=dict_row)
        await cursor.execute(COUNTED, asked)
        [found] = await cursor.fetchall()
    return Answered(WaitingShown(**found))
