"""Lists go page by page, in one order, whatever a client sends as a cursor."""

import base64
import json
from datetime import UTC, date, datetime
from typing import Any

import httpx
import pytest

from infra.http.pages import MOST, MOST_CURSOR_BYTES
from infra.http.tests.stage import BY_NUMBER, Number, api, client
from infra.reading import BadCursor, pack, unpack

KEY = (datetime(2026, 11, 23, 8, 30, tzinfo=UTC), date(2026, 11, 23), "T/é", -7, 1.5)
TYPES = (datetime, date, str, int, float)


async def page(**parameters: Any) -> httpx.Response:
    async with client(api()) as caller:
        return await caller.get("/numbers", params=parameters)


@pytest.mark.requirement("G-09")
class TestWalking:
    @pytest.mark.parametrize("limit", [1, 2, 3, 6, 7, 8])
    async def test_each_item_comes_once_and_in_order(self, limit: int) -> None:
        found: list[int] = []
        async with client(api()) as caller:
            url: str | None = f"/numbers?limit={limit}"
            while url is not None:
                answer = await caller.get(url)
                found += answer.json()["items"]
                url = answer.links.get("next", {}).get("url")
        assert found == [1, 2, 3, 4, 5, 6, 7]

    async def test_the_next_page_is_named_in_the_body_too(self) -> None:
        first = (await page(limit=5)).json()
        assert (await page(limit=5, cursor=first["next"])).json() == {"items": [6, 7], "next": None}

    async def test_an_empty_list_is_a_page(self) -> None:
        assert (await page(upto=0)).json() == {"items": [], "next": None}

    async def test_the_other_parameters_stay(self) -> None:
        link = (await page(upto=3, limit=2)).headers["Link"]
        assert link.startswith("</numbers?upto=3&limit=2&cursor=")

    async def test_a_page_has_fifty_items_unless_asked(self) -> None:
        assert len((await page(upto=99)).json()["items"]) == 50


@pytest.mark.parametrize(("limit", "status"), [(0, 422), (1, 200), (MOST, 200), (MOST + 1, 422)])
async def test_a_page_has_a_size(limit: int, status: int) -> None:
    assert (await page(limit=limit)).status_code == status


def test_a_cursor_gives_back_the_key_it_was_made_of() -> None:
    assert unpack("all", TYPES, pack("all", KEY)) == KEY


def made_up(*parts: Any, name: str = "numbers") -> str:
    packed = json.dumps([name, *parts]).encode()
    return base64.urlsafe_b64encode(packed).rstrip(b"=").decode()


BAD = [
    "",
    "!",
    "é",
    "AAAAA",
    "bnVsbA",
    base64.urlsafe_b64encode(b"[" * 700).decode(),
    made_up(),
    made_up(1, 2),
    made_up("1"),
    made_up(1.0),
    made_up(True),
    made_up(None),
    made_up([1]),
    made_up(2**63),
    made_up(-(2**63) - 1),
    made_up(1, name="letters"),
    BY_NUMBER.cursor(Number(5))[:-1],
]


@pytest.mark.requirement("G-09")
@pytest.mark.parametrize("cursor", BAD)
async def test_a_cursor_this_list_did_not_give_out_is_refused(cursor: str) -> None:
    answer = await page(cursor=cursor)
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["field"] == "query:cursor"


async def test_a_cursor_without_end_is_refused() -> None:
    assert (await page(cursor="A" * (MOST_CURSOR_BYTES + 1))).status_code == 422


FOR_NO_DATABASE: list[tuple[type[Any], Any]] = [
    (str, "a\0"),
    (str, "\ud800"),
    (datetime, "2026-11-23T08:30:00"),
    (datetime, "0001-01-01T00:00:00+14:00"),
    (datetime, 5),
    (date, "2027-02-29"),
    (float, "1"),
]


@pytest.mark.parametrize(("expected", "value"), FOR_NO_DATABASE)
def test_a_made_up_key_that_would_break_a_query_is_refused(expected: type[Any], value: Any) -> None:
    with pytest.raises(BadCursor):
        unpack("numbers", (expected,), made_up(value))
