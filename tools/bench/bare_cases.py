"""python -m tools.bench.bare_cases: cases of a dealership as one would keep them first, one
statement a request.

The bodies are checked as ours are; nothing else is. A part of a case is a field of a document.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse
from psycopg.types.json import Jsonb

from services.interventions.http.cases import CaseBody
from services.interventions.http.parts import CustomerBody, MediaBody, WorkBody
from services.interventions.http.sending import SendingBody
from tools.bench import bare
from tools.bench.bare_page import PAGE

TABLE = "create table if not exists cases (case_id text primary key, parts jsonb not null)"
ADD = "update cases set parts = parts || %s where case_id = %s"


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    async with bare.lifespan(app):
        async with app.state.pool.connection() as connection:
            await connection.execute(TABLE)
        yield


app = FastAPI(lifespan=lifespan)


async def add(request: Request, case_id: str, part: str, body: Any) -> dict[str, str]:
    document = Jsonb({part: body.model_dump(mode="json")})
    async with request.app.state.pool.connection() as connection:
        await connection.execute(ADD, (document, case_id))
    return {"id": case_id}


@app.post("/interventions/cases", status_code=201)
async def make(request: Request, body: CaseBody) -> dict[str, str]:
    document = Jsonb({"case": body.model_dump(mode="json")})
    async with request.app.state.pool.connection() as connection:
        await connection.execute("insert into cases values (%s, %s)", (body.key, document))
    return {"id": body.key}


@app.put("/interventions/cases/{case_id}/customer")
async def customer(request: Request, case_id: str, body: CustomerBody) -> dict[str, str]:
    return await add(request, case_id, "customer", body)


@app.put("/interventions/cases/{case_id}/works/{work_id}")
async def work(request: Request, case_id: str, work_id: str, body: WorkBody) -> dict[str, str]:
    return await add(request, case_id, f"work {work_id}", body)


@app.put("/interventions/cases/{case_id}/media/{media_id}")
async def media(request: Request, case_id: str, media_id: str, body: MediaBody) -> dict[str, str]:
    return await add(request, case_id, f"media {media_id}", body)


@app.post("/interventions/cases/{case_id}/sending")
async def send(request: Request, case_id: str, body: SendingBody) -> dict[str, str]:
    return await add(request, case_id, "sending", body)


@app.post("/interventions/cases/{case_id}/links/customer")
async def link(request: Request, case_id: str) -> dict[str, str]:
    query = "select case_id from cases where case_id = %s"
    async with request.app.state.pool.connection() as connection:
        [found] = await (await connection.execute(query, (case_id,))).fetchone()
    return {"url": f"/interventions/page/{found}"}


@app.get("/interventions/page/{case_id}")
async def page(request: Request, case_id: str) -> HTMLResponse:
    query = "select parts from cases where case_id = %s"
    async with request.app.state.pool.connection() as connection:
        [parts] = await (await connection.execute(query, (case_id,))).fetchone()
    works = [
        {"label": part["label"], "amount": part["price"]["amount"]["amount_minor"] / 100}
        for name, part in parts.items()
        if name.startswith("work ")
    ]
    called = parts["customer"]["last_name"]
    facts = {"house": "Lumen Lille", "customer": called, "reference": case_id, "works": works}
    return HTMLResponse(PAGE.render(facts))


if __name__ == "__main__":
    bare.serve(app)
