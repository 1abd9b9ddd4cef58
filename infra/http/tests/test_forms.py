"""A form of a page: its Idempotency-Key is a field, and no session speaks for it."""

from collections.abc import AsyncIterator
from typing import Annotated

import httpx
import pytest
import pytest_asyncio
from starlette.requests import Request

from infra.http.answers import Answered, Router
from infra.http.app import create_app
from infra.http.auth import PublishedKeys, Verifier
from infra.http.request_context import FORM, AppState, PublicRequest, form_fields, public
from infra.http.tests.stage import KEY
from infra.tokens import jwks

SESSION = {"Cookie": "__Host-relais-access=stale"}


@pytest_asyncio.fixture
async def forms() -> AsyncIterator[httpx.AsyncClient]:
    routes = Router("Forms")

    @routes.post("/forms")
    async def send(
        context: Annotated[PublicRequest, public(FORM)], request: Request
    ) -> Answered[str]:
        note = form_fields(await request.body()).get("note", "")
        return Answered(f"{context.idempotency_key}: {note}")

    verifier = Verifier(PublishedKeys(jwks(KEY)), "relais-accounts", "relais")
    transport = httpx.ASGITransport(create_app("bells", [routes], AppState(verifier)))
    async with httpx.AsyncClient(transport=transport, base_url="http://relais") as client:
        yield client


async def test_the_key_of_a_form_is_a_field_of_it(forms: httpx.AsyncClient) -> None:
    sent = await forms.post("/forms", data={"key": "k-1", "note": "à +"}, headers=SESSION)
    assert (sent.status_code, sent.json()) == (200, "k-1: à +")


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"key=k&note=x", 200),
        (b"note=x", 400),
        (b"key=", 400),
        (b"key=k&note=%FF", 400),
        (b"key=k&note=\xff", 400),
        (b"key=k&note=%00", 422),
        (b"key=k" + b"&a=1" * 1_999, 200),
        (b"key=k" + b"&a=1" * 2_000, 400),
    ],
)
async def test_what_is_no_form_is_refused(
    forms: httpx.AsyncClient, body: bytes, status: int
) -> None:
    sent = await forms.post("/forms", content=body, headers={"Content-Type": FORM})
    assert sent.status_code == status


async def test_a_route_for_forms_takes_no_json(forms: httpx.AsyncClient) -> None:
    assert (await forms.post("/forms", json={"key": "k"})).status_code == 415
