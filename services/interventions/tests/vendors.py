"""Doubles of T-Scan and Planet VO: real servers on this machine, which remember what came."""

import asyncio
import base64
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from infra.serving import Server
from infra.stack.ports import LOOPBACK, free_port

TOKEN = "scan-token"
USER, PASSWORD = "lumen-lille", "correct horse"
Json = dict[str, Any]


@dataclass
class Vendors:
    """Both of them, at one address."""

    url: str
    reports: list[Json] = field(default_factory=list)
    asked: list[Json] = field(default_factory=list)
    """The queries that T-Scan was sent."""
    exports: dict[str, Json] = field(default_factory=dict)
    """By their path, what Planet VO took."""
    attempts: int = 0
    status: int = 200
    """Another one: what both answer to everything."""
    body: bytes | None = None
    """What T-Scan answers in place of reports."""
    seconds: float = 0.0
    """How long they take."""
    password: str = PASSWORD

    async def search(self, request: Request) -> Response:
        self.asked.append(dict(request.query_params))
        return await self._scanned(request, {"reports": self.reports})

    async def report(self, request: Request) -> Response:
        id = request.path_params["report_id"]
        found = [one for one in self.reports if one["report_id"] == id]
        return await self._scanned(request, found[0] if found else None)

    async def _scanned(self, request: Request, answer: Json | None) -> Response:
        await asyncio.sleep(self.seconds)
        if request.headers.get("authorization") != f"Bearer {TOKEN}":
            return Response(status_code=401)
        if self.body is not None:
            return Response(self.body, media_type="application/json")
        if self.status != 200 or answer is None:
            return Response(status_code=self.status if self.status != 200 else 404)
        return JSONResponse(answer)

    async def account(self, request: Request) -> Response:
        return self._let_in(request) or Response(status_code=self.status)

    async def export(self, request: Request) -> Response:
        self.attempts += 1
        if refused := self._let_in(request):
            return refused
        if self.status == 200:
            self.exports[request.url.path] = await request.json()
        return Response(status_code=self.status)

    def _let_in(self, request: Request) -> Response | None:
        given = base64.b64encode(f"{USER}:{self.password}".encode()).decode()
        known = request.headers.get("authorization") == f"Basic {given}"
        return None if known else Response(status_code=401)

    def app(self) -> Starlette:
        return Starlette(
            routes=[
                Route("/reports", self.search),
                Route("/reports/{report_id}", self.report),
                Route("/account", self.account),
                Route("/exports/{case_id}/{export_id}", self.export, methods=["PUT"]),
            ]
        )


@asynccontextmanager
async def vendors() -> AsyncIterator[Vendors]:
    """Both, at an address of their own for the time of the block."""
    port = free_port()
    both = Vendors(url=f"http://{LOOPBACK}:{port}")
    config = uvicorn.Config(
        both.app(), host=LOOPBACK, port=port, log_config=None, lifespan="off", loop="none"
    )
    server = Server(config)
    task = asyncio.create_task(server.serve(None))
    try:
        while not server.started:
            await asyncio.sleep(0.01)
        yield both
    finally:
        server.should_exit = True
        await task
