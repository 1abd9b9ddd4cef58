"""Which trips were offered, and what became of them?"""

from collections.abc import Sequence
from enum import StrEnum
from typing import Annotated, ClassVar

from fastapi import Query

from infra.http.answers import Answer, Answered, Listed, Router
from infra.http.models import Day, Id, Instant, Reference
from infra.http.pages import Filters, Paging, Typed, of_reference
from infra.http.readable_ids import TRIP
from infra.http.request_context import RequestContext, requires
from infra.reading import Rows
from services.views.backoffice.persons import PersonShown, persons, searched
from services.views.backoffice.trips import (
    FIRST_TO_START,
    TownShown,
    Trip,
    TripStatus,
    VehicleShown,
    arrival,
    departure,
    trips,
)

NEWEST = trips.order("newest", "published_at", "trip_id", descending=True)


class TripOrder(StrEnum):
    """How a list of trips is sorted."""

    NEWEST = "newest"
    FIRST_TO_START = "first_to_start"


ORDERS = {TripOrder.NEWEST: NEWEST, TripOrder.FIRST_TO_START: FIRST_TO_START}


class TripFilters(Filters):
    """Which trips are wanted."""

    no_columns: ClassVar[frozenset[str]] = frozenset(
        {"q", "from_day", "until_day", "reference", "order"}
    )

    q: Typed = ""
    """Words of a town, a postal code, a trip id, a client brand, a vehicle or a driver."""
    status: TripStatus | None = None
    driver_id: Id | None = None
    """The driver whom the mission was assigned to."""
    from_day: Day | None = None
    """Without trips that are over before this day."""
    until_day: Day | None = None
    """Without trips that begin after this day."""
    reference: Reference | None = None
    """What the organisation calls the trip."""
    order: TripOrder = TripOrder.NEWEST


def found(organisation_id: str, filters: TripFilters) -> Rows[Trip]:
    """The trips that match."""
    rows = filters.narrow(trips.of(organisation_id))
    if filters.from_day is not None:
        rows = rows.where("until_day >= %(first)s", first=filters.from_day)
    if filters.until_day is not None:
        rows = rows.where("from_day <= %(last)s", last=filters.until_day)
    return of_reference(rows, "trip_id", TRIP, organisation_id, filters.reference)


class TripListed(Answer):
    """A trip in a list."""

    trip_id: str
    status: TripStatus
    client_brand: str
    departure: TownShown
    arrival: TownShown
    from_day: Day
    until_day: Day
    vehicle: VehicleShown
    distance_km: int
    published_at: Instant
    quotes_waiting: int
    """How many quotes wait for an answer."""
    driver: PersonShown | None
    """Whom the mission was assigned to."""


def trip_listed(row: Trip, driver: PersonShown | None) -> TripListed:
    return TripListed(
        trip_id=row.trip_id,
        status=TripStatus(row.status),
        client_brand=row.client_brand,
        departure=departure(row),
        arrival=arrival(row),
        from_day=row.from_day,
        until_day=row.until_day,
        vehicle=VehicleShown.of(row),
        distance_km=row.distance_km,
        published_at=row.published_at,
        quotes_waiting=len(row.waiting),
        driver=driver,
    )


router = Router("Trips")
Staff = Annotated[RequestContext, requires("logistics", "administration")]


@router.get("/trips")
async def trips_found(
    context: Staff, page: Paging, filters: Annotated[TripFilters, Query()]
) -> Answered[Listed[TripListed]]:
    """Trips of the organisation, the newest first unless another order is asked for."""

    async def with_drivers(rows: Sequence[Trip]) -> list[TripListed]:
        who = await persons(context, (row.driver_id for row in rows if row.driver_id))
        return [trip_listed(row, who[row.driver_id] if row.driver_id else None) for row in rows]

    rows = await searched(context, found(context.principal.organisation_id, filters), filters.q)
    return await page.show_together(rows, ORDERS[filters.order], with_drivers)
