"""The screen on which an invited company signs up, in a real browser, if there is one."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from contracts.media.file_v1 import Purpose
from infra.host import Running
from infra.serving import Front
from infra.testing.databases import Prepare
from infra.testing.following import file, follow
from infra.testing.serving import prepare
from services.accounts.service import service as accounts
from services.accounts.tests import serving as people
from services.marketplace.aggregates import INVITATION, MARKETPLACE
from services.marketplace.service import service as marketplace
from services.marketplace.tests import serving
from tests.e2e.browsing import MARKS, browser, played
from tools.front.routes import app_routes

STEPS = [
    "narrow looked at",
    "phone looked at",
    "wide looked at",
    "refused without accepting",
    "signed up",
]

pytestmark = MARKS
Databases = Callable[[str, Prepare], Awaitable[str]]


async def invited(api: serving.Caller) -> str:
    """The token that was mailed by a marketplace with terms, a charter and a document to show."""
    await follow(api.running, file("f-charter", "olga", "quartier", Purpose.OTHER))
    for path, body in (
        ("terms", {"title": "Terms", "file_id": "f-terms", "instead_of": 0}),
        ("internal-documents/charter", {"title": "Charter", "file_id": "f-charter"}),
        ("documents", {"documents": [{"kind": "vigilance", "most_months": 6}]}),
    ):
        answer = await api.ask("PUT", f"/settings/{path}", body)
        assert answer.is_success, answer.text
    return await api.invited()


async def nothing(_: Request) -> Response:
    return PlainTextResponse("")


@asynccontextmanager
async def both(databases: Databases) -> AsyncIterator[tuple[serving.Caller, people.Caller]]:
    """Marketplaces and accounts, each with its own database."""
    first = await databases(marketplace.name, partial(prepare, marketplace))
    second = await databases(accounts.name, partial(prepare, accounts))
    async with serving.served(first) as api, people.served(second) as desk:
        yield api, desk


async def knowing(api: serving.Caller, desk: people.Caller, token: str) -> Running:
    """Accounts, which knows of the marketplace and its invitation, and whose keys are published."""
    commands = api.running.commands
    invitation_id = token.partition(".")[0]
    of_marketplace = await commands.history(MARKETPLACE, "quartier")
    of_invitation = await commands.history(INVITATION, invitation_id)
    await follow(desk.running, *(one.event for one in of_marketplace))
    await follow(desk.running, *(one.event for one in of_invitation))
    published = (await desk.client.get("/.well-known/jwks.json")).text
    settings = desk.running.settings.model_copy(update={"jwks": published})
    return replace(desk.running, settings=settings)


@pytest.mark.requirement("OGU-11", "OGU-14", "G-64")
async def test_an_invited_company_signs_up_on_a_screen_for_everybody(
    reused_database: Databases, tmp_path: Path
) -> None:
    async with both(reused_database) as (api, desk):
        token = await invited(api)
        running = await knowing(api, desk, token)
        if (tools := browser()) is None:
            return
        path = f"/app/join#token={token}"
        front = Front(nothing, app_routes())
        told = await played([running, api.running], path, "join.mjs", tools, tmp_path, front)
    assert (told["steps"], told["findings"]) == (STEPS, [])
