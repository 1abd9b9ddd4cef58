"""python -m tools.bench.bare: the API one would write first: validate, insert, answer.

Says its address on standard output once it is open, and runs until SIGTERM.
"""

import importlib
import os
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import date
from typing import Annotated

import uvicorn
from fastapi import FastAPI, Request
from psycopg_pool import AsyncConnectionPool
from pydantic import BaseModel, Field

TABLE = """
create table if not exists quote (
  id           bigint      primary key generated always as identity,
  trip_id      text        not null,
  amount_minor bigint      not null,
  currency     text        not null,
  comment      text,
  pickup_on    date,
  delivery_on  date,
  submitted_at timestamptz not null default clock_timestamp()
)
"""
INSERT = """
insert into quote (trip_id, amount_minor, currency, comment, pickup_on, delivery_on)
values (%s, %s, %s, %s, %s, %s) returning id
"""


class Money(BaseModel):
    amount_minor: int
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")]


class Quote(BaseModel):
    price: Money
    comment: Annotated[str | None, Field(max_length=1000)] = None
    pickup_on: date | None = None
    delivery_on: date | None = None


class Submitted(BaseModel):
    id: int


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    size = int(os.environ["BENCH_POOL"])
    async with AsyncConnectionPool(
        os.environ["BENCH_DATABASE"],
        min_size=2,
        max_size=size,
        open=False,
        kwargs={"autocommit": True},
    ) as pool:
        async with pool.connection() as connection:
            await connection.execute(TABLE.encode())
        app.state.pool = pool
        print(f"bare serves at http://127.0.0.1:{app.state.port}", flush=True)
        yield


app = FastAPI(lifespan=lifespan)


@app.get("/health/ready")
async def ready(request: Request) -> dict[str, str]:
    async with request.app.state.pool.connection() as connection:
        await connection.execute("select 1")
    return {"status": "ok"}


@app.post("/missions/trips/{trip_id}/quote", status_code=201)
async def submit_quote(trip_id: str, quote: Quote, request: Request) -> Submitted:
    values = (
        trip_id,
        quote.price.amount_minor,
        quote.price.currency,
        quote.comment,
        quote.pickup_on,
        quote.delivery_on,
    )
    async with request.app.state.pool.connection() as connection:
        cursor = await connection.execute(INSERT, values)
        row = await cursor.fetchone()
    return Submitted(id=row[0])


def serve(app: FastAPI) -> None:
    """Serve on a port of its own."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        app.state.port = listening.getsockname()[1]
        config = uvicorn.Config(
            app, loop="uvloop", http="httptools", access_log=False, log_level="error"
        )
        uvicorn.Server(config).run([listening])


def main() -> None:
    """Import what was asked for, then serve."""
    for name in filter(None, os.environ.get("BENCH_IMPORTS", "").split(",")):
        with suppress(ImportError):
            importlib.import_module(name)
    serve(app)


if __name__ == "__main__":
    main()
