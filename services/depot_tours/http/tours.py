"""Tours over HTTP: composed by the depot for a courier, who may cancel them; shown to both."""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from enum import StrEnum
from typing import Annotated, assert_never

from pydantic import Field

from contracts.accounts.user_v1 import Role
from contracts.depot_tours import tour_v1
from contracts.depot_tours.pickup_v1 import OrderToPickUp
from contracts.depot_tours.tour_v1 import (
    DeliveryFailed,
    ExitUndone,
    HandoverBegun,
    HandoverCodeRefused,
    OrderGivenBack,
    OrderHandedOver,
    OrderOnTour,
    ParcelLoaded,
    TourCanceled,
    TourCheckedOut,
    TourComposed,
    TourReassigned,
)
from infra.http import readable_ids
from infra.http.answers import Answer, Answered, MoneyShown, PointShown, Recorded, Router
from infra.http.history import History, HistoryPart
from infra.http.models import Body, Id, Instant
from infra.http.problems import unknown_reference
from infra.http.request_context import RequestContext
from infra.lookups import users
from infra.store import InTransaction
from services.depot_tours import terms, tour
from services.depot_tours.adapters import claims
from services.depot_tours.aggregates import ORDER, RETURNED, TOUR
from services.depot_tours.http.access import AnyContext, CourierContext, DepotContext, is_of_depot
from services.depot_tours.http.fields import WhyFailed, WhyLeft
from services.depot_tours.tour.deliveries import Delivery, Out
from services.depot_tours.tour.departure import HandingOver, Ready, parcels

router = Router("Tours")

MOST_ORDERS = 200
"""On one tour."""

# --- Bodies -----------------------------------------------------------------


class CourierNamed(Body):
    courier_id: Id
    """A courier of the organisation, whose account is active."""


class TourBody(CourierNamed):
    """A tour to compose."""

    order_ids: Annotated[tuple[Id, ...], Field(min_length=1, max_length=MOST_ORDERS, strict=False)]
    """Prepared orders, none of which is on another tour."""


# --- Answers ----------------------------------------------------------------


class TourStatus(StrEnum):
    READY = "ready"
    HANDING_OVER = "handing_over"
    OUT = "out"
    CANCELED = "canceled"


class DeliveryStatus(StrEnum):
    IN_DEPOT = "in_depot"
    OUT = "out"
    HANDED_OVER = "handed_over"
    LEFT_BEHIND = "left_behind"
    GIVEN_BACK = "given_back"


class FailureShown(Answer):
    """An attempt that came to nothing."""

    attempt: int
    reason: WhyFailed
    photo_file_id: str | None
    """A file of media; null where none was taken."""
    called: bool
    """Whether the recipient was called in vain."""
    location: PointShown | None
    """The place where the courier was; null once the recipient was forgotten."""
    failed_at: Instant


class OrderShown(Answer):
    """An order on a tour, and what became of it."""

    order_id: str
    tracking_number: str
    city: str
    parcel_codes: tuple[str, ...]
    cash_on_delivery: MoneyShown | None
    status: DeliveryStatus
    failures: tuple[FailureShown, ...]
    handed_over_at: Instant | None


class LeftShown(Answer):
    parcel_code: str
    reason: WhyLeft


class Tour(Answer):
    """A tour, to the depot and to its courier."""

    tour_id: str
    status: TourStatus
    courier_id: str
    orders: tuple[OrderShown, ...]
    loaded: tuple[str, ...]
    """The parcels that were scanned on their way out, while the tour is in the depot."""
    left_behind: tuple[LeftShown, ...]
    composed_at: Instant
    checked_out_at: Instant | None


