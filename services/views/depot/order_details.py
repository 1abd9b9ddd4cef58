"""One order: to whom it goes, how it was prepared, and which ways it went."""

from typing import Annotated

from contracts.depot_tours.order_v1 import MissingReason
from contracts.depot_tours.returned_v1 import Finding
from infra.http.answers import Answer, Answered, MoneyShown, Router
from infra.http.models import Day, Id, Instant, Named
from infra.http.problems import Problem
from infra.http.request_context import RequestContext
from services.views.depot.filters import DepotContext
from services.views.depot.orders import (
    Order,
    OrderStatus,
    RecipientShown,
    money,
    orders,
    recipient,
)
from services.views.depot.outgoing import OrderOnTour, order_on_tour
from services.views.depot.pickups import FIRST, Pickup, PickupStatus, pickups
from services.views.depot.returns import Return, returns
from services.views.depot.returns_found import ReturnListed, return_listed
from services.views.depot.tours import LATEST, Tour, TourStatus, tours
from services.views.depot.users import PersonShown, people

router = Router("Orders")


class MissingShown(Answer):
    parcel_code: str
    reason: Annotated[MissingReason, Named()]


class PickupOfOrder(Answer):
    """A pickup that the order is on, or was."""

    pickup_id: str
    status: PickupStatus
    day: Day
    courier: PersonShown | None


class TourOfOrder(Answer):
    """A tour that the order is on, or was, and what became of it there."""

    tour_id: str
    status: TourStatus
    courier: PersonShown
    order: OrderOnTour
    checked_out_at: Instant | None


class DifferingShown(Answer):
    parcel_code: str
    finding: Annotated[Finding, Named()]


class ReturnOfOrder(ReturnListed):
    """How the order came back last."""

    stayed: tuple[str, ...]
    """The parcels that had not left."""
    brought_by: PersonShown
    approved_by: PersonShown | None
    differing: tuple[DifferingShown, ...]
    """The parcels that are not as they should be."""
    cash_differs: bool
    left_with: str | None
    """The tour that it left with again."""
    left_at: Instant | None
    sent_back_at: Instant | None


class OrderDetails(Answer):
    """An order with all that the depot knows of it."""

    order_id: str
    tracking_number: str
    status: OrderStatus
    city: str
    recipient: RecipientShown | None
    """Null once the recipient was forgotten."""
    parcel_codes: tuple[str, ...]
    cash_on_delivery: MoneyShown | None
    operator: PersonShown | None
    """The person who is to prepare it, or did."""
    scanned: tuple[str, ...]
    missing: tuple[MissingShown, ...]
    registered_by: PersonShown
    registered_at: Instant
    assigned_at: Instant | None
    prepared_by: PersonShown | None
    prepared_at: Instant | None
    pickups: tuple[PickupOfOrder, ...]
    """The first day first."""
    tours: tuple[TourOfOrder, ...]
    """The latest first."""
    returned: ReturnOfOrder | None


@router.get("/orders/{order_id}")
async def order_details(order_id: Id, context: DepotContext) -> Answered[OrderDetails]:
    """Show an order with its pickups, its tours, and how it came back."""
    mine = context.principal.organisation_id
    row = await orders.of(mine, order_id=order_id).one(context.pool)
    if row is None:
        raise Problem(404, "no-such-order")
    on = {"order": order_id}
    on_pickups = pickups.of(mine).where("order_ids @> array[%(order)s::text]", **on)
    on_tours = tours.of(mine).where("order_ids @> array[%(order)s::text]", **on)
    back = await returns.of(mine, order_id=order_id).one(context.pool)
    brought = await on_pickups.many(context.pool, FIRST)
    carried = await on_tours.many(context.pool, LATEST)
    return Answered(await details(context, row, brought, carried, back))


async def details(
    context: RequestContext,
    row: Order,
    brought: list[Pickup],
    carried: list[Tour],
    back: Return | None,
) -> OrderDetails:
    couriers = (*(one.courier_id for one in brought), *(one.courier_id for one in carried))
    of_return = (back.courier_id, back.brought_by, back.approved_by) if back else ()
    staff = (row.operator_id, row.registered_by, row.prepared_by)
    who = await people(context, (*staff, *couriers, *of_return))

    def person(id: str | None) -> PersonShown | None:
        return who[id] if id is not None else None

    came_from = next((one for one in carried if back and one.tour_id == back.tour_id), None)
    return OrderDetails(
        order_id=row.order_id,
        tracking_number=row.tracking_number,
        status=OrderStatus(row.status),
        city=row.city,
        recipient=recipient(row),
        parcel_codes=row.parcel_codes,
        cash_on_delivery=money(row.cash_minor, row.cash_currency),
        operator=person(row.operator_id),
        scanned=row.scanned,
        missing=tuple(
            MissingShown(parcel_code=one.parcel_code, reason=MissingReason[one.reason.upper()])
            for one in row.missing
        ),
        registered_by=who[row.registered_by],
        registered_at=row.registered_at,
        assigned_at=row.assigned_at,
        prepared_by=person(row.prepared_by),
        prepared_at=row.prepared_at,
        pickups=tuple(
            PickupOfOrder(
                pickup_id=one.pickup_id,
                status=PickupStatus(one.status),
                day=one.day,
                courier=person(one.courier_id),
            )
            for one in brought
        ),
        tours=tuple(tour_of_order(one, row, who[one.courier_id]) for one in carried),
        returned=ReturnOfOrder(
            **dict(return_listed(back, who[back.courier_id], row, came_from, context.at)),
            stayed=back.stayed,
            brought_by=who[back.brought_by],
            approved_by=person(back.approved_by),
            differing=tuple(
                DifferingShown(parcel_code=one.parcel_code, finding=Finding[one.finding.upper()])
                for one in back.differing
            ),
            cash_differs=back.cash_differs,
            left_with=back.left_with,
            left_at=back.left_at,
            sent_back_at=back.sent_back_at,
        )
        if back
        else None,
    )


def tour_of_order(tour: Tour, row: Order, courier: PersonShown) -> TourOfOrder:
    [carried] = [one for one in tour.orders if one.order_id == row.order_id]
    return TourOfOrder(
        tour_id=tour.tour_id,
        status=TourStatus(tour.status),
        courier=courier,
        order=order_on_tour(carried, row),
        checked_out_at=tour.checked_out_at,
    )
