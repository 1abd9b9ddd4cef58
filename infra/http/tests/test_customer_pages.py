"""Pages of customers: links that nobody makes up, forms of our own pages only."""

from collections.abc import AsyncIterator

import httpx
import pytest
import pytest_asyncio
from starlette.requests import Request
from starlette.responses import Response

from infra import vault as module
from infra.database import open_pool
from infra.http.answers import Router
from infra.http.app import create_app
from infra.http.auth import PublishedKeys, Verifier
from infra.http.customer_pages.acting import carried_out
from infra.http.customer_pages.doors import (
    Anybody,
    Asked,
    Chosen,
    Html,
    NoPage,
    NotTaken,
    Sender,
    Token,
    refuse_others,
)
from infra.http.customer_pages.links import Links
from infra.http.customer_pages.site import Site, back_to
from infra.http.problems import Problem
from infra.http.request_context import AppState
from infra.http.tests.stage import KEY
from infra.tokens import issue, jwks
from infra.vault import Vault

SITE = Site("bells", "infra.http.customer_pages")


async def ring(note: str) -> str | None:
    """Nothing is left to say of a good note; another one is not taken."""
    if note == "busy":
        raise Problem(409, "no-such-text")
    if note == "changed":
        raise Problem(412, "changed")
    if not note:
        raise NotTaken("error_title")
    return "hello" if note == "told" else None


def bells() -> Router:
    routes = Router("Bells")
    routes.include_in_schema = False
    SITE.serve_assets(routes)

    @routes.get("/bells/{token}")
    async def look(token: Token, context: Anybody, request: Request, lang: Chosen = None) -> Html:
        colleague = await Asked(context, "token", request, None).by_colleague("org-1")
        return SITE.gone(NoPage("gone_closed", 403 if colleague else 410), lang or context.language)

    @routes.get("/painted")
    async def painted(_: Anybody) -> Html:
        facts = {"reason": "gone_void"}
        return SITE.written("gone.html", SITE.words("en"), facts, colour="ffdd00")

    @routes.post("/bells/{token}/ring")
    async def rung(token: Token, context: Sender, request: Request, lang: Chosen = None) -> Html:
        try:
            refuse_others(request)
        except NoPage as none:
            return SITE.gone(none, "en")
        fields = await Asked(context, token, request, lang).fields()
        outcome = await carried_out(ring(fields.get("note", "")), {"changed": "error_changed"})
        if outcome.is_done:
            return back_to("/bells/b", lang)
        return Response(outcome.error or outcome.notice, outcome.status)

    return routes


@pytest_asyncio.fixture
async def browser() -> AsyncIterator[httpx.AsyncClient]:
    verifier = Verifier(PublishedKeys(jwks(KEY)), "relais-accounts", "relais")
    transport = httpx.ASGITransport(create_app("bells", [bells()], AppState(verifier)))
    async with httpx.AsyncClient(transport=transport, base_url="http://relais") as client:
        yield client


@pytest_asyncio.fixture
async def vault(database: str) -> AsyncIterator[Vault]:
    pool = await open_pool(database, 1, "links")
    async with pool.connection() as connection:
        await connection.execute(module.TABLES.encode())
    yield Vault(pool, {"m": bytes(32)})
    await pool.close()


async def test_a_page_is_in_the_chosen_language_and_leads_to_all_others(
    browser: httpx.AsyncClient,
) -> None:
    page = await browser.get("/bells/b?lang=ar")
    assert page.status_code == 410
    assert (page.headers["content-language"], page.headers["vary"]) == ("ar", "Accept-Language")
    assert '<html lang="ar" dir="rtl">' in page.text
    assert '<a href="?lang=fr" lang="fr" hreflang="fr">Français</a>' in page.text


async def test_a_page_runs_and_is_styled_by_nothing_but_our_files(
    browser: httpx.AsyncClient,
) -> None:
    policy = (await browser.get("/bells/b")).headers["content-security-policy"]
    assert "default-src 'none'; script-src 'self'; style-src 'self';" in policy
    assert policy.endswith("form-action 'none'")
    style = await browser.get("/page-assets/page.css")
    assert (style.status_code, style.headers["content-type"]) == (200, "text/css; charset=utf-8")
    assert (await browser.get("/page-assets/texts.yaml")).status_code == 404


@pytest.mark.requirement("FLB-127")
async def test_a_page_has_a_colour_by_a_style_of_its_own(browser: httpx.AsyncClient) -> None:
    assert 'href="/bells/page-assets/colours/ffdd00.css"' in (await browser.get("/painted")).text
    sheet = await browser.get("/page-assets/colours/ffdd00.css")
    assert (sheet.status_code, sheet.headers["content-type"]) == (200, "text/css; charset=utf-8")
    assert "--fill: #ffdd00;" in sheet.text
    for wrong in ("red", "ffdd0", "ffdd000", "FFDD00", "ffdd0g"):
        assert (await browser.get(f"/page-assets/colours/{wrong}.css")).status_code == 422


@pytest.mark.requirement("FLB-101")
@pytest.mark.parametrize(("organisation", "status"), [("org-1", 403), ("org-2", 410)])
async def test_a_colleague_is_somebody_with_a_session_of_the_organisation(
    browser: httpx.AsyncClient, organisation: str, status: int
) -> None:
    session = issue(KEY, "lea", organisation, ["administration"])
    headers = {"Cookie": f"__Host-relais-access={session}"}
    assert (await browser.get("/bells/b", headers=headers)).status_code == status


async def test_a_session_that_is_none_is_nobodys(browser: httpx.AsyncClient) -> None:
    headers = {"Cookie": "__Host-relais-access=stale"}
    assert (await browser.get("/bells/b", headers=headers)).status_code == 410


@pytest.mark.parametrize(
    ("note", "status", "said"),
    [
        ("on time", 303, ""),
        ("told", 200, "hello"),
        ("", 422, "error_title"),
        ("changed", 412, "error_changed"),
        ("busy", 409, "error_busy"),
    ],
)
async def test_an_act_leads_back_to_the_page_or_says_why_not(
    browser: httpx.AsyncClient, note: str, status: int, said: str
) -> None:
    sent = await browser.post("/bells/b/ring?lang=fr", data={"key": "k", "note": note})
    assert (sent.status_code, sent.text) == (status, said)
    assert sent.headers.get("location") == ("/bells/b?lang=fr" if status == 303 else None)


@pytest.mark.parametrize(
    ("site", "status"), [("same-origin", 303), ("same-site", 403), ("cross-site", 403)]
)
async def test_a_form_of_a_page_of_another_origin_is_refused(
    browser: httpx.AsyncClient, site: str, status: int
) -> None:
    headers = {"Sec-Fetch-Site": site}
    sent = await browser.post("/bells/b/ring", data={"key": "k", "note": "n"}, headers=headers)
    assert sent.status_code == status


@pytest.mark.requirement("G-43")
async def test_a_link_opens_what_it_was_made_for_and_nothing_else(vault: Vault) -> None:
    links = Links(vault, "bell")
    token = await links.token("b-1", "l-1")
    head, _, secret = token.rpartition(".")
    assert (head, len(secret)) == ("b-1.l-1", 22)
    assert await links.read(token) == ("b-1", "l-1")
    for made_up in (f"b-2.l-1.{secret}", f"b-1.l-2.{secret}", f"{head}.{secret[:-1]}", secret):
        assert await links.read(made_up) is None
    assert await Links(vault, "door").read(token) is None
