"""`/reference` has the words for the values of an API, for anybody and for long."""

from collections.abc import AsyncIterator

import httpx
import pytest_asyncio

from infra.http.reference import router
from infra.http.tests.stage import api, client
from infra.words import Used

USED = Used({"TripStatus": ["open", "assigned"], "Language": ["fr"]}, ["Rule"])


@pytest_asyncio.fixture
async def caller() -> AsyncIterator[httpx.AsyncClient]:
    async with client(api(extra=router(USED)), Authorization="") as found:
        yield found


async def test_the_words_are_in_the_language_of_the_caller(caller: httpx.AsyncClient) -> None:
    answer = await caller.get("/reference", headers={"Accept-Language": "fr-CA, en;q=0.5"})
    assert answer.status_code == 200
    found = answer.json()
    assert found["language"] == answer.headers["Content-Language"] == "fr"
    assert found["enumerations"]["TripStatus"] == [
        {"value": "open", "label": "ouvert"},
        {"value": "assigned", "label": "attribué"},
    ]
    assert found["enumerations"]["Language"] == [{"value": "fr", "label": "français"}]
    said = {one["value"]: one["label"] for one in found["codes"]["Rule"]}
    assert said["trip-assigned"] == "le trajet a été confié à un autre conducteur"
    assert said["other"] == "une décision automatique"


async def test_a_language_that_there_is_not_is_english(caller: httpx.AsyncClient) -> None:
    found = (await caller.get("/reference", headers={"Accept-Language": "ja"})).json()
    assert found["enumerations"]["TripStatus"][0] == {"value": "open", "label": "open"}


async def test_a_browser_and_a_proxy_keep_them_and_ask_with_their_etag(
    caller: httpx.AsyncClient,
) -> None:
    french = await caller.get("/reference", headers={"Accept-Language": "fr"})
    assert french.headers["Cache-Control"] == "public, max-age=3600"
    assert {"Accept-Language", "Accept-Encoding"} <= {
        one.strip() for line in french.headers.get_list("Vary") for one in line.split(",")
    }
    known = {"If-None-Match": french.headers["ETag"]}
    again = await caller.get("/reference", headers={**known, "Accept-Language": "fr"})
    assert (again.status_code, again.content) == (304, b"")
    other = await caller.get("/reference", headers={**known, "Accept-Language": "de"})
    assert other.status_code == 200
