"""Jobs in lists, for both sides (OGU-25)."""

from datetime import timedelta
from typing import Any

import pytest

from services.views.market.tests.make import (
    ECLAT,
    SLOT,
    VITREX,
    connected,
    created,
    customer_forgotten,
    done,
    job_cancelled,
    left,
    moved,
    planned,
    reviewed,
)
from services.views.market.tests.stage import PROVIDER, Market, served


def euros(minor: int) -> dict[str, Any]:
    return {"amount_minor": minor, "currency": "EUR"}


PLANNED: dict[str, Any] = {
    "job_id": "J1",
    "request_id": "R1",
    "contract_id": None,
    "visit": None,
    "marketplace_id": "agora",
    "marketplace_name": "Agora",
    "provider_id": "eclat",
    "provider_name": "Éclat Net",
    "status": "planned",
    "service_code": "windows",
    "locality": "Lille",
    "address": "12 rue des Tanneurs",
    "customer_name": "Awa Diop",
    "customer_phone": "+33612345678",
    "arrives_from": "2030-05-20T07:00:00Z",
    "arrives_until": "2030-05-20T09:00:00Z",
    "arrival_expected_at": None,
    "time_zone": "Europe/Paris",
    "price": euros(12_000),
    "unit": None,
    "vat_basis_points": 2_000,
    "commission_basis_points": 1_250,
    "amount": None,
    "commission": None,
    "commission_vat": None,
    "net": None,
    "done_at": None,
    "cancelled_cause": None,
    "cancelled_by": None,
    "cancelled_at": None,
    "provider_mark": None,
    "customer_mark": None,
}
DONE = {
    "status": "done",
    "amount": euros(12_000),
    "commission": euros(1_500),
    "commission_vat": euros(300),
    "net": euros(10_500),
    "done_at": "2030-05-20T09:00:00Z",
}


async def jobs(market: Market, path: str = "/jobs", **asking: Any) -> list[dict[str, Any]]:
    async with served(market) as api:
        return await api.items(path, **asking)


@pytest.mark.requirement("OGU-25")
async def test_both_sides_follow_a_job_until_it_is_reviewed(market: Market) -> None:
    moved_to = {"arrives_from": "2030-05-20T08:00:00Z", "arrives_until": "2030-05-20T10:00:00Z"}
    steps: list[tuple[Any, dict[str, Any]]] = [
        (connected(), {}),
        (moved(), moved_to),
        (left(), {"status": "on_the_way", "arrival_expected_at": "2030-05-20T08:00:00Z"}),
        (done(), DONE | {"arrival_expected_at": None}),
        (reviewed(), {"provider_mark": 5, "customer_mark": 4}),
    ]
    await market.saw(planned())
    shown = PLANNED
    for event, change in steps:
        await market.saw(event)
        shown = shown | change
        assert await jobs(market) == [shown]
        assert await jobs(market, **PROVIDER) == [shown]


async def test_a_cancelled_job_says_why_and_by_whom(market: Market) -> None:
    await market.saw(connected(), planned(), job_cancelled())
    assert await jobs(market) == [
        PLANNED
        | {
            "status": "cancelled",
            "cancelled_cause": "illness",
            "cancelled_by": "provider",
            "cancelled_at": "2030-05-07T12:00:00Z",
        }
    ]


@pytest.mark.requirement("G-69")
async def test_nobody_else_sees_a_job(market: Market) -> None:
    await market.saw(connected(), planned())
    assert await jobs(market, org="elsewhere") == []
    assert await jobs(market, org=VITREX, roles=("provider_manager",)) == []
    assert await jobs(market, org="agora", roles=("provider_manager",)) == []
    assert await jobs(market, org=ECLAT) == []
    async with served(market) as api:
        answer = await api.ask("GET", "/jobs", roles=("driver",))
        assert answer.status_code == 403


async def test_jobs_are_found_by_status_and_provider_the_latest_first(market: Market) -> None:
    next_week = SLOT + timedelta(days=7)
    await market.saw(planned(), done(), planned("J2", VITREX, next_week), planned("J3"))
    assert [one["job_id"] for one in await jobs(market)] == ["J2", "J3", "J1"]
    for chosen, found in [
        ("status=done", ["J1"]),
        ("provider_id=vitrex", ["J2"]),
        ("request_id=R2", []),
        ("service_code=windows&status=planned", ["J2", "J3"]),
    ]:
        assert [one["job_id"] for one in await jobs(market, f"/jobs?{chosen}")] == found


async def test_jobs_page_by_cursors_and_leave_as_a_sheet(market: Market) -> None:
    await market.saw(planned(), planned("J2"))
    async with served(market) as api:
        first = await api.shown("/jobs?limit=1")
        second = await api.shown(f"/jobs?limit=1&cursor={first['next']}")
        found = [one["job_id"] for one in (*first["items"], *second["items"])]
        assert (found, second["next"]) == (["J2", "J1"], None)
        sheet = (await api.ask("GET", "/jobs?format=csv", **PROVIDER)).text
        assert len(sheet.strip().splitlines()) == 3


async def test_a_forgotten_customer_is_in_no_job(market: Market) -> None:
    await market.saw(connected(), created(), planned(), customer_forgotten())
    gone = dict.fromkeys(("customer_name", "customer_phone", "address"), "XXXX")
    assert await jobs(market) == [PLANNED | gone]
