"""python -m tools.bench.bare_mixed: the mixed load answered plainly, one statement a request.

The bodies and the rows are ours, so that both sides read and write the same; nothing is checked
but bodies, and nothing is recorded but rows. Needs the tables that the measurement made.
"""

from datetime import UTC, datetime
from typing import Any

from fastapi import FastAPI, Request

from services.missions.http.quotes import QuoteBody
from services.missions.http.trips import TripBody
from services.missions.trip import published
from services.views.partner.quotes import Quote
from services.views.partner.quotes import view as quotes
from services.views.partner.trips import Trip, project
from services.views.partner.trips import view as trips
from tools.bench.bare import lifespan, serve
from tools.bench.events import ORGANISATION

SCHEMA = "bare"
DRIVER = "bench-driver"
"""The header that says who asks, in place of a token."""

_TRIPS = f"select {', '.join(trips.columns)} from {SCHEMA}.trips"
_QUOTES = f"select {', '.join(quotes.columns)} from {SCHEMA}.quotes"
_OPEN = f"{_TRIPS} where organisation_id = %s and status = 'open'"
_AWAY = "power(departure_latitude - 48.86, 2) + power(departure_longitude - 2.34, 2)"
_LISTS = ("expenses", "extras")
"""The columns that are empty for a published trip."""
_FILLED = [column for column in trips.columns if column not in _LISTS]
_PUBLISH = (
    f"insert into {SCHEMA}.trips ({', '.join((*_FILLED, *_LISTS))})"
    f" values ({', '.join('%s' for _ in _FILLED)}, '[]', '[]')"
)
_SUBMIT = (
    f"insert into {SCHEMA}.quotes (trip_id, driver_id, status, amount_minor, currency, comment,"
    " pickup_on, delivery_on, submitted_at, earlier, expenses)"
    " values (%s, %s, 'submitted', %s, %s, %s, %s, %s, clock_timestamp(), '[]', '[]')"
)
_MODIFY = (
    f"update {SCHEMA}.quotes set amount_minor = %s, currency = %s, comment = %s, pickup_on = %s,"
    " delivery_on = %s, modified_at = clock_timestamp() where trip_id = %s and driver_id = %s"
)

app = FastAPI(lifespan=lifespan)


async def select(request: Request, view: Any, query: str, *values: object) -> list[Any]:
    async with request.app.state.pool.connection() as connection:
        cursor = connection.cursor(row_factory=view.row_factory)
        await cursor.execute(query, values)
        found: list[Any] = await cursor.fetchall()
    return found


async def execute(request: Request, statement: str, *values: object) -> None:
    async with request.app.state.pool.connection() as connection:
        await connection.execute(statement, values)


@app.get("/partner/trips")
async def all_trips(request: Request, limit: int) -> list[Trip]:
    newest = f"{_OPEN} order by published_at desc, trip_id desc limit %s"
    return await select(request, trips, newest, ORGANISATION, limit)


@app.get("/partner/trips/near-home")
async def near_home(request: Request, limit: int) -> list[Trip]:
    nearest = f"{_OPEN} order by {_AWAY}, trip_id limit %s"
    return await select(request, trips, nearest, ORGANISATION, limit)


@app.get("/partner/trips/{trip_id}")
async def one_trip(request: Request, trip_id: str) -> Trip:
    [found] = await select(request, trips, f"{_TRIPS} where trip_id = %s", trip_id)
    assert isinstance(found, Trip)
    return found


@app.get("/partner/quotes")
async def my_quotes(request: Request, limit: int) -> list[Quote]:
    newest = f"{_QUOTES} where driver_id = %s order by submitted_at desc, trip_id desc limit %s"
    return await select(request, quotes, newest, request.headers[DRIVER], limit)


@app.get("/backoffice/quotes/to-process")
async def to_process(request: Request, limit: int) -> list[Trip]:
    first = f"{_OPEN} and cardinality(quoting) > 0 order by from_day, trip_id limit %s"
    return await select(request, trips, first, ORGANISATION, limit)


@app.get("/backoffice/trips/{trip_id}/quotes")
async def quotes_on(request: Request, trip_id: str) -> list[Quote]:
    cheapest = f"{_QUOTES} where trip_id = %s order by amount_minor, driver_id"
    return await select(request, quotes, cheapest, trip_id)


@app.post("/missions/trips", status_code=201)
async def publish(request: Request, body: TripBody) -> dict[str, str]:
    assert body.reference is not None
    now = datetime.now(UTC)
    command = body.command(
        trip_id=body.reference,
        organisation_id=ORGANISATION,
        time_zone="Europe/Paris",
        today=now.date(),
        at=now,
    )
    row = project(None, published(command))
    filled = (getattr(row, column) for column in _FILLED)
    values = [list(v) if isinstance(v, tuple) else v for v in filled]
    await execute(request, _PUBLISH, *values)
    return {"id": row.trip_id}


@app.post("/missions/trips/{trip_id}/quote", status_code=201)
async def submit(request: Request, trip_id: str, body: QuoteBody) -> dict[str, str]:
    await execute(request, _SUBMIT, trip_id, request.headers[DRIVER], *offered(body))
    return {"id": trip_id}


@app.put("/missions/trips/{trip_id}/quote")
async def modify(request: Request, trip_id: str, body: QuoteBody) -> dict[str, str]:
    await execute(request, _MODIFY, *offered(body), trip_id, request.headers[DRIVER])
    return {"id": trip_id}


def offered(body: QuoteBody) -> tuple[object, ...]:
    price = body.price
    return price.amount_minor, price.currency, body.comment, body.pickup_on, body.delivery_on


if __name__ == "__main__":
    serve(app)
