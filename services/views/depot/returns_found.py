"""Incoming returns: which orders came back, how old are they, and what are they worth?"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated

from fastapi import Query
from psycopg.rows import dict_row
from pydantic import Field

from contracts.depot_tours.returned_v1 import ReturnReason
from infra.http.answers import Answer, Answered, Listed, MoneyShown, Router
from infra.http.models import Instant, Named
from infra.http.pages import Paging
from infra.http.request_context import RequestContext
from infra.reading import Rows
from services.views.depot.filters import DepotContext, ThreeFilters
from services.views.depot.orders import BY_ID, Order, money, orders
from services.views.depot.outgoing import parcels
from services.views.depot.returns import OLDEST, Return, ReturnStatus, returns
from services.views.depot.tours import LATEST, Tour, tours
from services.views.depot.users import PersonShown, people

router = Router("Incoming returns")


class ReturnState(StrEnum):
    """The three filters of returns: to be checked or disputed, stored, or gone again."""

    IN_DEPOT = "in_depot"
    APPROVED = "approved"
    OUT_OF_DEPOT = "out_of_depot"


STATUSES: Mapping[ReturnState, tuple[ReturnStatus, ...]] = {
    ReturnState.IN_DEPOT: (ReturnStatus.IN_DEPOT, ReturnStatus.DISPUTED),
    ReturnState.APPROVED: (ReturnStatus.APPROVED, ReturnStatus.BACK_TO_SENDER),
    ReturnState.OUT_OF_DEPOT: (ReturnStatus.OUT_OF_DEPOT,),
}


class ReturnFilters(ThreeFilters):
    """Which returns are wanted."""

    state: ReturnState | None = None
    status: ReturnStatus | None = None
    goes_back_within_days: Annotated[int | None, Field(ge=0, le=30)] = None
    """Only what goes back to its sender so soon unless it leaves."""


class ShelvedShown(Answer):
    parcel_code: str
    shelf: str | None
    """Null until it was put on one."""


class ReturnListed(Answer):
    """An order that came back."""

    order_id: str
    status: ReturnStatus
    tracking_number: str
    recipient_name: str
    """Empty once the recipient was forgotten."""
    city: str
    courier: PersonShown
    """The courier who brought it back, or has it now."""
    tour_id: str
    """The one that it came back from."""
    reason: Annotated[ReturnReason, Named()]
    attempts: int
    cash_on_delivery: MoneyShown | None
    parcels: int
    """The number of parcels of the order."""
    parcels_of_tour: int
    """The number of parcels of all orders of that tour."""
    stored: tuple[ShelvedShown, ...]
    returned_at: Instant
    age_days: int
    """Whole days since it came back."""
    approved_at: Instant | None
    sent_back_from: Instant | None
    """When it goes back to its sender, unless it leaves before."""
    claim_id: str | None


def found(organisation_id: str, filters: ReturnFilters, now: datetime) -> Rows[Return]:
    """The returns that match at this time."""
    rows = filters.narrow(returns.of(organisation_id))
    rows = rows.filtered({"courier_id": filters.courier_id})
    if filters.state is not None:
        rows = rows.where(
            "status = any(%(of_state)s)", of_state=[one.value for one in STATUSES[filters.state]]
        )
    if filters.status is not None:
        rows = rows.where("status = %(is_at)s", is_at=filters.status)
    if filters.goes_back_within_days is None:
        return rows
    soon = now + timedelta(days=filters.goes_back_within_days)
    return rows.where("status = 'approved' and sent_back_from <= %(soon)s", soon=soon)


@router.get("/returns")
async def returns_found(
    context: DepotContext, page: Paging, filters: Annotated[ReturnFilters, Query()]
) -> Answered[Listed[ReturnListed]]:
    """Orders that came back, the oldest first."""
    mine = context.principal.organisation_id

    async def present(rows: Sequence[Return]) -> list[ReturnListed]:
        who = await people(context, (row.courier_id for row in rows))
        came_from = {row.tour_id for row in rows}
        their = await tours.of(mine, tour_id=came_from).many(context.pool, LATEST)
        by_tour = {tour.tour_id: tour for tour in their}
        ids = {row.order_id for row in rows}
        named = await orders.of(mine, order_id=ids).many(context.pool, BY_ID)
        by_order = {order.order_id: order for order in named}
        return [
            return_listed(
                row,
                who[row.courier_id],
                by_order.get(row.order_id),
                by_tour.get(row.tour_id),
                context.at,
            )
            for row in rows
        ]

    return await page.show_together(found(mine, filters, context.at), OLDEST, present)


def return_listed(
    row: Return, courier: PersonShown, order: Order | None, tour: Tour | None, now: datetime
) -> ReturnListed:
    """The return, with what its order and its tour say as far as the view has seen them."""
    return ReturnListed(
        order_id=row.order_id,
        status=ReturnStatus(row.status),
        tracking_number=row.tracking_number,
        recipient_name=order.recipient_name if order else "",
        city=row.city,
        courier=courier,
        tour_id=row.tour_id,
        reason=ReturnReason[row.reason.upper()],
        attempts=row.attempts,
        cash_on_delivery=money(row.cash_minor, row.cash_currency),
        parcels=len(row.parcel_codes),
        parcels_of_tour=parcels(tour) if tour else len(row.parcel_codes),
        stored=tuple(map(ShelvedShown.of, row.stored)),
        returned_at=row.returned_at,
        age_days=(now - row.returned_at).days,
        approved_at=row.approved_at,
        sent_back_from=row.sent_back_from,
        claim_id=row.claim_id,
    )


# --- What they are worth ----------------------------------------------------


class HeldShown(Answer):
    """The orders that came back and that the depot keeps; not those that go to their senders."""

    orders: int
    value: MoneyShown | None
    """The money that their recipients were to pay; null where nothing is due."""
    going_back: int
    """Orders that go back to their senders within a day unless they leave."""
    oldest_at: Instant | None


HELD = """
select count(*) as orders, sum(cash_minor)::bigint as minor, min(cash_currency) as currency,
  count(*) filter (where status = 'approved' and sent_back_from <= %(soon)s) as going_back,
  min(returned_at) as oldest_at
from returns where organisation_id = %(mine)s and status in ('in_depot', 'disputed', 'approved')
"""


@router.get("/returns/held")
async def returns_held(context: DepotContext) -> Answered[HeldShown]:
    """How much the orders that are kept are worth, and how many go back within a day."""
    return Answered(await held(context))


async def held(context: RequestContext) -> HeldShown:
    asked = {"mine": context.principal.organisation_id, "soon": context.at + timedelta(days=1)}
    async with context.pool.connection() as connection:
        cursor = connection.cursor(row_factory=dict_row)
        await cursor.execute(HELD, asked)
        [row] = await cursor.fetchall()
    return HeldShown(
        orders=row["orders"],
        value=money(row["minor"], row["currency"]),
        going_back=row["going_back"],
        oldest_at=row["oldest_at"],
    )
