"""Which missions are to come, under way, late or delivered?"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Annotated, ClassVar, LiteralString

from fastapi import Query

from infra.http.answers import Answer, Answered, Listed, MoneyShown, Router
from infra.http.models import Day, Id, Instant, Reference
from infra.http.pages import Filters, Paging, Typed, of_reference
from infra.http.readable_ids import TRIP
from infra.http.request_context import RequestContext, requires
from infra.reading import Rows
from services.views.backoffice.persons import PersonShown, persons, searched
from services.views.backoffice.trips import (
    TownShown,
    Trip,
    VehicleShown,
    arrival,
    departure,
    trips,
)

FIRST_TO_END = trips.order("first-to-end", "over_at", "trip_id")
LATEST_ASSIGNED = trips.order("latest-assigned", "assigned_at", "trip_id", descending=True)


class MissionState(StrEnum):
    """How far a mission has come."""

    TO_COME = "to_come"
    UNDER_WAY = "under_way"
    """Its first day has begun, and its last one is not over."""
    LATE = "late"
    """Its last day is over where its days are days, and its delivery is not confirmed."""
    DELIVERED = "delivered"


class MissionOrder(StrEnum):
    """How a list of missions is sorted."""

    FIRST_TO_END = "first_to_end"
    LATEST_ASSIGNED = "latest_assigned"


ORDERS = {
    MissionOrder.FIRST_TO_END: FIRST_TO_END,
    MissionOrder.LATEST_ASSIGNED: LATEST_ASSIGNED,
}
_CONDITIONS: Mapping[MissionState, LiteralString] = {
    MissionState.TO_COME: "status = 'assigned' and begins_at > %(now)s",
    MissionState.UNDER_WAY: "status = 'assigned' and begins_at <= %(now)s and over_at > %(now)s",
    MissionState.LATE: "status = 'assigned' and over_at <= %(now)s",
    MissionState.DELIVERED: "status = 'delivered'",
}
"""As `state` has it."""


class MissionFilters(Filters):
    """Which missions are wanted."""

    no_columns: ClassVar[frozenset[str]] = frozenset({"q", "state", "reference", "order"})

    q: Typed = ""
    """Words of a town, a postal code, a trip id, a client brand, a vehicle or a driver."""
    state: MissionState | None = None
    driver_id: Id | None = None
    reference: Reference | None = None
    """What the organisation calls the trip."""
    order: MissionOrder = MissionOrder.FIRST_TO_END


def found(organisation_id: str, filters: MissionFilters, now: datetime) -> Rows[Trip]:
    """The missions that match at this time."""
    missions = trips.of(organisation_id).where("trips.driver_id is not null")
    rows = filters.narrow(missions)
    if filters.state is not None:
        rows = rows.where(_CONDITIONS[filters.state], now=now)
    return of_reference(rows, "trip_id", TRIP, organisation_id, filters.reference)


def state(row: Trip, now: datetime) -> MissionState:
    """How far a mission is at this time."""
    if row.status == "delivered":
        return MissionState.DELIVERED
    if row.over_at <= now:
        return MissionState.LATE
    return MissionState.UNDER_WAY if row.begins_at <= now else MissionState.TO_COME


class MissionListed(Answer):
    """A mission in a list."""

    trip_id: str
    state: MissionState
    client_brand: str
    departure: TownShown
    arrival: TownShown
    from_day: Day
    until_day: Day
    over_at: Instant
    """From then on it is late unless it is delivered."""
    vehicle: VehicleShown
    distance_km: int
    driver: PersonShown
    price: MoneyShown | None
    assigned_at: Instant
    delivered_at: Instant | None


def mission_listed(row: Trip, driver: PersonShown, now: datetime) -> MissionListed:
    assert row.assigned_at is not None
    price = None
    if row.price_minor is not None and row.price_currency is not None:
        price = MoneyShown(amount_minor=row.price_minor, currency=row.price_currency)
    return MissionListed(
        trip_id=row.trip_id,
        state=state(row, now),
        client_brand=row.client_brand,
        departure=departure(row),
        arrival=arrival(row),
        from_day=row.from_day,
        until_day=row.until_day,
        over_at=row.over_at,
        vehicle=VehicleShown.of(row),
        distance_km=row.distance_km,
        driver=driver,
        price=price,
        assigned_at=row.assigned_at,
        delivered_at=row.delivered_at,
    )


router = Router("Missions")
Staff = Annotated[RequestContext, requires("logistics", "administration")]


@router.get("/missions")
async def missions_found(
    context: Staff, page: Paging, filters: Annotated[MissionFilters, Query()]
) -> Answered[Listed[MissionListed]]:
    """Missions of the organisation, those that end first unless another order is asked for.

    `state=late`: those that had to be delivered by now and are not.
    """

    async def with_drivers(rows: Sequence[Trip]) -> list[MissionListed]:
        whose = [(row, row.driver_id) for row in rows if row.driver_id is not None]
        who = await persons(context, (driver_id for _, driver_id in whose))
        return [mission_listed(row, who[driver_id], context.at) for row, driver_id in whose]

    rows = await searched(
        context, found(context.principal.organisation_id, filters, context.at), filters.q
    )
    return await page.show_together(rows, ORDERS[filters.order], with_drivers)
