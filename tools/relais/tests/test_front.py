"""The page at `/` of a platform for development, and what it may never be part of."""

import base64
import json
from functools import partial
from pathlib import Path
from time import time

import httpx
import pytest

from contracts.accounts.organisation_v1 import OrganisationKind
from infra.catalogues import LANGUAGES
from infra.host import opened
from infra.settings import Settings
from services.accounts.service import service
from tools.demo.chronicle import Chronicle, keep, kept
from tools.front.people import PROFILE, SAMPLES, Sample
from tools.relais.bootstrap import found
from tools.relais.platform import addressed, is_own
from tools.relais.tests.conftest import Platform
from tools.relais.tests.test_bootstrap import ADA

# A busy machine is no bug.
get, post = partial(httpx.get, timeout=60), partial(httpx.post, timeout=60)
MOST_BYTES = 200_000
ASSETS = ("/development/page.css", "/development/page.js")
HTML = {"Accept": "text/html"}
CAMILLE, PAUL = SAMPLES[0], SAMPLES[2]


def page(platform: Platform, **headers: str) -> httpx.Response:
    return get(f"{platform.url}/", headers=HTML | headers)


def credentials(platform: Platform, person: str, **headers: str) -> httpx.Response:
    url = f"{platform.url}/development/people/{person}"
    return post(url, headers={"Relais-CSRF": "1"} | headers)


def signed_in(platform: Platform, person: str) -> httpx.Response:
    found = credentials(platform, person)
    assert found.status_code == 200, found.text
    sign_in = f"{platform.url}/accounts/browser/sign-in"
    key = {"Idempotency-Key": f"{person}-{time()}"}
    return post(sign_in, json=found.json(), headers=key)


def test_the_page_is_light_and_says_that_it_is_for_development(platform: Platform) -> None:
    found = [page(platform), *(get(platform.url + path) for path in ASSETS)]
    assert [answer.status_code for answer in found] == [200] * 3
    assert sum(len(answer.content) for answer in found) < MOST_BYTES
    assert "For development only." in found[0].text
    for path in (*ASSETS, "/missions/docs", "/docs", "/messaging/inbox"):
        assert f'"{path}"' in found[0].text
    assert "//" not in found[0].text.replace("/messaging/", "")
    assert "script-src 'self'" in found[0].headers["Content-Security-Policy"]


def test_the_page_is_in_the_language_of_who_looks(platform: Platform) -> None:
    assert 'lang="fr"' in (french := page(platform, **{"Accept-Language": "fr-CA"}).text)
    assert "Se connecter" in french
    for language in LANGUAGES:
        chosen = get(f"{platform.url}/?lang={language}", headers=HTML)
        assert chosen.headers["Content-Language"] == language
    assert 'lang="ar" dir="rtl"' in page(platform, **{"Accept-Language": "ar-MA"}).text
    assert page(platform, **{"Accept-Language": "xx"}).headers["Content-Language"] == "en"


def test_a_program_still_gets_the_list_of_the_apis(platform: Platform) -> None:
    assert "/missions" in get(f"{platform.url}/").json()["apis"]


@pytest.mark.parametrize("sample", [CAMILLE, PAUL], ids=["without a code", "with a code"])
def test_sample_people_sign_in_by_cookies_as_often_as_one_likes(
    platform: Platform, sample: Sample
) -> None:
    first, again = signed_in(platform, sample.id), signed_in(platform, sample.id)
    for answer in (first, again):
        assert answer.status_code == 200, answer.text
        assert answer.json()["roles"] == [sample.role.name.lower()]
    cookies = "; ".join(f"{name}={value}" for name, value in again.cookies.items())
    for path in ("/accounts/me", *sample.looks_at):
        seen = get(platform.url + path, headers={"Cookie": cookies})
        assert seen.status_code == 200, seen.text


@pytest.mark.parametrize(
    ("person", "headers", "status"),
    [
        ("camille-dev", {}, 200),
        ("camille-dev", {"X-Forwarded-For": "203.0.113.7"}, 404),
        ("camille-dev", {"Host": "evil.example"}, 404),
        ("somebody", {}, 404),
    ],
)
def test_only_a_page_of_this_machine_gets_what_one_signs_in_with(
    platform: Platform, person: str, headers: dict[str, str], status: int
) -> None:
    assert credentials(platform, person, **headers).status_code == status


def test_another_site_cannot_ask_for_it(platform: Platform) -> None:
    answer = post(f"{platform.url}/development/people/camille-dev")
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (403, "header:Relais-CSRF")


def test_links_in_mails_lead_to_the_address_that_is_served(platform: Platform) -> None:
    credentials(platform, CAMILLE.id)
    asked = post(
        f"{platform.url}/accounts/password-resets",
        json={"email": CAMILLE.email},
        headers={"Idempotency-Key": "again"},
    )
    assert asked.status_code == 202
    wanted = f"{platform.url}/app/set-password#token="
    platform.until(lambda: wanted in get(f"{platform.url}/messaging/inbox").text, within=120)
    assert "/app/app.js" in get(f"{platform.url}/app/set-password").text
    assert CAMILLE.email in page(platform).text


@pytest.mark.parametrize(
    ("given", "portal"),
    [
        ({"port": 8123}, "http://127.0.0.1:8123/app"),
        ({"port": 8123, "host": "::1"}, "http://[::1]:8123/app"),
        ({"port": 8123, "host": "10.1.2.3"}, "http://localhost:8123"),
        ({"port": 8123, "portal": "https://portal.example.org"}, "https://portal.example.org"),
    ],
)
def test_the_portal_is_what_is_served_unless_it_is_named(
    given: dict[str, object], portal: str
) -> None:
    assert addressed(Settings.model_validate(given)).portal == portal


def test_a_free_port_is_known_before_it_is_served() -> None:
    found = addressed(Settings(port=0))
    assert found.port
    assert found.portal.endswith(f":{found.port}/app")


@pytest.mark.parametrize(
    ("given", "own"),
    [
        ({}, True),
        ({"host": "0.0.0.0"}, False),  # noqa: S104
        ({"postgres": "postgresql://db.example.org"}, False),
        ({"databases": {"accounts": "postgresql://db.example.org"}}, False),
        ({"kafka": "broker.example.org:9092"}, False),
        ({"inside_port": 9000}, False),
    ],
)
def test_nobody_is_made_where_others_can_come_or_data_is_elsewhere(
    given: dict[str, object], own: bool
) -> None:
    assert is_own(Settings.model_validate(given)) is own


async def test_each_step_of_the_story_has_what_was_recorded_meanwhile(
    database: str, tmp_path: Path
) -> None:
    settings = Settings(
        databases={"accounts": database, "keys": database},
        master_keys=json.dumps({"test": base64.b64encode(bytes(range(32))).decode()}),  # type: ignore[arg-type]
    )
    chronicle = Chronicle()
    async with opened(service, settings) as running:
        chronicle.begin("An organisation")
        await found(running, "hiflow", OrganisationKind.DRIVER_PARTNER, PROFILE)
        chronicle.begin("Somebody in it")
        chronicle.note("  [dim]she is invited[/dim]")
        await found(running, "hiflow", OrganisationKind.DRIVER_PARTNER, PROFILE, ADA)
        steps = await chronicle.steps([running])
    assert kept(tmp_path) == []
    keep(tmp_path, steps)
    first, second = kept(tmp_path)
    assert first.recorded == {"relais.accounts.organisation.v1.registered": 1}
    assert second.recorded["relais.accounts.user.v1.invited"] == 1
    assert (second.title, second.lines) == ("Somebody in it", ["she is invited"])
