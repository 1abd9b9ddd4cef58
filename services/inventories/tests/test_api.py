"""The routes of inventories, over a real store."""

from typing import Any

import pytest

from contracts.accounts.organisation_v1 import OrganisationKind
from infra.testing.following import follow, organisation
from infra.testing.routes import Existing
from services.inventories.tests.depot import (
    approved,
    checked_out,
    composed,
    registered,
    returned,
    scanned,
    shelved,
)
from services.inventories.tests.serving import Caller, served

KEPT = (
    registered("1", "A-01", "A-02"),
    scanned("1", "A-01"),
    scanned("1", "A-02"),
    composed("1", "A-01", "A-02"),
    checked_out("1"),
    returned("1", "A-01", "A-02"),
    approved("1", "A-01", "A-02"),
    shelved("1", "A-01"),
    shelved("1", "A-02"),
)
MISSING: dict[str, Any] = {
    "parcel_code": "A-02",
    "kind": "missing",
    "order_id": "1",
    "expected_on": "B-12",
    "found_on": None,
    "custodian_id": "omar",
    "explanation": None,
    "claim_id": None,
}
SURPLUS: dict[str, Any] = MISSING | {
    "parcel_code": "RABAT-9",
    "kind": "surplus",
    "order_id": None,
    "expected_on": None,
    "found_on": "B-12",
    "custodian_id": None,
}
EXPLAINED = {"parcel": "RABAT-9", "explanation": "came_unscanned"}


async def recounting(api: Caller) -> str:
    """An inventory of a shelf that lacks a parcel and has a strange one after the first count."""
    await follow(api.running, *KEPT)
    path = await api.opened("B-12")
    assert (await api.counted(path, "A-01", "RABAT-9", shelf="B-12")).is_success
    assert (await api.ended(path, 1, 2)).is_success
    return path


async def shown(api: Caller, path: str) -> dict[str, Any]:
    answer: dict[str, Any] = (await api.ask("GET", path)).json()
    assert answer.pop("opened_at").endswith("Z")
    return answer


@pytest.mark.requirement("EXX-21")
async def test_who_counts_sees_what_differs_only_after_the_close(database: str) -> None:
    async with served(database) as api:
        path = await recounting(api)
        assert await shown(api, path) == {
            "inventory_id": path.rpartition("/")[2],
            "status": "recounting",
            "shelves": ["B-12"],
            "count": 2,
            "parcels": 0,
            "recount_shelves": ["B-12"],
            "recount_elsewhere": False,
            "counters": [{"count": 1, "user_id": "omar", "parcels": 2}],
            "expected": 2,
            "found": 2,
            "differences": [MISSING, SURPLUS],
            "opened_by": "nadia",
            "closed_by": None,
            "closed_at": None,
        }
        blind = (await api.counter("GET", path)).json()
        assert (blind["expected"], blind["found"], blind["differences"]) == (None, None, None)
        assert (await api.counter("GET", f"{path}/history")).status_code == 403
        assert (await api.counted(path, "A-02", count=2, shelf="B-12")).status_code == 409


async def test_an_inventory_is_closed_once_each_difference_is_settled(database: str) -> None:
    async with served(database) as api:
        path = await recounting(api)
        assert (await api.ended(path, 2, 0)).is_success
        assert (await api.ask("PUT", f"{path}/explanations", EXPLAINED)).is_success
        lost = {"parcel": "A-02"}
        assert (await api.ask("POST", f"{path}/discrepancies", lost)).is_success
        [missing, surplus] = (await shown(api, path))["differences"]
        assert missing == MISSING | {"claim_id": missing["claim_id"]}
        assert missing["claim_id"].startswith("C")
        assert surplus == SURPLUS | {"explanation": "came_unscanned"}
        seen = [lost | {"explanation": None, "claim_id": missing["claim_id"]}]
        early = await api.ask("PUT", f"{path}/closing", {"settled": seen})
        assert early.status_code == 412
        seen.insert(0, EXPLAINED | {"claim_id": None})
        done = await api.ask("PUT", f"{path}/closing", {"settled": seen})
        assert done.is_success, done.text
        over = (await api.counter("GET", path)).json()
        assert (over["status"], over["closed_by"], over["expected"]) == ("closed", "nadia", 2)
        assert over["differences"] == [missing, surplus]


async def test_the_second_count_by_somebody_else_finds_a_parcel(database: str) -> None:
    async with served(database) as api:
        path = await recounting(api)
        found = await api.counted(path, "(00)340123450000000000", "A-02", count=2, who="hind")
        assert found.json()["type"].endswith("shelf-is-not-counted")
        assert (await api.counted(path, "a-02", count=2, shelf="B-12", who="hind")).is_success
        stale = await api.ended(path, 2, 0)
        assert (stale.status_code, stale.json()["now"]) == (412, {"/parcels": 1})
        assert (await api.ended(path, 2, 1)).is_success
        assert [one["kind"] for one in (await shown(api, path))["differences"]] == ["surplus"]


async def test_the_history_says_who_saw_which_parcel_where(database: str) -> None:
    async with served(database) as api:
        path = await recounting(api)
        assert (await api.ask("DELETE", path)).is_success
        assert (await shown(api, path))["status"] == "abandoned"
        items = (await api.ask("GET", f"{path}/history")).json()["items"]
        told = [one["type"].rpartition(".")[2] for one in items]
        assert told == ["opened", "parcels_counted", "count_ended", "abandoned"]
        scan = items[1]["what"]
        assert (scan["shelf"], scan["parcel_codes"]) == ("B-12", ["A-01", "RABAT-9"])
        assert (scan["counted_by"], scan["count"]) == ("omar", 1)
        assert [one["parcel_code"] for one in items[2]["what"]["differences"]] == [
            "A-02",
            "RABAT-9",
        ]


@pytest.mark.requirement("G-01")
async def test_strangers_find_no_trace_of_an_inventory(database: str) -> None:
    async with served(database) as api:
        await follow(api.running, organisation("strangers", OrganisationKind.DEPOT))
        path = await recounting(api)
        scan = {"count": 1, "shelf": "B-12", "parcels": ["A-01"]}
        await Existing(
            ids={"inventory_id": path.rpartition("/")[2]},
            bodies={
                "POST /inventories/{inventory_id}/scans": scan,
                "POST /inventories/{inventory_id}/counts": {"count": 1, "parcels": 2},
                "PUT /inventories/{inventory_id}/explanations": EXPLAINED,
                "POST /inventories/{inventory_id}/discrepancies": {"parcel": "A-02"},
                "PUT /inventories/{inventory_id}/closing": {"settled": []},
            },
            owners={"administration": "nadia", "operator": "omar"},
        ).is_hidden_from(api)
