"""Cases are filled by hand, after sales and in sales, as people and phones do it."""

from dataclasses import replace
from typing import Any

import pytest

from contracts.interventions.case_v1 import Module, WorkLevel
from contracts.media.file_v1 import Purpose
from infra.testing.following import file, follow
from services.interventions import case
from services.interventions.case.works import StrikeWork
from services.interventions.tests.make import (
    CASE,
    GROUP,
    LATER,
    create,
    history,
    list_work,
    place,
    state,
)
from services.interventions.tests.serving import CUSTOMER, WORK, Caller, served


def pending(*commands: case.Command, module: Module = Module.MECHANICAL) -> case.Pending:
    found = state(create(module), *commands)
    assert isinstance(found, case.Pending)
    return found


@pytest.mark.requirement("SM-15", "FLB-044", "G-36")
@pytest.mark.parametrize("level", [one for one in WorkLevel if one.value])
def test_a_level_is_set_whatever_it_was_and_taken_off(level: WorkLevel) -> None:
    strike = StrikeWork(organisation_id=GROUP, work_id="pads", by="lea", at=LATER)
    for former in WorkLevel:
        if former.value:
            again = list_work(level=level, at=LATER)
            [one] = pending(list_work(level=former), again).dossier.listed
            assert one.level is level
    assert pending(list_work(level=level), strike).dossier.listed == ()


@pytest.mark.requirement("FLB-037", "G-88")
def test_a_warranty_case_has_no_works_but_those_that_are_added_by_hand() -> None:
    assert pending(module=Module.WARRANTY).dossier.listed == ()
    held = pending(list_work("scratch", label="Scratch on the door"), module=Module.WARRANTY)
    [one] = held.dossier.listed
    assert (one.label, one.checklist_item_id) == ("Scratch on the door", None)


@pytest.mark.requirement("FLB-063", "FLB-066", "FLB-061")
def test_media_are_shown_in_the_order_that_was_given_to_them_last() -> None:
    placed = [replace(place(id), ordinal=n) for n, id in enumerate(("a", "b", "c"))]
    first = replace(place("c", at=LATER), ordinal=0)
    second = replace(place("a", at=LATER), ordinal=1)
    last = replace(place("b", at=LATER), ordinal=2)
    held = pending(*placed, first, second, last).dossier
    assert [one.media_id for one in held.public] == ["c", "a", "b"]


@pytest.mark.requirement("FLB-088")
def test_a_work_that_was_carried_out_is_listed_and_not_proposed() -> None:
    held = pending(list_work(carried_out=True), list_work("tyres"))
    given = CASE.given(*history(create(), list_work(carried_out=True)))
    given.when(list_work(carried_out=True)).records_nothing()
    assert [(one.work_id, one.carried_out) for one in held.dossier.listed] == [
        ("pads", True),
        ("tyres", False),
    ]
    proposed = case.works.proposed_works(held.dossier)
    assert [one.work_id for one in proposed] == ["tyres"]


# --- Over HTTP --------------------------------------------------------------


async def put(caller: Caller, path: str, who: str = "lea", **parts: Any) -> Any:
    """The case with these parts, each called by its path."""
    for part, body in parts.items():
        done = await caller.says(who, "PUT", f"{path}/{part.replace('__', '/')}", body)
        assert done.is_success, (part, done.text)
    return (await caller.says(who, "GET", path)).json()


@pytest.mark.requirement("FLB-045", "FLB-090", "FLB-091", "FLB-036")
@pytest.mark.parametrize("module", ["mechanical", "bodywork"])
async def test_a_work_is_added_in_free_words(database: str, module: str) -> None:
    async with served(database) as caller:
        path = await caller.made(module=module)
        shown = await put(caller, path, works__x=WORK | {"label": "Dent in the left door"})
    [one] = shown["works"]
    assert (one["label"], one["level"], one["checklist_item_id"]) == (
        *("Dent in the left door", "urgent"),
        None,
    )


@pytest.mark.requirement("FLB-051", "FLB-052", "FLB-053", "FLB-087")
async def test_a_case_says_who_has_it_and_by_when_an_answer_is_wanted(database: str) -> None:
    async with served(database) as caller:
        path = await caller.made()
        wanted = {
            "answer_by": {"day": "2030-05-06", "time": "09:30"},
            "returned_by": {"day": "2030-05-06", "time": "17:00"},
            "customer_waits": True,
        }
        parts: dict[str, Any] = {"assignee": {"assignee_id": "lea"}, "answer-asked": wanted}
        shown = await put(caller, path, **parts)
        assert shown["assignee_id"] == "lea"
        assert (shown["answer_by"], shown["returned_by"], shown["customer_waits"]) == (
            *("2030-05-06T07:30:00Z", "2030-05-06T15:00:00Z"),
            True,
        )
        none: dict[str, Any] = {"assignee": {"assignee_id": None}, "answer-asked": {}}
        shown = await put(caller, path, **none)
        assert (shown["assignee_id"], shown["answer_by"], shown["customer_waits"]) == (
            *(None, None),
            False,
        )


@pytest.mark.requirement("FLB-084", "FLB-056", "FLB-057", "FLB-108", "G-39")
@pytest.mark.parametrize("module", ["used_vehicle_stock", "direct_message"])
async def test_a_sales_case_has_a_vehicle_a_customer_and_media_each_as_far_as_known(
    database: str, module: str
) -> None:
    async with served(database) as caller:
        await follow(caller.running, replace(file("f-offer", "sami", GROUP, Purpose.OTHER)))
        path = await caller.made("sami", module=module)
        bare = (await caller.says("sami", "GET", path)).json()
        assert (bare["vehicle"], bare["customer"], bare["media"]) == (None, None, [])
        whole = {
            "plate": "AB-123-CD",
            "vin": "VF1RFB00066123456",
            "make": "Renault",
            "model": "Clio",
            "mileage_km": 48_120,
            "first_registered_on": "2028-03-01",
            "colour": "Blue",
        }
        parts: dict[str, Any] = {"media__offer": {"file_id": "f-offer"}, "customer": CUSTOMER}
        shown = await put(caller, path, "sami", vehicle=whole, **parts)
        assert shown["vehicle"] == whole
        assert shown["customer"]["last_name"] == "Moreau"
        [offer] = shown["media"]
        assert (offer["file_id"], offer["private"]) == ("f-offer", False)


@pytest.mark.requirement("FLB-089")
@pytest.mark.parametrize(
    "media_type",
    [
        "application/pdf",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ],
    ids=["pdf", "excel", "word"],
)
async def test_an_estimate_is_attached_as_a_document(database: str, media_type: str) -> None:
    async with served(database) as caller:
        estimate = replace(file("f-estimate", "lea", GROUP, Purpose.OTHER), media_type=media_type)
        await follow(caller.running, estimate)
        path = await caller.made()
        shown = await put(caller, path, media__estimate={"file_id": "f-estimate"})
    assert [(one["media_id"], one["kind"]) for one in shown["media"]] == [("estimate", "document")]