class TourHistory(
    History,
    of=tour_v1.contract,
    shows={
        TourComposed: ("tour_id", "organisation_id", "courier_id", "composed_by", "composed_at"),
        TourReassigned: (
            *("tour_id", "organisation_id", "courier_id", "reassigned_by", "reassigned_at"),
        ),
        ParcelLoaded: ("tour_id", "scan_id", "parcel_code", "loaded_by", "loaded_at"),
        HandoverBegun: ("tour_id", "handover_id", "courier_id", "begun_at"),
        HandoverCodeRefused: ("tour_id", "handover_id", "attempt_id", "entered_by", "refused_at"),
        TourCheckedOut: (
            *("tour_id", "organisation_id", "courier_id", "checked_out_by", "checked_out_at"),
        ),
        ExitUndone: ("tour_id", "organisation_id", "courier_id", "undone_by", "undone_at"),
        TourCanceled: ("tour_id", "organisation_id", "courier_id", "given_by", "canceled_at"),
        OrderHandedOver: (
            *("tour_id", "organisation_id", "order_id", "courier_id", "cash", "handed_over_at"),
        ),
        OrderGivenBack: (
            *("tour_id", "organisation_id", "order_id", "courier_id", "tracking_number", "city"),
            *("parcel_codes", "cash_on_delivery", "reason", "attempts", "given_back_at"),
        ),
        DeliveryFailed: (
            *("tour_id", "organisation_id", "order_id", "courier_id", "reason", "attempt"),
            "failed_at",
        ),
    },
):
    """Every fact about a tour, oldest first."""


# --- Routes -----------------------------------------------------------------


@router.post("/tours", status_code=201)
async def compose_tour(body: TourBody, context: DepotContext) -> Answered[Recorded]:
    """Put prepared orders together for a courier."""
    await users.require_active(context, "courier_id", body.courier_id, Role.COURIER)
    tour_id = context.new_id(readable_ids.TOUR)
    undone = await claims.times_undone(context.pool, body.order_ids)
    orders = await orders_on_tour(context, body.order_ids)
    command = tour.ComposeTour(
        tour_id=tour_id,
        organisation_id=context.principal.organisation_id,
        courier_id=body.courier_id,
        orders=orders,
        by=context.principal.subject,
        at=context.occurred_at,
    )
    claim = as_prepared(context, undone, claiming(context, tour_id, orders), orders)
    created = f"/depot_tours/tours/{tour_id}"
    return await context.handle(TOUR, tour_id, command, created=created, in_transaction=claim)


@router.get("/tours/{tour_id}")
async def show_tour(tour_id: Id, context: AnyContext) -> Answered[Tour]:
    """Show a tour, never stale; a courier sees their own ones."""
    found = await context.load(TOUR, tour_id)
    return context.show(shown(seen(context, found.state)), found)


@router.get("/tours/{tour_id}/history")
async def tour_history(
    tour_id: Id, context: DepotContext, part: HistoryPart
) -> Answered[TourHistory]:
    """List every fact about a tour."""
    seen(context, (await context.load(TOUR, tour_id)).state)
    return await context.history(TOUR, tour_id, TourHistory, part)


@router.put("/tours/{tour_id}/courier")
async def reassign_tour(
    tour_id: Id, body: CourierNamed, context: DepotContext
) -> Answered[Recorded]:
    """Give a tour that its courier canceled to a courier."""
    await users.require_active(context, "courier_id", body.courier_id, Role.COURIER)
    command = tour.ReassignTour(
        organisation_id=context.principal.organisation_id,
        courier_id=body.courier_id,
        by=context.principal.subject,
        at=context.occurred_at,
    )
    return await context.handle(TOUR, tour_id, command)


@router.put("/tours/{tour_id}/cancellation")
async def cancel_tour(tour_id: Id, context: CourierContext) -> Answered[Recorded]:
    """Cancel one's own tour, before it has left."""
    command = tour.CancelTour(
        organisation_id=context.principal.organisation_id,
        courier_id=context.principal.subject,
        at=context.occurred_at,
    )
    return await context.handle(TOUR, tour_id, command)


# --- What is asked, and what is shown ---------------------------------------


async def orders_on_tour(
    context: RequestContext, order_ids: tuple[str, ...]
) -> tuple[OrderOnTour, ...]:
    """The orders as a tour takes them. Raises the 422 of the first that is unknown, or the refusal
    of the first that is not prepared."""
    organisation_id = context.principal.organisation_id
    found = await asyncio.gather(*(context.load(ORDER, one) for one in order_ids))
    back = await asyncio.gather(*(context.load(RETURNED, one) for one in order_ids))
    orders = []
    for place, (one, came) in enumerate(zip(found, back, strict=True)):
        ready = tour.order_on_tour(one.state, came.state, organisation_id)
        if ready is None:
            raise unknown_reference(f"order_ids/{place}", "order")
        if not isinstance(ready, OrderOnTour):
            raise context.refuse(ready)
        orders.append(ready)
    return tuple(orders)


