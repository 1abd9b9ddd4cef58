"""Pickups over HTTP: planned by the depot for a courier, who may cancel them, and verified."""

import asyncio
from enum import StrEnum
from typing import Annotated, assert_never

from pydantic import Field

from contracts.accounts.user_v1 import Role
from contracts.depot_tours import pickup_v1
from contracts.depot_tours.pickup_v1 import (
    NotBrought,
    OrderToPickUp,
    PickupAssigned,
    PickupCanceled,
    PickupPlanned,
    PickupVerified,
)
from infra.http import readable_ids
from infra.http.answers import Answer, Answered, Recorded, Router
from infra.http.history import History, HistoryPart
from infra.http.labels import Scanned
from infra.http.models import Body, Day, Id, Instant
from infra.http.problems import unknown_reference
from infra.http.request_context import RequestContext
from infra.lookups import users
from services.depot_tours import pickup
from services.depot_tours.adapters import claims
from services.depot_tours.aggregates import ORDER, PICKUP
from services.depot_tours.http.access import AnyContext, CourierContext, DepotContext, is_of_depot
from services.depot_tours.http.fields import WhyNotBrought
from services.depot_tours.http.orders import MOST_PARCELS
from services.depot_tours.http.tours import MOST_ORDERS, CourierNamed, claiming

router = Router("Pickups")

MOST_SCANS = MOST_ORDERS * MOST_PARCELS

# --- Bodies -----------------------------------------------------------------


class PickupBody(Body):
    """A pickup to plan."""

    order_ids: Annotated[tuple[Id, ...], Field(min_length=1, max_length=MOST_ORDERS, strict=False)]
    """Orders that are not prepared, none of which is on another tour."""
    day: Day


class NotBroughtBody(Body):
    """A parcel that was not brought, and why."""

    parcel: Scanned
    reason: WhyNotBrought


class VerificationBody(Body):
    """The parcels that the courier brought, and the others."""

    scanned: Annotated[tuple[Scanned, ...], Field(max_length=MOST_SCANS, strict=False)]
    """The parcels that are there, each scanned once."""
    not_brought: Annotated[
        tuple[NotBroughtBody, ...], Field(max_length=MOST_SCANS, strict=False)
    ] = ()
    """The others, each with its reason."""


# --- Answers ----------------------------------------------------------------


class PickupStatus(StrEnum):
    """How far a pickup has come."""

    PENDING = "pending"
    ASSIGNED = "assigned"
    VERIFIED = "verified"
    CANCELED = "canceled"


class OrderToPickUpShown(Answer):
    order_id: str
    tracking_number: str
    city: str
    parcel_codes: tuple[str, ...]


class NotBroughtShown(Answer):
    parcel_code: str
    reason: WhyNotBrought


class Pickup(Answer):
    """A pickup, to the depot and to its courier."""

    pickup_id: str
    status: PickupStatus
    courier_id: str | None
    day: Day
    orders: tuple[OrderToPickUpShown, ...]
    brought: tuple[str, ...]
    """The parcels that were scanned when it was verified."""
    not_brought: tuple[NotBroughtShown, ...]
    planned_at: Instant
    verified_at: Instant | None


class PickupHistory(
    History,
    of=pickup_v1.contract,
    shows={
        PickupPlanned: ("pickup_id", "organisation_id", "day", "planned_by", "planned_at"),
        PickupAssigned: (
            *("pickup_id", "organisation_id", "courier_id", "assigned_by", "assigned_at"),
        ),
        PickupCanceled: (
            *("pickup_id", "organisation_id", "courier_id", "assigned_by", "canceled_at"),
        ),
        PickupVerified: (
            *("pickup_id", "organisation_id", "courier_id", "parcel_codes"),
            *("verified_by", "verified_at"),
        ),
    },
):
    """Every fact about a pickup, oldest first."""


# --- Routes -----------------------------------------------------------------


@router.post("/pickups", status_code=201)
async def plan_pickup(body: PickupBody, context: DepotContext) -> Answered[Recorded]:
    """Put orders together that a courier picks up on a day."""
    pickup_id = context.new_id(readable_ids.PICKUP)
    orders = await orders_to_pick_up(context, body.order_ids)
    command = pickup.PlanPickup(
        pickup_id=pickup_id,
        organisation_id=context.principal.organisation_id,
        orders=orders,
        day=body.day,
        by=context.principal.subject,
        at=context.occurred_at,
    )
    claim = claiming(context, pickup_id, orders)
    created = f"/depot_tours/pickups/{pickup_id}"
    return await context.handle(PICKUP, pickup_id, command, created=created, in_transaction=claim)


