"""Pages that show the document of an API to people. All that they load comes from here."""

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from html import escape
from importlib.resources import as_file, files
from pathlib import Path
from urllib.parse import quote

from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, JSONResponse, Response
from starlette.routing import BaseRoute, Route

from infra.http.openapi import Json

_PACKAGE = "fastapi_offline"
_ASSETS = {"swagger-ui-bundle.js": "text/javascript", "swagger-ui.css": "text/css"}
_KEPT = {"Cache-Control": "public, max-age=86400"}
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:;"
    " connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_START = """\
SwaggerUIBundle({
  url: "openapi.json", dom_id: "#page", deepLinking: true, filter: true,
  docExpansion: "none", defaultModelsExpandDepth: 0,
});
"""
_STYLE = """\
body { font: 16px/1.5 system-ui; max-width: 70rem; margin: 2rem auto; padding: 0 1rem }
table { border-collapse: collapse; width: 100%; table-layout: fixed }
td { padding: 0.2rem 1rem 0.2rem 0; vertical-align: top; overflow-wrap: anywhere }
td:first-child { width: 5rem }
td:nth-child(2) { width: 45% }
"""


def document_route(document: Callable[[], Json], *middleware: Middleware) -> BaseRoute:
    """`/openapi.json`. Others are answered while the document is made, which takes seconds."""

    def made() -> Response:
        return JSONResponse(document())

    async def answer(_: Request) -> Response:
        return await asyncio.to_thread(made)

    return Route("/openapi.json", answer, include_in_schema=False, middleware=middleware)


def docs_routes(title: str, document: Callable[[], Json]) -> Sequence[BaseRoute]:
    """`/openapi.json`, `/docs`, which shows it, and what that loads."""

    async def page(_: Request) -> Response:
        return HTMLResponse(
            "<!doctype html><html lang=en><meta charset=utf-8>"
            "<meta name=viewport content='width=device-width'>"
            f"<title>{escape(title)}</title><link rel=icon href='data:,'>"
            "<link rel=stylesheet href='docs/swagger-ui.css'><div id=page></div>"
            "<script src='docs/swagger-ui-bundle.js'></script>"
            "<script src='docs/start.js'></script></html>",
            headers={"Content-Security-Policy": POLICY},
        )

    async def start(_: Request) -> Response:
        return Response(_START, headers=_KEPT, media_type="text/javascript")

    return (
        document_route(document),
        Route("/docs", page, include_in_schema=False),
        Route("/docs/start.js", start, include_in_schema=False),
        Route("/docs/{asset}", _asset, include_in_schema=False),
    )


async def _asset(request: Request) -> Response:
    name = request.path_params["asset"]
    if (media_type := _ASSETS.get(name)) is None:
        return Response(status_code=404)
    with as_file(files(_PACKAGE) / "static" / name) as path:
        return FileResponse(Path(path), headers=_KEPT, media_type=media_type)


def overview_route(documents: Callable[[], Mapping[str, Json]]) -> BaseRoute:
    """`/docs` of several APIs, by their prefixes: each operation is a line, which leads to its
    place on the page of its own API.

    What shows the document of one API needs half a minute for that of all.
    """

    def made() -> Response:
        shown = "".join(_overview(documents()))
        return HTMLResponse(shown, headers={"Content-Security-Policy": POLICY})

    async def page(_: Request) -> Response:
        return await asyncio.to_thread(made)

    return Route("/docs", page, include_in_schema=False)


def _overview(documents: Mapping[str, Json]) -> Iterator[str]:
    yield (
        "<!doctype html><html lang=en><meta charset=utf-8>"
        "<meta name=viewport content='width=device-width'>"
        f"<title>Relais</title><link rel=icon href='data:,'><style>{_STYLE}</style>"
        "<h1>Relais</h1><p><a href='/openapi.json'>openapi.json</a><ul>"
    )
    for prefix, document in documents.items():
        about = escape(document["info"].get("description", ""))
        yield f"<li><a href='#{prefix.strip('/')}'>{prefix.strip('/')}</a>: {about}"
    yield "</ul>"
    for prefix, document in documents.items():
        yield f"<h2 id='{prefix.strip('/')}'><a href='{prefix}/docs'>{prefix.strip('/')}</a></h2>"
        for tag in document.get("tags", ()):
            yield f"<h3>{escape(tag['name'])}</h3><table>"
            yield from _operations(prefix, document, tag["name"])
            yield "</table>"


def _operations(prefix: str, document: Json, tag: str) -> Iterator[str]:
    for path, item in document["paths"].items():
        for method, operation in item.items():
            if tag not in operation.get("tags", ()):
                continue
            place = f"{prefix}/docs#/{quote(tag)}/{quote(operation['operationId'])}"
            summary = escape(operation.get("summary", ""))
            yield (
                f"<tr><td>{method.upper()}<td><a href='{place}'>{escape(prefix + path)}</a>"
                f"<td>{summary}"
            )
