"""python -m tools.bench.bare_peak: a depot's morning answered plainly, one statement a request.

The bodies and the rows are ours, so that both sides read and write the same; nothing is checked
but bodies, and nothing is recorded but rows. Needs the tables that the measurement made.
"""

from datetime import UTC, datetime
from typing import Any

from fastapi import FastAPI, Request
from psycopg.rows import dict_row

from contracts.depot_tours.order_v1 import OrderRegistered
from services.depot_tours import order
from services.depot_tours.http.handovers import ExitBody, HandoverBody, LoadBody
from services.depot_tours.http.orders import AssignmentBody, OrderBody, PreparationBody, ScanBody
from services.depot_tours.http.tours import TourBody
from services.views.depot.orders import Order, project
from services.views.depot.orders import view as orders
from services.views.depot.tours import Tour
from services.views.depot.tours import view as tours
from tools.bench.bare import lifespan, serve
from tools.bench.bare_mixed import SCHEMA, execute, select
from tools.bench.peak import OPERATOR, ORGANISATION, order_id

_ORDERS, _TOURS = f"{SCHEMA}.orders", f"{SCHEMA}.tours"
_LISTS = ("missing",)
"""The columns that are empty for a registered order."""
_FILLED = [column for column in orders.columns if column not in _LISTS]
_REGISTER = (
    f"insert into {_ORDERS} ({', '.join((*_FILLED, *_LISTS))})"
    f" values ({', '.join('%s' for _ in _FILLED)}, '[]')"
)
_COMPOSE = f"""
insert into {_TOURS} (tour_id, organisation_id, courier_id, orders, order_ids, tracking_numbers,
  filed_cities, composed_by, composed_at, status, loaded, left_behind)
select %s, organisation_id, %s,
  jsonb_agg(jsonb_build_object('order_id', order_id, 'tracking_number', tracking_number, 'city',
    city, 'parcel_codes', parcel_codes, 'cash_minor', cash_minor, 'cash_currency', cash_currency,
    'status', 'in_depot', 'attempts', 0)),
  array_agg(order_id), array_agg(tracking_number), array_agg(distinct filed_city), %s,
  clock_timestamp(), 'ready', '{{}}', '[]'
from {_ORDERS} where order_id = any(%s) group by organisation_id
"""
_OUTGOING = f"""
select tour_id, status, courier_id, tracking_numbers, cardinality(tracking_numbers) as parcels,
  (select count(*) from jsonb_array_elements(orders) one where one->>'status' = 'handed_over')
    as handed_over, composed_at, checked_out_at
from {_TOURS} where organisation_id = %s and status <> 'over'
order by composed_at desc, tour_id desc limit %s
"""

app = FastAPI(lifespan=lifespan)


@app.post("/depot_tours/orders", status_code=201)
async def register(request: Request, body: OrderBody) -> dict[str, str]:
    id = order_id(body.tracking_number)
    ssccs = tuple(one.sscc for one in body.parcels)
    row = project(
        None,
        OrderRegistered(
            order_id=id,
            organisation_id=ORGANISATION,
            tracking_number=body.tracking_number,
            city=body.city,
            recipient_name=body.recipient.name,
            phone=body.recipient.phone,
            address=body.recipient.address,
            parcel_codes=order.parcel_codes(body.tracking_number, ssccs),
            cash_on_delivery=body.cash_on_delivery.money() if body.cash_on_delivery else None,
            registered_by=request.headers[OPERATOR],
            registered_at=datetime.now(UTC),
        ),
    )
    filled = (getattr(row, column) for column in _FILLED)
    values = [list(v) if isinstance(v, tuple) else v for v in filled]
    await execute(request, _REGISTER, *values)
    return {"id": id}


@app.put("/depot_tours/orders/{id}/preparation")
async def assign(request: Request, id: str, body: AssignmentBody) -> dict[str, str]:
    statement = (
        f"update {_ORDERS} set status = 'to_prepare', operator_id = %s,"
        " assigned_at = clock_timestamp() where order_id = %s"
    )
    await execute(request, statement, body.operator_id, id)
    return {"id": id}


