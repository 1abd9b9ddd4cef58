"""A page on another origin signs in, reads and commands in a real browser, where one is at hand."""

import asyncio
import json
import shutil
import warnings
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from infra.serving import serving, site
from infra.settings import Settings
from infra.stack.ports import free_port
from services.accounts.tests.serving import PASSWORD, Caller, served

PAGE = Path(__file__).with_name("page.html")
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
PATIENCE = 60.0
REFUSED = {"refused": "TypeError"}

# Where there is no browser, the summary says so.
pytestmark = pytest.mark.filterwarnings("default::UserWarning")


@dataclass
class Portal:
    """The server of the page, which is told what the page saw."""

    port: int = field(default_factory=free_port)
    seen: asyncio.Future[Any] = field(default_factory=asyncio.Future)

    async def page(self, _: Request) -> Response:
        policy = {"Content-Security-Policy": "script-src 'unsafe-inline'; connect-src *"}
        return HTMLResponse(PAGE.read_text(), headers=policy)

    async def take(self, request: Request) -> Response:
        self.seen.set_result(await request.json())
        return Response(status_code=204)

    @asynccontextmanager
    async def served(self) -> AsyncIterator[str]:
        routes = [Route("/", self.page), Route("/seen", self.take, methods=["POST"])]
        async with serving(Starlette(routes=routes), Settings(port=self.port)):
            yield f"http://localhost:{self.port}"


@asynccontextmanager
async def browser(program: str, folder: Path, address: str) -> AsyncIterator[None]:
    """A browser that looks at a page within the block."""
    options = ["--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={folder}"]
    child = await asyncio.create_subprocess_exec(
        program,
        *options,
        "--disable-dev-shm-usage",
        address,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        yield
    finally:
        child.kill()
        await child.wait()


async def seen_by_the_page(api: Caller, program: str, folder: Path, *, named: bool) -> Any:
    """The report of a page whose origin is named in the settings, or is not."""
    portal = Portal()
    async with portal.served() as origin:
        settings = api.running.settings
        settings = settings.model_copy(update={"port": 0, "origins": (origin,) if named else ()})
        app = site([api.running], settings)
        async with serving(app, settings) as url:
            app.state.keys.url = f"{url}/accounts/.well-known/jwks.json"
            here = f"{url}/accounts".replace("127.0.0.1", "localhost")
            asked = {"api": here, "email": "ada@example.org", "password": PASSWORD}
            async with browser(program, folder, f"{origin}/?{urlencode(asked)}"):
                return await asyncio.wait_for(portal.seen, PATIENCE)


@pytest.fixture(scope="module")
def program() -> str | None:
    """The browser; None where none is at hand."""
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    if found is None:
        warnings.warn("chromium is absent: no page of another origin was tried", stacklevel=1)
    return found


async def test_a_page_of_a_named_origin_lives_by_cookies(
    database: str, program: str | None, tmp_path: Path
) -> None:
    if program is None:
        assert shutil.which("chromium") is None
        return
    async with served(database) as api:
        await api.with_password("ada", "driver")
        seen = await seen_by_the_page(api, program, tmp_path, named=True)
    assert seen["signedIn"]["body"]["roles"] == ["driver"], json.dumps(seen)
    assert seen["profile"].pop("body")["id"] == "ada"
    assert seen["profile"].pop("position").startswith("accounts.user/ada@")
    del seen["signedIn"]["body"]
    assert seen == {
        "before": 401,
        "signedIn": {"status": 200, "position": None},
        "cookies": "",
        "me": "ada",
        "forged": 403,
        "profile": {"status": 200},
        "refreshed": 200,
        "signedOut": 200,
        "after": 401,
    }


async def test_a_page_of_another_origin_is_stopped_by_the_browser(
    database: str, program: str | None, tmp_path: Path
) -> None:
    if program is None:
        assert shutil.which("chromium") is None
        return
    async with served(database) as api:
        await api.with_password("ada", "driver")
        seen = await seen_by_the_page(api, program, tmp_path, named=False)
    assert seen["before"] == "refused"
    assert seen["signedIn"] == seen["profile"] == REFUSED
