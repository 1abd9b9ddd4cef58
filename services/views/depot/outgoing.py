"""Outgoing parcels: which tours are under way, with whom, and what became of each order?"""

from collections.abc import Sequence
from typing import Annotated

from fastapi import Query

from contracts.depot_tours.tour_v1 import FailureReason, LeftBehindReason
from infra.http.answers import Answer, Answered, Listed, MoneyShown, Router
from infra.http.models import Id, Instant, Named
from infra.http.pages import Paging
from infra.http.problems import Problem
from services.views.depot.filters import DepotContext, ThreeFilters
from services.views.depot.orders import BY_ID, Order, RecipientShown, money, orders, recipient
from services.views.depot.tours import LATEST, Carried, DeliveryStatus, Tour, TourStatus, tours
from services.views.depot.users import PersonShown, people

router = Router("Outgoing parcels")


class TourFilters(ThreeFilters):
    """Which tours are wanted."""

    status: TourStatus | None = None
    """Without one, all but those that are over."""


class TourListed(Answer):
    """A tour in a list."""

    tour_id: str
    status: TourStatus
    courier: PersonShown
    cities: tuple[str, ...]
    tracking_numbers: tuple[str, ...]
    parcels: int
    """Those of the tour; once it has left, those that left with it."""
    handed_over: int
    """Orders that their recipients have."""
    given_back: int
    """Orders that came back to the depot."""
    cash: MoneyShown | None
    """The money that all recipients pay together, once the tour has left those whose order left
    with it; null where nothing is due."""
    composed_at: Instant
    checked_out_at: Instant | None


@router.get("/outgoing")
async def parcels_outgoing(
    context: DepotContext, page: Paging, filters: Annotated[TourFilters, Query()]
) -> Answered[Listed[TourListed]]:
    """Tours in the depot and out of it, the latest first; those that are over when asked for."""

    async def present(rows: Sequence[Tour]) -> list[TourListed]:
        who = await people(context, (row.courier_id for row in rows))
        return [tour_listed(row, who[row.courier_id]) for row in rows]

    rows = filters.narrow_tours(tours.of(context.principal.organisation_id))
    if filters.status is None:
        rows = rows.where("status <> 'over'")
    return await page.show_together(rows.filtered({"status": filters.status}), LATEST, present)


def tour_listed(row: Tour, courier: PersonShown) -> TourListed:
    statuses = [one.status for one in row.orders]
    going = (one for one in row.orders if one.status != "left_behind")
    due = [one for one in going if one.cash_minor is not None]
    total = sum(one.cash_minor or 0 for one in due)
    return TourListed(
        tour_id=row.tour_id,
        status=TourStatus(row.status),
        courier=courier,
        cities=tuple(dict.fromkeys(one.city for one in row.orders)),
        tracking_numbers=row.tracking_numbers,
        parcels=parcels(row),
        handed_over=statuses.count("handed_over"),
        given_back=statuses.count("given_back"),
        cash=money(total, due[0].cash_currency) if due else None,
        composed_at=row.composed_at,
        checked_out_at=row.checked_out_at,
    )


def parcels(row: Tour) -> int:
    """The number of parcels on a tour; what stayed in the depot is not on it."""
    return sum(len(one.parcel_codes) for one in row.orders) - len(row.left_behind)


# --- One of them ------------------------------------------------------------


class OrderOnTour(Answer):
    """An order on a tour, to whom it goes, and what became of it."""

    order_id: str
    tracking_number: str
    city: str
    recipient: RecipientShown | None
    """Null once the recipient was forgotten."""
    parcel_codes: tuple[str, ...]
    cash_on_delivery: MoneyShown | None
    status: DeliveryStatus
    attempts: int
    """Those that failed."""
    failure: Annotated[FailureReason, Named()] | None
    """The reason of the last one."""
    ended_at: Instant | None
    """When the order was handed over, or came back."""


class BehindShown(Answer):
    parcel_code: str
    reason: Annotated[LeftBehindReason, Named()]


class TourDetails(TourListed):
    """A tour with its orders."""

    orders: tuple[OrderOnTour, ...]
    loaded: tuple[str, ...]
    """The parcels that were scanned on their way out."""
    left_behind: tuple[BehindShown, ...]
    composed_by: PersonShown
    checked_out_by: PersonShown | None
    canceled_at: Instant | None


@router.get("/tours/{tour_id}")
async def tour_details(tour_id: Id, context: DepotContext) -> Answered[TourDetails]:
    """Show a tour with its orders."""
    mine = context.principal.organisation_id
    row = await tours.of(mine, tour_id=tour_id).one(context.pool)
    if row is None:
        raise Problem(404, "no-such-tour")
    who = await people(context, (row.courier_id, row.composed_by, row.checked_out_by))
    found = await orders.of(mine, order_id=row.order_ids).many(context.pool, BY_ID)
    known = {one.order_id: one for one in found}
    details = TourDetails(
        **dict(tour_listed(row, who[row.courier_id])),
        orders=tuple(order_on_tour(one, known.get(one.order_id)) for one in row.orders),
        loaded=row.loaded,
        left_behind=tuple(
            BehindShown(parcel_code=one.parcel_code, reason=LeftBehindReason[one.reason.upper()])
            for one in row.left_behind
        ),
        composed_by=who[row.composed_by],
        checked_out_by=who[row.checked_out_by] if row.checked_out_by else None,
        canceled_at=row.canceled_at,
    )
    return Answered(details)


def order_on_tour(one: Carried, known: Order | None) -> OrderOnTour:
    """The order; its recipient is not known until the view has seen its registration."""
    return OrderOnTour(
        order_id=one.order_id,
        tracking_number=one.tracking_number,
        city=one.city,
        recipient=recipient(known) if known else None,
        parcel_codes=one.parcel_codes,
        cash_on_delivery=money(one.cash_minor, one.cash_currency),
        status=DeliveryStatus(one.status),
        attempts=one.attempts,
        failure=FailureReason[one.failure.upper()] if one.failure else None,
        ended_at=one.ended_at,
    )