@app.post("/depot_tours/orders/{id}/preparation/scans")
async def scan(request: Request, id: str, body: ScanBody) -> dict[str, str]:
    statement = f"update {_ORDERS} set scanned = array_append(scanned, %s) where order_id = %s"
    await execute(request, statement, body.scanned, id)
    return {"id": id}


@app.put("/depot_tours/orders/{id}/preparation/completion")
async def complete(request: Request, id: str, body: PreparationBody) -> dict[str, str]:
    statement = (
        f"update {_ORDERS} set status = 'prepared', prepared_by = %s,"
        " prepared_at = clock_timestamp() where order_id = %s"
    )
    await execute(request, statement, request.headers[OPERATOR], id)
    return {"id": id}


@app.post("/depot_tours/tours", status_code=201)
async def compose(request: Request, body: TourBody) -> dict[str, str]:
    id = request.headers["idempotency-key"]
    by = request.headers[OPERATOR]
    await execute(request, _COMPOSE, id, body.courier_id, by, list(body.order_ids))
    return {"id": id}


@app.get("/depot_tours/tours/{id}")
async def show_tour(request: Request, id: str) -> Tour:
    query = f"select {', '.join(tours.columns)} from {_TOURS} where tour_id = %s"
    [found] = await select(request, tours, query, id)
    assert isinstance(found, Tour)
    return found


@app.post("/depot_tours/tours/{id}/scans")
async def load(request: Request, id: str, body: LoadBody) -> dict[str, str]:
    statement = f"update {_TOURS} set loaded = array_append(loaded, %s) where tour_id = %s"
    await execute(request, statement, body.scanned, id)
    return {"id": id}


@app.post("/depot_tours/tours/{id}/handovers")
async def take(request: Request, id: str, body: HandoverBody) -> dict[str, str]:
    statement = f"update {_TOURS} set status = 'handing_over', loaded = %s where tour_id = %s"
    await execute(request, statement, list(body.loaded), id)
    return {"id": id}


@app.put("/depot_tours/tours/{id}/exit")
async def leave(request: Request, id: str, body: ExitBody) -> dict[str, str]:
    statement = (
        f"update {_TOURS} set status = 'out', checked_out_by = %s,"
        " checked_out_at = clock_timestamp() where tour_id = %s"
    )
    await execute(request, statement, request.headers[OPERATOR], id)
    return {"id": id}


@app.get("/depot/work")
async def work(request: Request, limit: int) -> list[Order]:
    query = (
        f"select {', '.join(orders.columns)} from {_ORDERS} where organisation_id = %s"
        " and status = 'to_prepare' and operator_id = %s order by assigned_at, order_id limit %s"
    )
    return await select(request, orders, query, ORGANISATION, request.headers[OPERATOR], limit)


@app.get("/depot/outgoing")
async def outgoing(request: Request, limit: int) -> list[dict[str, Any]]:
    return await dictionaries(request, _OUTGOING, ORGANISATION, limit)


@app.get("/depot/work/waiting")
async def waiting(request: Request) -> dict[str, Any]:
    query = (
        f"select (select count(*) from {_ORDERS} where organisation_id = %s"
        f" and status = 'to_prepare' and operator_id = %s) as orders_to_prepare, (select count(*)"
        f" from {_TOURS} where organisation_id = %s and status = 'ready') as tours_ready"
    )
    values = (ORGANISATION, request.headers[OPERATOR], ORGANISATION)
    [found] = await dictionaries(request, query, *values)
    return found


async def dictionaries(request: Request, query: str, *values: object) -> list[dict[str, Any]]:
    async with request.app.state.pool.connection() as connection:
        cursor = connection.cursor(row_factory=dict_row)
        await cursor.execute(query.encode(), values)
        found: list[dict[str, Any]] = await cursor.fetchall()
    return found


if __name__ == "__main__":
    serve(app)
