"""The scorecard of couriers: each number, its week, and the orders behind it."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from contracts.tills.till_v1 import GapReason
from services.views.depot.scorecard import percent
from services.views.depot.tests.make import (
    DAY,
    HOUR,
    NOON,
    approved,
    came_back,
    cash_gap,
    composed,
    differs,
    failed,
    given_back,
    handed_over,
    left_again,
    on_tour,
    registered,
    sent_back,
)
from services.views.depot.tests.stage import Depot, served

MONDAY = "2030-04-29"


async def taken_out(depot: Depot) -> None:
    """Karim leaves with three orders."""
    await depot.saw(composed(on_tour(), on_tour("o-2", "RABAT-7"), on_tour("o-3", "AGA-1")))


async def a_week(depot: Depot) -> None:
    """Karim delivers one order at once and one at the second attempt, and brings one back."""
    await depot.saw(registered(), registered("o-2", "RABAT-7"), registered("o-3", "AGA-1"))
    await taken_out(depot)
    await depot.saw(handed_over())
    await depot.saw(replace(failed(), order_id="o-2"), handed_over("o-2"))
    await depot.saw(replace(failed(), order_id="o-3"), replace(given_back(), order_id="o-3"))
    await depot.saw(came_back("o-3", "AGA-1"), replace(differs(), order_id="o-3"))


async def test_a_scorecard_counts_a_courier_s_week(depot: Depot) -> None:
    await a_week(depot)
    async with served(depot, NOON + 6 * HOUR) as api:
        [score] = await api.items("/scorecard")
    assert score == {
        "week": MONDAY,
        "courier": {"user_id": "karim", "name": "", "phone": ""},
        "ended": 3,
        "handed_over": 2,
        "first_attempt": 1,
        "first_attempt_percent": 33,
        "given_back": 1,
        "return_percent": 33,
        "returned": 1,
        "discrepancies": 1,
        "dwell_hours": 6,
        "cash_gaps": 0,
        "cash_gap": {"amount_minor": 0, "currency": "MAD"},
    }


DELIVERIES = {
    "ended": {"o-1", "o-2", "o-3"},
    "handed_over": {"o-1", "o-2"},
    "first_attempt": {"o-1"},
    "given_back": {"o-3"},
}


DELIVERED = {
    "order_id": "o-1",
    "tracking_number": "CASA-2041",
    "tour_id": "t-1",
    "attempts": 0,
    "ended_at": "2030-05-01T15:00:00Z",
}
CAME_BACK = {
    "order_id": "o-3",
    "tracking_number": "AGA-1",
    "tour_id": "t-1",
    "claim_id": "c-1",
    "returned_at": "2030-05-01T12:00:00Z",
    "left_at": None,
}


async def test_each_number_opens_its_orders(depot: Depot) -> None:
    await a_week(depot)
    asked = f"courier_id=karim&week={MONDAY}&figure="
    async with served(depot) as api:
        for figure, ids in DELIVERIES.items():
            found = await api.items(f"/scorecard/deliveries?{asked}{figure}")
            assert {one["order_id"] for one in found} == ids, figure
        [first] = await api.items(f"/scorecard/deliveries?{asked}first_attempt")
        [back] = await api.items(f"/scorecard/returns?{asked}returned")
        assert await api.items(f"/scorecard/returns?{asked}discrepancies") == [back]
        others = f"courier_id=hassan&week={MONDAY}&figure="
        assert await api.items(f"/scorecard/deliveries?{others}ended") == []
        assert await api.items(f"/scorecard/returns?{others}returned") == []
    assert (first, back) == (DELIVERED, CAME_BACK)


async def test_a_week_begins_on_monday_by_the_clock_of_the_organisation(depot: Depot) -> None:
    # Midnight in Paris, where the organisation is, is 22:00 UTC.
    sunday_night = NOON.replace(month=4, day=28, hour=21, minute=59)
    before = replace(handed_over(), handed_over_at=sunday_night)
    after = replace(handed_over("o-2"), handed_over_at=sunday_night + timedelta(minutes=1))
    await taken_out(depot)
    await depot.saw(before, after)
    async with served(depot) as api:
        scores = await api.items("/scorecard")
        assert [(one["week"], one["ended"]) for one in scores] == [
            (MONDAY, 1),
            ("2030-04-22", 1),
        ]
        assert [one["week"] for one in await api.items("/scorecard?weeks=1")] == [MONDAY]
        path = "/scorecard/deliveries?courier_id=karim&figure=ended&week="
        [found] = await api.items(f"{path}2030-05-05")
        assert found["order_id"] == "o-2"


async def test_an_order_stays_until_it_leaves_or_goes_back(depot: Depot) -> None:
    await depot.saw(came_back(), approved(), left_again())
    await depot.saw(came_back("o-2"), approved("o-2"), sent_back("o-2"))
    async with served(depot, NOON + 4 * DAY) as api:
        [score] = await api.items("/scorecard")
        assert score["dwell_hours"] == (24 + 7 * 24) // 2
        assert score["courier"]["user_id"] == "karim"


async def test_scores_come_page_by_page_and_of_one_courier(depot: Depot) -> None:
    await taken_out(depot)
    for n, courier in enumerate(("ada", "bob", "zoe"), 1):
        done = replace(handed_over(f"o-{n}"), courier_id=courier)
        await depot.saw(done)
    async with served(depot) as api:
        path, found = "/scorecard?limit=1", list[str]()
        while path:
            page = await api.ask("GET", path)
            found += [one["courier"]["user_id"] for one in page.json()["items"]]
            path = page.links["next"]["url"] if "next" in page.links else ""
        assert found == ["zoe", "bob", "ada"]
        [only] = await api.items("/scorecard?courier_id=bob")
        assert only["courier"]["user_id"] == "bob"


@pytest.mark.requirement("M-04")
async def test_gaps_of_cash_are_counted_in_the_week_of_their_day(depot: Depot) -> None:
    sunday, monday = date(2030, 4, 28), date(2030, 4, 29)
    more = cash_gap(monday, 300, GapReason.FROM_EARLIER_DAY)
    await depot.saw(cash_gap(sunday), more, cash_gap(date(2030, 5, 1)))
    async with served(depot) as api:
        scores = await api.items("/scorecard")
        assert [(one["week"], one["cash_gaps"], one["cash_gap"]) for one in scores] == [
            (MONDAY, 2, {"amount_minor": 200, "currency": "MAD"}),
            ("2030-04-22", 1, {"amount_minor": -100, "currency": "MAD"}),
        ]
        asked = f"/scorecard/gaps?courier_id=karim&week={MONDAY}"
        days = await api.items(asked)
        assert [one["day"] for one in days] == [MONDAY, "2030-05-01"]
        assert days[0] == {
            "till_id": f"maarif:{MONDAY}",
            "day": MONDAY,
            "gap": {"amount_minor": 300, "currency": "MAD"},
            "reason": "from_earlier_day",
            "recorded_at": "2030-05-01T12:00:00Z",
        }
        assert await api.items(asked.replace("karim", "hassan")) == []
        assert await api.items(asked, org="elsewhere") == []


@pytest.mark.parametrize(
    ("part", "whole", "expected"), [(1, 3, 33), (2, 3, 67), (1, 2, 50), (1, 200, 1), (0, 0, 0)]
)
def test_a_share_is_rounded_to_the_nearest(part: int, whole: int, expected: int) -> None:
    assert percent(part, whole) == expected


@pytest.mark.parametrize(
    ("day", "status"),
    [("0001-12-31", 422), ("0002-01-01", 200), ("9998-12-31", 200), ("9999-01-01", 422)],
)
@pytest.mark.parametrize(
    "behind", ["deliveries?figure=ended&", "returns?figure=returned&", "gaps?"]
)
async def test_the_first_and_the_last_year_of_the_calendar_have_no_weeks(
    depot: Depot, behind: str, day: str, status: int
) -> None:
    async with served(depot) as api:
        answer = await api.ask("GET", f"/scorecard/{behind}courier_id=karim&week={day}")
    assert answer.status_code == status, answer.text
