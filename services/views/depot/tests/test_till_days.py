"""The days of the till in a list."""

from datetime import date
from typing import Any

import pytest

from services.views.depot.tests.make import (
    cash_gap,
    collected,
    counted,
    deposited,
    invited,
    till_closed,
)
from services.views.depot.tests.stage import Depot, served

NEXT = date(2030, 5, 2)


def mad(minor: int) -> dict[str, Any]:
    return {"amount_minor": minor, "currency": "MAD"}


OPEN: dict[str, Any] = {
    "till_id": "maarif:2030-05-02",
    "day": "2030-05-02",
    "status": "open",
    "couriers": None,
    "expected": None,
    "counted": None,
    "gap": None,
    "in_till": None,
    "closed_by": None,
    "closed_at": None,
}
CLOSED: dict[str, Any] = {
    "till_id": "maarif:2030-05-01",
    "day": "2030-05-01",
    "status": "closed",
    "couriers": 1,
    "expected": mad(34_900),
    "counted": mad(34_800),
    "gap": mad(-100),
    "in_till": mad(4_800),
    "closed_by": {"user_id": "nadia", "name": "Nadia Alaoui", "phone": "+212611111111"},
    "closed_at": "2030-05-01T12:00:00Z",
}


async def two_days(depot: Depot) -> None:
    """One is closed and partly at the bank, the other is open."""
    await depot.saw(invited("nadia", "Nadia Alaoui"))
    await depot.saw(collected(), counted(), till_closed(), cash_gap())
    await depot.saw(deposited(10_000, "B-1"), deposited(20_000, "B-2"), counted(NEXT))


@pytest.mark.requirement("M-04")
async def test_days_are_listed_with_what_is_still_in_the_till(depot: Depot) -> None:
    await two_days(depot)
    async with served(depot) as api:
        assert await api.items("/tills") == [OPEN, CLOSED]
        assert await api.items("/tills", org="elsewhere") == []


async def test_days_are_found_by_their_status_and_their_time(depot: Depot) -> None:
    await two_days(depot)
    async with served(depot) as api:
        assert await api.items("/tills?status=closed") == [CLOSED]
        assert await api.items("/tills?from_day=2030-05-02") == [OPEN]
        assert await api.items("/tills?until_day=2030-05-01") == [CLOSED]


async def test_a_deposit_that_is_seen_again_counts_once(depot: Depot) -> None:
    await two_days(depot)
    await depot.saw(deposited(20_000, "B-2"))
    async with served(depot) as api:
        assert await api.items("/tills?status=closed") == [CLOSED]


async def test_days_are_a_file_too_and_for_managers_alone(depot: Depot) -> None:
    await two_days(depot)
    async with served(depot) as api:
        table = await api.ask("GET", "/tills?format=csv")
        assert [line.split(",")[0] for line in table.text.splitlines()[1:]] == [
            "maarif:2030-05-02",
            "maarif:2030-05-01",
        ]
        refused = await api.ask("GET", "/tills", who="omar", roles=("operator",))
        assert refused.status_code == 403
