"""Which trips can I take, and which would a qualification open?"""

from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from typing import Annotated

from fastapi import Query
from pydantic import Field

from infra.http.answers import Answer, Answered, Listed, Router
from infra.http.models import Coded, Id, Instant
from infra.http.pages import Paging
from infra.http.problems import Problem
from infra.http.request_context import RequestContext, requires
from services.views.partner import trips
from services.views.partner.drivers import Driver, own_row
from services.views.partner.trips import NEWEST, SlotShown, TownShown, Trip, VehicleShown, Viewer

router = Router("Trips")

DriverContext = Annotated[RequestContext, requires("driver")]
Search = Annotated[
    str, Query(max_length=100, description="Words of a city, a trip id or a client brand.")
]


class TripStatus(StrEnum):
    OPEN = "open"
    ASSIGNED = "assigned"
    DELIVERED = "delivered"
    EXPIRED = "expired"


class OtherQuotes(StrEnum):
    FEW = "0-2"
    SOME = "3-5"
    MANY = "6+"


class Offer(Answer):
    """A trip as a driver may see it."""

    trip_id: str
    status: TripStatus
    client_brand: str
    tags: Annotated[tuple[str, ...], Coded("Tag")]
    departure: TownShown
    arrival: TownShown
    from_: Annotated[SlotShown, Field(serialization_alias="from")]
    until: SlotShown
    vehicle: VehicleShown
    delivery_type: Annotated[str, Coded("DeliveryType")]
    distance_km: int
    duration_minutes: int
    client_process: str | None
    additional_services: Annotated[tuple[str, ...], Coded("AdditionalService")]
    quotes: OtherQuotes
    """How many other drivers quoted, and not more exactly than that."""
    quoted: bool
    """Whether one has quoted oneself."""
    proposed: bool
    """Whether logistics has asked one to quote."""
    missing_qualifications: tuple[str, ...]
    """The qualifications one still needs for it, like `client_process:atlas`."""
    published_at: Instant


def viewer(driver: Driver, today: date) -> Viewer:
    """The driver as somebody who looks at trips on this day."""
    skills: Mapping[str, date] = driver.skills
    return Viewer(driver.organisation_id, driver.driver_id, skills, today)


def offer(row: Trip, who: Viewer) -> Offer:
    """A trip as a driver may see it: the number of other quotes only as a bucket (HIF-15)."""
    return Offer(
        trip_id=row.trip_id,
        status=TripStatus(row.status),
        client_brand=row.client_brand,
        tags=row.tags,
        departure=trips.departure(row),
        arrival=trips.arrival(row),
        from_=trips.first_day(row),
        until=trips.last_day(row),
        vehicle=trips.vehicle(row),
        delivery_type=row.delivery_type,
        distance_km=row.distance_km,
        duration_minutes=row.duration_minutes,
        client_process=row.client_process,
        additional_services=row.additional_services,
        quotes=OtherQuotes(trips.bucket(row.quoting, who.driver_id)),
        quoted=who.driver_id in row.quoting,
        proposed=who.driver_id in row.proposed,
        missing_qualifications=trips.missing(row, who.skills),
        published_at=row.published_at,
    )


@router.get("/trips")
async def all_trips(
    context: DriverContext, page: Paging, q: Search = ""
) -> Answered[Listed[Offer]]:
    """List every open trip that one may quote for, newest first."""
    who = viewer(await own_row(context), context.today)
    rows = trips.open_to(who).searched(q)
    return await page.show(rows, NEWEST, lambda row: offer(row, who))


@router.get("/trips/more")
async def more_trips(
    context: DriverContext, page: Paging, q: Search = ""
) -> Answered[Listed[Offer]]:
    """List open trips that a qualification would open, with the missing one named."""
    who = viewer(await own_row(context), context.today)
    rows = trips.behind_a_qualification(who).searched(q)
    return await page.show(rows, NEWEST, lambda row: offer(row, who))


@router.get("/trips/{trip_id}")
async def one_trip(trip_id: Id, context: DriverContext) -> Answered[Offer]:
    """Show a trip as the lists show it, whatever its status."""
    who = viewer(await own_row(context), context.today)
    found = await trips.trips.of(who.organisation_id, trip_id=trip_id).one(context.pool)
    if found is None:
        raise Problem(404, "no-such-trip")
    return Answered(offer(found, who))