def claiming(
    context: RequestContext, tour_id: str, orders: Sequence[OrderOnTour | OrderToPickUp]
) -> InTransaction:
    """Takes the orders for a tour or pickup. Raises the refusal of one that another has already."""
    numbers = {one.order_id: one.tracking_number for one in orders}

    def taken(order_id: str, other: str) -> Exception:
        return context.refuse(terms.OrderIsOnAnotherTour(numbers[order_id], other))

    return claims.claiming_orders(tour_id, list(numbers), taken)


def as_prepared(
    context: RequestContext,
    undone: Mapping[str, int],
    claim: InTransaction,
    orders: Sequence[OrderOnTour],
) -> InTransaction:
    """Takes the orders as they were prepared; raises the refusal of one that is so no more."""
    numbers = {one.order_id: one.tracking_number for one in orders}

    def unprepared(order_id: str) -> Exception:
        return context.refuse(tour.OrderIsNotPrepared(numbers[order_id]))

    return claims.as_prepared(undone, claim, unprepared)


def seen(context: RequestContext, state: tour.Tour) -> tour.Composed:
    """The tour, if it is one of the depot, or the courier's own. Raises 404 otherwise."""
    who = context.principal
    if (
        isinstance(state, tour.Uncomposed)
        or state.composed.organisation_id != who.organisation_id
        or not (is_of_depot(context) or state.courier_id == who.subject)
    ):
        raise context.refuse(tour.NoSuchTour())
    return state


def shown(state: tour.Composed) -> Tour:
    """The tour to the depot and to its courier."""
    match state:
        case HandingOver():
            return in_form(state, TourStatus.HANDING_OVER, loaded=state.loaded)
        case Ready():
            return in_form(state, TourStatus.READY, loaded=state.loaded)
        case tour.Canceled():
            return in_form(state, TourStatus.CANCELED)
        case Out():
            return in_form(state, TourStatus.OUT, out=state)
        case unhandled:
            assert_never(unhandled)


def in_form(
    state: tour.Composed, status: TourStatus, loaded: Collection[str] = (), out: Out | None = None
) -> Tour:
    """The answer, with what is known of its parcels."""
    composed = state.composed
    left = out.checked_out.left_behind if out else ()
    return Tour(
        tour_id=composed.tour_id,
        status=status,
        courier_id=state.courier_id,
        orders=tuple(order_shown(one, out) for one in composed.orders),
        loaded=tuple(code for code in parcels(composed) if code in loaded),
        left_behind=tuple(LeftShown.of(one) for one in left),
        composed_at=composed.composed_at,
        checked_out_at=out.checked_out.checked_out_at if out else None,
    )


def order_shown(one: OrderOnTour, out: Out | None) -> OrderShown:
    """An order, and what became of it once the tour is out."""
    delivery = out.deliveries.get(one.order_id) if out else None
    handed_over = delivery.handed_over if delivery else None
    return OrderShown(
        order_id=one.order_id,
        tracking_number=one.tracking_number,
        city=one.city,
        parcel_codes=one.parcel_codes,
        cash_on_delivery=MoneyShown.of(one.cash_on_delivery) if one.cash_on_delivery else None,
        status=delivery_status(delivery, out),
        failures=tuple(FailureShown.of(failed) for failed in delivery.failures) if delivery else (),
        handed_over_at=handed_over.handed_over_at if handed_over else None,
    )


def delivery_status(delivery: Delivery | None, out: Out | None) -> DeliveryStatus:
    if out is None:
        return DeliveryStatus.IN_DEPOT
    if delivery is None:
        return DeliveryStatus.LEFT_BEHIND
    if delivery.given_back is not None:
        return DeliveryStatus.GIVEN_BACK
    return DeliveryStatus.HANDED_OVER if delivery.handed_over else DeliveryStatus.OUT
