"""Incoming parcels: which pickups are there, and who brings them?"""

from collections.abc import Sequence
from typing import Annotated

from fastapi import Query

from contracts.depot_tours.pickup_v1 import NotBroughtReason
from infra.http.answers import Answer, Answered, Listed, Router
from infra.http.models import Day, Id, Instant, Named
from infra.http.pages import Paging
from infra.http.problems import Problem
from services.views.depot.filters import DepotContext, ThreeFilters
from services.views.depot.pickups import Pickup, PickupStatus, pickups
from services.views.depot.users import PersonShown, people

router = Router("Incoming parcels")
LATEST_DAY = pickups.order("latest-day", "day", "pickup_id", descending=True)


class PickupFilters(ThreeFilters):
    """Which pickups are wanted."""

    status: PickupStatus | None = None


class PickupListed(Answer):
    """A pickup in a list."""

    pickup_id: str
    status: PickupStatus
    courier: PersonShown | None
    """Null until somebody was asked."""
    day: Day
    cities: tuple[str, ...]
    tracking_numbers: tuple[str, ...]
    parcels: int


@router.get("/incoming")
async def parcels_incoming(
    context: DepotContext, page: Paging, filters: Annotated[PickupFilters, Query()]
) -> Answered[Listed[PickupListed]]:
    """Pickups, those of the latest day first."""

    async def present(rows: Sequence[Pickup]) -> list[PickupListed]:
        who = await people(context, (row.courier_id for row in rows))
        return [pickup_listed(row, who[row.courier_id] if row.courier_id else None) for row in rows]

    rows = filters.narrow_tours(pickups.of(context.principal.organisation_id))
    return await page.show_together(rows.filtered({"status": filters.status}), LATEST_DAY, present)


def pickup_listed(row: Pickup, courier: PersonShown | None) -> PickupListed:
    return PickupListed(
        pickup_id=row.pickup_id,
        status=PickupStatus(row.status),
        courier=courier,
        day=row.day,
        cities=tuple(dict.fromkeys(one.city for one in row.orders)),
        tracking_numbers=row.tracking_numbers,
        parcels=sum(len(one.parcel_codes) for one in row.orders),
    )


# --- One of them ------------------------------------------------------------


class OrderOnPickup(Answer):
    order_id: str
    tracking_number: str
    city: str
    parcel_codes: tuple[str, ...]


class NotBroughtShown(Answer):
    parcel_code: str
    reason: Annotated[NotBroughtReason, Named()]


class PickupDetails(PickupListed):
    """A pickup with its orders."""

    orders: tuple[OrderOnPickup, ...]
    brought: tuple[str, ...]
    """The parcels that were scanned when it was verified."""
    not_brought: tuple[NotBroughtShown, ...]
    planned_at: Instant
    assigned_at: Instant | None
    canceled_at: Instant | None
    verified_by: PersonShown | None
    verified_at: Instant | None


@router.get("/pickups/{pickup_id}")
async def pickup_details(pickup_id: Id, context: DepotContext) -> Answered[PickupDetails]:
    """Show a pickup with its orders."""
    row = await pickups.of(context.principal.organisation_id, pickup_id=pickup_id).one(context.pool)
    if row is None:
        raise Problem(404, "no-such-pickup")
    who = await people(context, (row.courier_id, row.verified_by))
    listed = pickup_listed(row, who[row.courier_id] if row.courier_id else None)
    details = PickupDetails(
        **dict(listed),
        orders=tuple(map(OrderOnPickup.of, row.orders)),
        brought=row.brought,
        not_brought=tuple(
            NotBroughtShown(
                parcel_code=one.parcel_code, reason=NotBroughtReason[one.reason.upper()]
            )
            for one in row.not_brought
        ),
        planned_at=row.planned_at,
        assigned_at=row.assigned_at,
        canceled_at=row.canceled_at,
        verified_by=who[row.verified_by] if row.verified_by else None,
        verified_at=row.verified_at,
    )
    return Answered(details)
