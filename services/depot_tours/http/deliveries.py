"""Deliveries over HTTP: what the courier of a tour needs to know, and says of each order."""

from typing import Annotated

from fastapi import Path

from contracts.media.file_v1 import Purpose
from infra.http.answers import Answered, Recorded, Router
from infra.http.models import Body, Id, MoneyBody, PointBody
from infra.lookups import files
from services.depot_tours.aggregates import ORDER, TOUR
from services.depot_tours.http.access import CourierContext
from services.depot_tours.http.fields import WhyFailed
from services.depot_tours.http.orders import RecipientShown, ours, recipient_shown
from services.depot_tours.http.tours import OrderShown, order_shown, seen
from services.depot_tours.tour.deliveries import (
    FailDelivery,
    GiveBack,
    HandOver,
    OrderIsNotOnTour,
    Out,
)

router = Router("Deliveries")

MOST_ATTEMPTS = 20
Attempt = Annotated[
    int, Path(ge=1, le=MOST_ATTEMPTS, description="1 for the first one on this tour.")
]


class DeliveryBody(Body):
    cash: MoneyBody | None = None
    """What the recipient paid: all that is due, and nothing where nothing is."""


class FailureBody(Body):
    reason: WhyFailed
    location: PointBody | None = None
    """The place where the courier was, which each attempt has."""
    photo_file_id: Id | None = None
    """A photo of the place; an attempt needs it, or a call."""
    called: bool = False
    """Whether the recipient was called in vain."""


class OrderForCourier(OrderShown):
    """An order that the courier has: to whom, and where."""

    recipient: RecipientShown | None
    """Null once the recipient was forgotten."""


@router.get("/tours/{tour_id}/orders/{order_id}")
async def show_order_on_tour(
    tour_id: Id, order_id: Id, context: CourierContext
) -> Answered[OrderForCourier]:
    """Show an order of one's own tour: to whom it goes, and what is to be paid."""
    state = seen(context, (await context.load(TOUR, tour_id)).state)
    for one in state.composed.orders:
        if one.order_id == order_id:
            known = ours(context, (await context.load(ORDER, order_id)).state)
            shown = order_shown(one, state if isinstance(state, Out) else None)
            return Answered(OrderForCourier(**dict(shown), recipient=recipient_shown(known)))
    raise context.refuse(OrderIsNotOnTour())


@router.put("/tours/{tour_id}/orders/{order_id}/delivery")
async def hand_over(
    tour_id: Id, order_id: Id, body: DeliveryBody, context: CourierContext
) -> Answered[Recorded]:
    """Say that the recipient has the order, and what was paid for it."""
    command = HandOver(
        organisation_id=context.principal.organisation_id,
        courier_id=context.principal.subject,
        order_id=order_id,
        cash=body.cash.money() if body.cash else None,
        at=context.occurred_at,
    )
    return await context.handle(TOUR, tour_id, command)


@router.put("/tours/{tour_id}/orders/{order_id}/failures/{attempt}")
async def fail_delivery(
    tour_id: Id, order_id: Id, attempt: Attempt, body: FailureBody, context: CourierContext
) -> Answered[Recorded]:
    """Say why an attempt to hand the order over came to nothing."""
    if body.photo_file_id is not None:
        await files.require(context, "photo_file_id", body.photo_file_id, {Purpose.OTHER})
    command = FailDelivery(
        organisation_id=context.principal.organisation_id,
        courier_id=context.principal.subject,
        order_id=order_id,
        attempt=attempt,
        reason=body.reason,
        location=body.location.point() if body.location else None,
        photo_file_id=body.photo_file_id,
        called=body.called,
        at=context.occurred_at,
    )
    return await context.handle(TOUR, tour_id, command)


@router.put("/tours/{tour_id}/orders/{order_id}/return")
async def give_back(tour_id: Id, order_id: Id, context: CourierContext) -> Answered[Recorded]:
    """Bring an order back to the depot, after an attempt that failed."""
    command = GiveBack(
        organisation_id=context.principal.organisation_id,
        courier_id=context.principal.subject,
        order_id=order_id,
        at=context.occurred_at,
    )
    return await context.handle(TOUR, tour_id, command)
