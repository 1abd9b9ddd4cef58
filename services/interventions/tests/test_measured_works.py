"""Measured works over HTTP: a checklist gives them level and day, and the customer sees why."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from contracts.dealerships.checklist_v1 import (
    BrandThresholds,
    ChecklistSaved,
    ItemMeasurement,
    MeasurementUnit,
    Thresholds,
)
from infra.testing.following import follow
from infra.testing.pages import words
from services.interventions.tests.make import SENT, create, name_customer, revise, send
from services.interventions.tests.serving import CUSTOMER, SENDING, WORK, Caller, served
from services.interventions.tests.test_measuring import measured
from services.interventions.tests.test_references import checklist
from services.interventions.tests.visiting import visiting

OF_ALL = Thresholds(
    advised_below_thousandths=5_000,
    urgent_below_thousandths=3_000,
    advised_due_days=90,
    urgent_due_days=None,
)
OF_PEUGEOT = replace(OF_ALL, advised_below_thousandths=6_000)
READ_OFF = {"unit": "millimetre", "thousandths": 5_500}
BODY: dict[str, Any] = {
    "label": "Front brake pads",
    "checklist_item_id": "pads",
    "measurement": READ_OFF,
    "price": WORK["price"],
}


@pytest.fixture
async def caller(database: str) -> AsyncIterator[Caller]:
    async with served(database) as caller:
        yield caller


def measuring(
    *brands: BrandThresholds, thresholds: Thresholds | None = OF_ALL, **named: Any
) -> ChecklistSaved:
    """A checklist by which pads are measured."""
    plain = checklist("pads", **named)
    [category] = plain.categories
    [item] = category.items
    said = ItemMeasurement(unit=MeasurementUnit.MILLIMETRE, thresholds=thresholds, brands=brands)
    items = (replace(item, measurement=said),)
    return replace(plain, categories=(replace(category, items=items),))


async def listed(caller: Caller, path: str, **said: Any) -> Any:
    """The work as it is shown, or the problem."""
    answer = await caller.says("lea", "PUT", f"{path}/works/pads", BODY | said)
    if not answer.is_success:
        return answer.json()
    [work] = (await caller.shown(path))["works"]
    return work


async def test_a_work_takes_its_level_and_its_day_from_what_was_measured(caller: Caller) -> None:
    await follow(caller.running, measuring())
    path = await caller.made()
    work = await listed(caller, path, measurement=READ_OFF | {"thousandths": 4_990})
    today = datetime.now(ZoneInfo("Europe/Paris")).date()
    due = (today + timedelta(days=90)).isoformat()
    assert (work["level"], work["due_on"]) == ("advised", due)
    assert work["measurement"] == {"unit": "millimetre", "thousandths": 4_990}
    assert work["assessment"] == {
        "level": "advised",
        "due_on": due,
        "thresholds": {
            "advised_below_thousandths": 5_000,
            "urgent_below_thousandths": 3_000,
            "advised_due_days": 90,
            "urgent_due_days": None,
        },
    }


@pytest.mark.requirement("FLB-127")
@pytest.mark.parametrize(
    ("known", "level"),
    [
        ([measuring()], "ok"),
        ([measuring(BrandThresholds(brand="peugeot", thresholds=OF_PEUGEOT))], "advised"),
        ([measuring(BrandThresholds(brand="opel", thresholds=OF_PEUGEOT))], "ok"),
        (
            [
                measuring(),
                replace(measuring(brand="peugeot", thresholds=OF_PEUGEOT), checklist_id="L2"),
            ],
            "advised",
        ),
        (
            [
                measuring(),
                replace(
                    measuring(dealership_id=None, brand="peugeot", thresholds=OF_PEUGEOT),
                    checklist_id="L0",
                ),
            ],
            "ok",
        ),
    ],
    ids=["all", "brand", "another brand", "list of the brand", "manufacturer"],
)
async def test_what_is_said_of_a_brand_replaces_what_is_said_of_all(
    caller: Caller, known: list[ChecklistSaved], level: str
) -> None:
    await follow(caller.running, *known)
    assert (await listed(caller, await caller.made()))["level"] == level


async def test_the_technician_says_another_level_and_both_are_told(caller: Caller) -> None:
    await follow(caller.running, measuring())
    path = await caller.made()
    work = await listed(caller, path, level="urgent")
    assert (work["level"], work["assessment"]["level"]) == ("urgent", "ok")
    history = (await caller.says("lea", "GET", f"{path}/history")).json()["items"]
    told = history[-1]["what"]
    assert (told["level"], told["assessment"]["level"], told["measurement"]) == (
        *("urgent", "ok"),
        READ_OFF,
    )


@pytest.mark.parametrize(
    ("said", "slug", "field"),
    [
        ({"measurement": READ_OFF | {"unit": "volt"}}, "measured-in-other-unit", "/measurement"),
        (
            {"measurement": READ_OFF | {"thousandths": -10}},
            "value-not-possible",
            "/measurement",
        ),
        (
            {"measurement": READ_OFF | {"thousandths": 5_501}},
            "too-many-decimals",
            "/measurement",
        ),
        ({"measurement": None}, "level-is-missing", "/level"),
        ({"checklist_item_id": None}, "level-is-missing", "/level"),
    ],
    ids=["unit", "negative", "decimals", "nothing", "no item"],
)
async def test_what_cannot_be_is_refused_with_its_field(
    caller: Caller, said: dict[str, Any], slug: str, field: str
) -> None:
    await follow(caller.running, measuring())
    problem = await listed(caller, await caller.made(), **said)
    assert problem["type"] == f"urn:relais:problem:{slug}"
    assert [one["field"] for one in problem["errors"]] == [field]


async def test_the_page_as_an_api_tells_what_was_measured(caller: Caller) -> None:
    await follow(caller.running, measuring())
    path = await caller.made()
    await listed(caller, path, level="urgent")
    await caller.says("lea", "PUT", f"{path}/customer", CUSTOMER)
    sent = await caller.says("lea", "POST", f"{path}/sending", SENDING)
    assert sent.is_success, sent.text
    page = await caller.page(path)
    [work] = (await caller.anybody("GET", f"{page}/case")).json()["works"]
    assert (work["measurement"], work["assessment"]["level"]) == (READ_OFF, "ok")


async def test_the_customer_sees_the_value_its_unit_and_the_colour_it_led_to(
    database: str,
) -> None:
    listed_there = (create(), name_customer(), measured())
    async with visiting(database, *listed_there, send(proposed=12_000)) as claire:
        page = await claire.look()
        german = await claire.look("?lang=de")
    assert "Mesuré : 2,8 mm (conseillé sous 5 mm, urgent sous 3 mm)" in words(page)
    assert '<p class="measured urgent">' in page.text
    assert "Gemessen: 2,8 mm (empfohlen unter 5 mm, dringend unter 3 mm)" in words(german)


async def test_a_work_that_was_not_measured_says_nothing_of_it(database: str) -> None:
    async with visiting(database, *SENT) as claire:
        assert "Mesuré" not in words(await claire.look())


async def test_a_value_that_was_measured_anew_is_among_the_changes(database: str) -> None:
    first = (create(), name_customer(), measured(), send(proposed=12_000), revise())
    anew = replace(measured(2_500), at=first[2].at.replace(minute=55))
    async with visiting(database, *first, anew, send(id="second")) as claire:
        await claire.holds("customer.2")
        assert "Pads : mesuré à nouveau" in words(await claire.look())