@router.get("/pickups/{pickup_id}")
async def show_pickup(pickup_id: Id, context: AnyContext) -> Answered[Pickup]:
    """Show a pickup, never stale; a courier sees their own ones."""
    found = await context.load(PICKUP, pickup_id)
    return context.show(shown(seen(context, found.state)), found)


@router.get("/pickups/{pickup_id}/history")
async def pickup_history(
    pickup_id: Id, context: DepotContext, part: HistoryPart
) -> Answered[PickupHistory]:
    """List every fact about a pickup."""
    seen(context, (await context.load(PICKUP, pickup_id)).state)
    return await context.history(PICKUP, pickup_id, PickupHistory, part)


@router.put("/pickups/{pickup_id}/courier")
async def assign_pickup(
    pickup_id: Id, body: CourierNamed, context: DepotContext
) -> Answered[Recorded]:
    """Ask a courier to do it, also after one canceled."""
    await users.require_active(context, "courier_id", body.courier_id, Role.COURIER)
    command = pickup.AssignPickup(
        organisation_id=context.principal.organisation_id,
        courier_id=body.courier_id,
        by=context.principal.subject,
        at=context.occurred_at,
    )
    return await context.handle(PICKUP, pickup_id, command)


@router.put("/pickups/{pickup_id}/cancellation")
async def cancel_pickup(pickup_id: Id, context: CourierContext) -> Answered[Recorded]:
    """Cancel one's own pickup, before it is verified."""
    command = pickup.CancelPickup(
        organisation_id=context.principal.organisation_id,
        courier_id=context.principal.subject,
        at=context.occurred_at,
    )
    return await context.handle(PICKUP, pickup_id, command)


@router.put("/pickups/{pickup_id}/verification")
async def verify_pickup(
    pickup_id: Id, body: VerificationBody, context: DepotContext
) -> Answered[Recorded]:
    """Say which parcels the courier brought, and why the others were not."""
    state = seen(context, (await context.load(PICKUP, pickup_id)).state)
    command = pickup.VerifyPickup(
        organisation_id=context.principal.organisation_id,
        scanned=body.scanned,
        not_brought=tuple(NotBrought(one.parcel, one.reason) for one in body.not_brought),
        by=context.principal.subject,
        at=context.occurred_at,
    )
    free = claims.freeing_orders(pickup_id, [one.order_id for one in state.planned.orders])
    return await context.handle(PICKUP, pickup_id, command, in_transaction=free)


# --- What is asked, and what is shown ---------------------------------------


async def orders_to_pick_up(
    context: RequestContext, order_ids: tuple[str, ...]
) -> tuple[OrderToPickUp, ...]:
    """The orders as a pickup takes them. Raises the 422 of the first that is unknown, or the
    refusal of the first that is prepared."""
    organisation_id = context.principal.organisation_id
    found = await asyncio.gather(*(context.load(ORDER, one) for one in order_ids))
    orders = []
    for place, one in enumerate(found):
        waiting = pickup.order_to_pick_up(one.state, organisation_id)
        if waiting is None:
            raise unknown_reference(f"order_ids/{place}", "order")
        if not isinstance(waiting, OrderToPickUp):
            raise context.refuse(waiting)
        orders.append(waiting)
    return tuple(orders)


def seen(context: RequestContext, state: pickup.Pickup) -> pickup.Planned:
    """The pickup, if it is one of the depot, or the courier's own. Raises 404 otherwise."""
    who = context.principal
    if (
        isinstance(state, pickup.Unplanned)
        or state.planned.organisation_id != who.organisation_id
        or not (is_of_depot(context) or pickup.courier_of(state) == who.subject)
    ):
        raise context.refuse(pickup.NoSuchPickup())
    return state


def shown(state: pickup.Planned) -> Pickup:
    """The pickup to the depot and to its courier."""
    planned = state.planned
    verified = state.verified if isinstance(state, pickup.Verified) else None
    not_brought = verified.not_brought if verified else ()
    return Pickup(
        pickup_id=planned.pickup_id,
        status=status(state),
        courier_id=pickup.courier_of(state),
        day=planned.day,
        orders=tuple(OrderToPickUpShown.of(one) for one in planned.orders),
        brought=verified.parcel_codes if verified else (),
        not_brought=tuple(NotBroughtShown.of(one) for one in not_brought),
        planned_at=planned.planned_at,
        verified_at=verified.verified_at if verified else None,
    )


def status(state: pickup.Planned) -> PickupStatus:
    match state:
        case pickup.Pending():
            return PickupStatus.PENDING
        case pickup.Assigned():
            return PickupStatus.ASSIGNED
        case pickup.Verified():
            return PickupStatus.VERIFIED
        case pickup.Canceled():
            return PickupStatus.CANCELED
        case unhandled:
            assert_never(unhandled)
