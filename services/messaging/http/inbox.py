"""HTTP: the mail of a laptop, as a page."""

from typing import Annotated

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from infra.host import Running
from infra.http.answers import Content, Router
from infra.http.models import Line
from infra.http.problems import Problem
from infra.http.request_context import PublicRequest, public
from services.messaging.adapters.channels import has_sink
from services.messaging.adapters.outbound import sink

Public = Annotated[PublicRequest, public()]
Html = Annotated[Response, Content("text/html")]


def router(running: Running) -> Router:
    """The route of the inbox."""
    routes = Router("Inbox")

    @routes.get("/inbox")
    async def show_inbox(context: Public, request: Request, to: Line | None = None) -> Html:
        """Mail of a laptop, as a page, of everybody or of one address; for this machine only, and
        only while no server is set."""
        if not has_sink(running) or not from_here(request):
            raise Problem(404, "no-inbox")
        page = sink.page(await sink.kept(running.pool, to=to))
        policy = {"Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'"}
        return HTMLResponse(page, headers={**policy, "Cache-Control": "no-store"})

    return routes


def from_here(request: Request) -> bool:
    """Asked from this machine under a name of this machine, not through a proxy."""
    client = request.client.host if request.client else ""
    named = request.url.hostname or ""
    forwarded = "x-forwarded-for" in request.headers or "forwarded" in request.headers
    return client in sink.LOCAL_NAMES and named in sink.LOCAL_NAMES and not forwarded
