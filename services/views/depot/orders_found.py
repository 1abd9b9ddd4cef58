"""Which orders are there, and which of them does nobody bring, prepare or take out yet?"""

from collections.abc import Mapping, Sequence
from typing import Annotated

from fastapi import Query

from infra.http.answers import Answer, Answered, Listed, MoneyShown, Router
from infra.http.models import Instant
from infra.http.pages import Paging
from infra.http.request_context import RequestContext
from services.views.depot.filters import DepotContext, PlaceAndNumber
from services.views.depot.orders import Order, OrderStatus, money, orders
from services.views.depot.pickups import Pickup
from services.views.depot.tours import LATEST, Tour, TourStatus, tours
from services.views.depot.users import PersonShown, people
from services.views.depot.work import BringingShown, bringing, bringing_shown

router = Router("Orders")
LATEST_REGISTERED = orders.order("latest-registered", "registered_at", "order_id", descending=True)


class OrderFilters(PlaceAndNumber):
    """Which orders are wanted."""

    status: OrderStatus | None = None
    """`registered` are those that nobody was asked to prepare."""


class CarryingShown(Answer):
    """A tour that an order is on, or was."""

    tour_id: str
    status: TourStatus
    courier: PersonShown


class OrderListed(Answer):
    """An order in a list."""

    order_id: str
    tracking_number: str
    status: OrderStatus
    city: str
    recipient_name: str
    """Empty once the recipient was forgotten."""
    parcels: int
    cash_on_delivery: MoneyShown | None
    operator: PersonShown | None
    """The person who is to prepare it, or did."""
    pickup: BringingShown | None
    """The last one that the order is on; null where it was put on none."""
    tour: CarryingShown | None
    """The last one that the order is on; null where it was put on none."""
    registered_at: Instant
    prepared_at: Instant | None


@router.get("/orders")
async def orders_found(
    context: DepotContext, page: Paging, filters: Annotated[OrderFilters, Query()]
) -> Answered[Listed[OrderListed]]:
    """Orders with the pickup and the tour that they are on, the latest registered first."""

    async def present(rows: Sequence[Order]) -> list[OrderListed]:
        ids = [row.order_id for row in rows]
        brought, carried = await bringing(context, ids), await carrying(context, ids)
        couriers = (
            *(one.courier_id for one in brought.values()),
            *(one.courier_id for one in carried.values()),
        )
        who = await people(context, (*(row.operator_id for row in rows), *couriers))
        return [
            order_listed(row, brought.get(row.order_id), carried.get(row.order_id), who)
            for row in rows
        ]

    rows = filters.narrow(orders.of(context.principal.organisation_id))
    rows = rows.filtered({"status": filters.status})
    return await page.show_together(rows, LATEST_REGISTERED, present)


async def carrying(context: RequestContext, order_ids: Sequence[str]) -> dict[str, Tour]:
    """The last tour of each of these orders that is or was on one."""
    mine = tours.of(context.principal.organisation_id)
    rows = mine.where("order_ids && %(wanted)s::text[]", wanted=list(order_ids))
    found = await rows.many(context.pool, LATEST)
    return {order_id: tour for tour in reversed(found) for order_id in tour.order_ids}


def order_listed(
    row: Order, pickup: Pickup | None, tour: Tour | None, who: Mapping[str, PersonShown]
) -> OrderListed:
    return OrderListed(
        order_id=row.order_id,
        tracking_number=row.tracking_number,
        status=OrderStatus(row.status),
        city=row.city,
        recipient_name=row.recipient_name,
        parcels=len(row.parcel_codes),
        cash_on_delivery=money(row.cash_minor, row.cash_currency),
        operator=who[row.operator_id] if row.operator_id else None,
        pickup=bringing_shown(pickup, who) if pickup else None,
        tour=carrying_shown(tour, who) if tour else None,
        registered_at=row.registered_at,
        prepared_at=row.prepared_at,
    )


def carrying_shown(tour: Tour, who: Mapping[str, PersonShown]) -> CarryingShown:
    courier, status = who[tour.courier_id], TourStatus(tour.status)
    return CarryingShown(tour_id=tour.tour_id, status=status, courier=courier)
