"""The works that were put off on a vehicle come up in its next case (R1)."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from contracts.interventions.case_v1 import (
    MediaKind,
    MediaPlaced,
    Module,
    WorkLevel,
    WorkListed,
    WorkSource,
    WorkStruck,
)
from services.views.dealer.tests.cases import (
    accepted,
    answered,
    created,
    deleted,
    forgotten,
    listed,
    refused,
    sent,
    vehicle,
)
from services.views.dealer.tests.make import GROUP, LYON, NOON, PARIS, later
from services.views.dealer.tests.stage import Dealer, served
from services.views.dealer.tests.test_cases import euros

DUE = date(2030, 11, 6)
LONG_AGO = NOON - timedelta(days=400, hours=23)


def of(id: str, *events: Any) -> list[Any]:
    """The same facts about that case."""
    return [replace(one, case_id=id) for one in events]


def line(case_id: str, id: str, **changed: Any) -> WorkListed:
    return replace(listed(id), case_id=case_id, **changed)


def photo() -> MediaPlaced:
    return MediaPlaced(
        case_id="old",
        organisation_id=GROUP,
        dealership_id=LYON,
        media_id="m-1",
        file_id="f-1",
        kind=MediaKind.PHOTO,
        length_milliseconds=None,
        private=False,
        work_id="pads",
        ordinal=0,
        shapes=(),
        placed_by="nadia",
        placed_at=later(3),
    )


OLD = [
    created("old"),
    *of("old", vehicle()),
    line("old", "pads", due_on=DUE, due_mileage_km=95_000),
    line("old", "tyres"),
    photo(),
    *of("old", refused("pads"), accepted("tyres"), replace(answered(), answered_at=LONG_AGO)),
]
NEW = [created("new", at=later(20)), *of("new", vehicle("ab 123 cd"))]
FROM_OLD = WorkSource(case_id="old", work_id="pads")
REPORT = [
    created("report", Module.WORK_REPORT, at=later(15)),
    *of("report", vehicle()),
    line("report", "done", carried_out=True),
    line("report", "plan", source=FROM_OLD),
    line("report", "fine", level=WorkLevel.OK),
]
REPORTED = [*REPORT, *of("report", sent())]


async def open_of(dealer: Dealer, *events: Any, id: str = "new") -> list[tuple[str, str]]:
    await dealer.saw(*events)
    async with served(dealer) as ask:
        works = (await ask.shown(f"/cases/{id}/deferred-works"))["works"]
    return [(one["case_id"], one["work_id"]) for one in works]


async def test_a_refused_work_comes_up_with_age_price_and_media(dealer: Dealer) -> None:
    await dealer.saw(*OLD, *NEW)
    async with served(dealer) as ask:
        [found] = (await ask.shown("/cases/new/deferred-works"))["works"]
    assert found == {
        "case_id": "old",
        "work_id": "pads",
        "label": "Pads",
        "level": "urgent",
        "price": euros(12_000),
        "put_off_at": "2029-03-26T13:00:00Z",
        "days": 400,
        "due_on": "2030-11-06",
        "due_mileage_km": 95_000,
        "media": [{"media_id": "m-1", "file_id": "f-1", "kind": "photo"}],
    }


@pytest.mark.parametrize(
    ("events", "there"),
    [
        ([], [("old", "pads")]),
        (REPORT, [("old", "pads")]),
        (REPORTED, [("report", "plan")]),
        ([line("new", "again", source=FROM_OLD)], []),
        (of("old", forgotten()), []),
        (of("old", deleted()), []),
    ],
    ids=["refused", "unsent", "planned", "taken_up", "forgotten", "deleted"],
)
async def test_a_line_is_open_until_it_comes_up_again(
    dealer: Dealer, events: list[Any], there: list[tuple[str, str]]
) -> None:
    assert await open_of(dealer, *OLD, *NEW, *events) == there


async def test_what_was_taken_up_and_struck_is_open_again(dealer: Dealer) -> None:
    taken = line("new", "again", source=FROM_OLD)
    struck = WorkStruck(
        case_id="new",
        organisation_id=GROUP,
        dealership_id=LYON,
        work_id="again",
        struck_by="nadia",
        struck_at=later(30),
    )
    assert await open_of(dealer, *OLD, *NEW, taken, struck) == [("old", "pads")]


@pytest.mark.parametrize(
    ("changed", "found"),
    [
        ({"plate": "AB-123-CD", "vin": None}, True),
        ({"plate": "ZZ-999-ZZ"}, True),
        ({"plate": None}, True),
        ({"plate": "AB-123-CD", "vin": "VF1RFB00066123457"}, False),
        ({"plate": "ZZ-999-ZZ", "vin": None}, False),
        ({"plate": None, "vin": None}, False),
    ],
)
async def test_a_vehicle_is_known_by_its_vin_else_by_its_plate(
    dealer: Dealer, changed: dict[str, Any], found: bool
) -> None:
    described = replace(vehicle(), case_id="new", **changed)
    there = await open_of(dealer, *OLD, created("new", at=later(20)), described)
    assert bool(there) == found


async def test_works_of_another_dealership_are_not_told(dealer: Dealer) -> None:
    new = [created("new", dealership_id=PARIS), *of("new", vehicle())]
    await dealer.saw(*OLD, *new)
    async with served(dealer) as ask:
        answer = await ask.ask("/cases/new/deferred-works", at=(PARIS,))
        assert answer.json()["works"] == []
        assert (await ask.ask("/cases/new/deferred-works")).status_code == 404


async def test_the_most_urgent_comes_first(dealer: Dealer) -> None:
    advised = [line("old", "wipers", level=WorkLevel.ADVISED), *of("old", refused("wipers"))]
    there = await open_of(dealer, *OLD[:-1], *advised, OLD[-1], *NEW)
    assert there == [("old", "pads"), ("old", "wipers")]
