"""Pages that show the document of an API to people. All that they load comes from here."""

from collections.abc import Sequence
from html import escape
from importlib.resources import as_file, files
from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, Response
from starlette.routing import BaseRoute, Route

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


def docs_routes(title: str) -> Sequence[BaseRoute]:
    """`/docs`, which shows the `openapi.json` beside it, and what it loads."""

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
