"""Which open trips depart near my home, nearest first?"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

from infra.database import Pool
from infra.http.answers import Answer, Answered, Listed, Router
from infra.http.pages import Paging
from infra.reading import Asked, KeyPart, Order
from infra.searching import away_km, box
from services.views.partner import trips
from services.views.partner.drivers import own_row
from services.views.partner.open_trips import DriverContext, Offer, Search, offer, viewer
from services.views.partner.trips import Trip, Viewer


@dataclass(frozen=True, slots=True)
class NearTrip:
    """A trip with the distance from the viewer's home to its departure."""

    away: float
    trip: Trip

    @property
    def trip_id(self) -> str:
        return self.trip.trip_id


NEAREST: Order[NearTrip] = Order("nearest", ("away", "trip_id"), (float, str))
RINGS = (0.1, 0.3, 1.0)
"""Parts of the radius, the smallest first: where trips are many, a page of them is near."""
_AWAY = away_km("departure_latitude", "departure_longitude", "%(latitude)s", "%(longitude)s")


def near_home(
    viewer: Viewer, home: tuple[float, float], radius_km: float, text: str
) -> Asked[NearTrip]:
    """Open trips whose gate is passed, departing within the radius, nearest first (HIF-05)."""

    async def read(pool: Pool, after: Sequence[KeyPart] | None, limit: int) -> list[NearTrip]:
        found: list[NearTrip] = []
        for ring in RINGS:
            # Whoever is further away than a ring with enough of them comes after all of these.
            found = await _nearest(pool, viewer, home, radius_km * ring, text, after, limit)
            if len(found) == limit:
                break
        return found

    return Asked(read)


async def _nearest(
    pool: Pool,
    viewer: Viewer,
    home: tuple[float, float],
    radius_km: float,
    text: str,
    after: Sequence[KeyPart] | None,
    limit: int,
) -> list[NearTrip]:
    latitude, longitude = home
    rows = (
        trips.open_to(viewer)
        .searched(text)
        .within(box(latitude, longitude, radius_km), "departure_latitude", "departure_longitude")
    )
    columns = ", ".join(f'"{column}"' for column in trips.view.columns)
    query = (
        f"select away, {columns} from (select {_AWAY} as away, trips.* from trips"
        f" where {' and '.join(rows.conditions)}) near where away <= %(radius)s"
        " and (away, trip_id) > (%(after_away)s, %(after_id)s)"
        " order by away, trip_id limit %(most)s"
    )
    away, trip_id = after or (-1.0, "")
    asked = {
        **rows.values,
        "latitude": latitude,
        "longitude": longitude,
        "radius": radius_km,
        "after_away": away,
        "after_id": trip_id,
        "most": limit,
    }
    async with pool.connection() as connection:
        cursor = await connection.execute(query.encode(), asked)
        make = trips.view.row_factory(connection.cursor())
        return [NearTrip(row[0], make(row[1:])) for row in await cursor.fetchall()]


class NearOffer(Offer):
    """An open trip with the way from one's home to its departure."""

    kilometres_away: float


class NoHome(Answer):
    """The answer to a driver whose home is not known."""

    items: list[NearOffer]
    """Nothing."""
    next: str | None
    hint: str
    """What to do, in the language of `Accept-Language`."""


def near_offer(row: NearTrip, who: Viewer) -> NearOffer:
    return NearOffer(**dict(offer(row.trip, who)), kilometres_away=round(row.away, 1))


def router(radius_km: float) -> Router:
    """The route, for a radius around the home."""
    made = Router("Trips")

    @made.get("/trips/near-home")
    async def trips_near_home(
        context: DriverContext, page: Paging, q: Search = ""
    ) -> Answered[Listed[NearOffer] | NoHome]:
        """List open trips that depart near one's home, nearest first."""
        driver = await own_row(context)
        if driver.latitude is None or driver.longitude is None:
            hint = context.says("screen", "no_home")
            return context.in_language(Answered(NoHome(items=[], next=None, hint=hint)))
        who = viewer(driver, context.today)
        rows = near_home(who, (driver.latitude, driver.longitude), radius_km, q)
        shown = await page.show(rows, NEAREST, lambda row: near_offer(row, who))
        return cast(Answered[Listed[NearOffer] | NoHome], shown)

    return made
