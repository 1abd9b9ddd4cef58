"""The document of an API is made beside the requests of others."""

import asyncio
from threading import Event

from httpx import ASGITransport, AsyncClient
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from infra.http.docs import document_route
from infra.http.openapi import Json


async def test_others_are_answered_while_a_document_is_made() -> None:
    begun, go = Event(), Event()

    def document() -> Json:
        begun.set()
        assert go.wait(30)
        return {"openapi": "3.1.0"}

    async def release(_: Request) -> Response:
        go.set()
        return Response()

    app = Starlette(routes=[document_route(document), Route("/go", release)])
    async with AsyncClient(transport=ASGITransport(app), base_url="http://relais") as client:
        asked = asyncio.create_task(client.get("/openapi.json"))
        while not begun.is_set():
            await asyncio.sleep(0.01)
        await client.get("/go")
        assert (await asked).json() == {"openapi": "3.1.0"}
