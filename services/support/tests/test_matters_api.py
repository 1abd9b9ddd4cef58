"""Merging, splitting, and the clocks of requests, over a real store."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from contracts.support import request_v1
from infra.testing.following import follow
from infra.timers import Timers
from services.support.aggregates import DESK as DESK_STREAM
from services.support.aggregates import REQUEST
from services.support.tests.test_api import DESK, Caller, served


async def merge(api: Caller, path: str, into: str, messages: int = 0) -> Any:
    body = {"into": into.removeprefix("/requests/"), "messages": messages}
    return await api.lea("PUT", f"{path}/merger", body)


def kind(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["type"].removeprefix("urn:relais:problem:")


async def test_two_requests_go_on_in_one_until_they_are_parted(database: str) -> None:
    async with served(database) as api:
        first, second = await api.made(), await api.made(subject="The same")
        [a, b] = (path.removeprefix("/requests/") for path in (first, second))
        assert (await merge(api, first, second)).is_success
        seen, into = await api.seen(first), await api.seen(second)
        assert (seen["status"], seen["merged_into"], seen["merged"]) == ("merged", b, [])
        assert (into["status"], into["merged_into"], into["merged"]) == ("new", None, [a])
        for_support = (await api.lea("GET", second)).json()
        assert (for_support["merged"], for_support["merged_into"]) == ([a], None)
        late = await api.ask("POST", f"{first}/messages", {"message": "!"})
        assert (kind(late), late.json()["facts"]) == ((409, "request-is-merged"), {"into": b})
        stale = await api.lea("POST", f"{first}/parting", {"was_in": a})
        assert (stale.status_code, stale.json()["now"]) == (412, {"/was_in": b})
        assert (await api.lea("POST", f"{first}/parting", {"was_in": b})).is_success
        assert ((await api.seen(first))["status"], (await api.seen(second))["merged"]) == (
            "new",
            [],
        )
        items = (await api.lea("GET", f"{first}/history")).json()["items"]
        assert [one["type"].rpartition(".")[2] for one in items] == ["opened", "merged", "unmerged"]


async def test_a_merge_is_refused(database: str) -> None:
    async with served(database) as api:
        path, other = await api.made(), await api.made()
        assert kind(await merge(api, path, path)) == (409, "merged-into-itself")
        unknown = await merge(api, path, "Q9")
        assert (unknown.status_code, unknown.json()["errors"][0]["field"]) == (422, "/into")
        stale = await merge(api, path, other, messages=1)
        assert (stale.status_code, stale.json()["now"]) == (412, {"/messages": 0})
        api.organisation = "elsewhere"
        stranger = await api.made()
        assert kind(await merge(api, path, stranger)) == (409, "request-of-somebody-else")
        api.organisation = "maarif"
        assert (await api.lea("PUT", f"{other}/closure", {"messages": 0})).is_success
        assert kind(await merge(api, path, other)) == (409, "other-request-is-closed")


async def test_of_merges_at_once_none_closes_a_circle(database: str) -> None:
    async with served(database) as api:
        paths = [await api.made() for _ in range(3)]
        rounds = zip(paths, [*paths[1:], paths[0]], strict=True)
        answers = await asyncio.gather(*(merge(api, one, into) for one, into in rounds))
        assert any(answer.is_success for answer in answers)
        seen = [await api.seen(path) for path in paths]
        assert any(one["merged_into"] is None for one in seen)
        links = {one["request_id"]: one["merged_into"] for one in seen}
        for one in links:
            at: str | None = one
            for _ in paths:
                at = links[at] if at else None
            assert at is None


async def test_a_matter_becomes_a_request_of_its_own(database: str) -> None:
    async with served(database) as api:
        path = await api.made()
        wrote = await api.ask("POST", f"{path}/messages", {"message": "Cash?", "file_ids": ["f-1"]})
        assert wrote.is_success
        [message] = (await api.seen(path))["messages"]
        body = {"type": "question", "subject": "Cash", "message_id": message["message_id"]}
        split = await api.lea("POST", f"{path}/splits", body)
        assert split.status_code == 201
        seen = await api.seen(split.headers["Location"].removeprefix("/support"))
        told = {
            name: seen[name] for name in ("subject", "message", "file_ids", "type", "split_from")
        }
        assert told == {
            "subject": "Cash",
            "message": "Cash?",
            "file_ids": ["f-1"],
            "type": "question",
            "split_from": path.removeprefix("/requests/"),
        }
        refused = await api.lea("POST", f"{path}/splits", body | {"message_id": "M0"})
        assert refused.json()["errors"][0]["field"] == "/message_id"
        assert (await api.lea("PUT", f"{path}/closure", {"messages": 1})).is_success
        assert kind(await api.lea("POST", f"{path}/splits", body)) == (409, "request-is-closed")


async def arranged(api: Caller, **changed: Any) -> Any:
    answer = await api.sara("PUT", "/desk", DESK | changed)
    assert answer.is_success, answer.text
    facts = await api.running.commands.history(DESK_STREAM, "desk")
    await follow(api.running, *(one.event for one in facts))


async def test_the_desk_is_arranged_and_shown_with_every_field(database: str) -> None:
    async with served(database) as api:
        assert kind(await api.lea("GET", "/desk")) == (404, "desk-is-not-arranged")
        await arranged(api)
        shown = (await api.lea("GET", "/desk")).json()
        assert shown.pop("arranged_at") > "2026"
        assert shown == DESK | {"arranged_by": "sara"}
        assert (await api.lea("PUT", "/desk", DESK)).status_code == 403
        for who in ("lea", "karim"):
            refused = await api.sara("PUT", "/desk", DESK | {"supervisor_id": who})
            assert refused.json()["errors"][0]["field"] == "/supervisor_id"
        bad = await api.sara("PUT", "/desk", DESK | {"openings": []})
        assert kind(bad) == (422, "desk-is-hardly-open")
        [item] = (await api.lea("GET", "/desk/history")).json()["items"]
        assert item["actor"] == "sara"


@pytest.mark.requirement("G-28")
async def test_a_request_that_waits_is_late_when_its_time_is_over(database: str) -> None:
    async with served(database) as api:
        await arranged(api)
        path = await api.made()
        id = path.removeprefix("/requests/")
        [opened] = await api.running.commands.history(REQUEST, id)
        await api.reacted("clocks", request_v1.contract, opened.event)
        [due] = (await api.lea("GET", path)).json()["dues"]
        assert (due["target"], due["minutes"]) == ("first_response", 60)
        timers = Timers("support", api.running.commands, (REQUEST,))
        assert await timers.fire_due(datetime.now(UTC) + timedelta(minutes=50)) == 1
        assert await timers.fire_due(datetime.now(UTC) + timedelta(minutes=70)) == 1
        assert (await api.lea("GET", path)).json()["missed"] == ["first_response"]
        facts = await api.running.commands.history(REQUEST, id)
        names = [one.type.rpartition(".")[2] for one in facts]
        assert names == ["opened", "clocks_set", "target_near", "target_missed"]


async def test_an_answer_in_time_stops_the_clock(database: str) -> None:
    async with served(database) as api:
        await arranged(api)
        path = await api.made()
        [opened] = await api.running.commands.history(REQUEST, path.removeprefix("/requests/"))
        await api.reacted("clocks", request_v1.contract, opened.event)
        assert (
            await api.lea("POST", f"{path}/answers", {"message": "!", "messages": 0})
        ).is_success
        timers = Timers("support", api.running.commands, (REQUEST,))
        assert await timers.fire_due(datetime.now(UTC) + timedelta(days=9)) == 0
        read = await api.ask("PUT", f"{path}/read", {"messages": 1})
        assert read.is_success
        assert (await api.seen(path))["read"] == 1
