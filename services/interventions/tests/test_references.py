"""The things of dealerships that a case names: each is looked up when it is named."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from contracts.dealerships.checklist_v1 import (
    ChecklistCategory,
    ChecklistDeleted,
    ChecklistItem,
    ChecklistSaved,
)
from contracts.dealerships.predefined_message_v1 import (
    Module,
    PredefinedMessageDeleted,
    PredefinedMessageSaved,
    PredefinedText,
)
from infra.testing.following import follow
from services.interventions.tests.make import GROUP, LILLE
from services.interventions.tests.serving import METZ, WORK, Caller, served

WENT = datetime(2026, 1, 2, 8, tzinfo=UTC)
BEFORE = {"Relais-Occurred-At": (WENT - timedelta(seconds=1)).isoformat()}


@pytest.fixture
async def caller(database: str) -> AsyncIterator[Caller]:
    async with served(database) as caller:
        yield caller


def checklist(
    *items: str, dealership_id: str | None = LILLE, brand: str | None = None
) -> ChecklistSaved:
    labelled = tuple(
        ChecklistItem(
            item_id=one, label=one, translations=(), level=None, price=None, measurement=None
        )
        for one in items
    )
    return ChecklistSaved(
        checklist_id="L1",
        organisation_id=GROUP if dealership_id else "relais",
        dealership_id=dealership_id,
        brand=brand,
        title="Summer",
        language="fr",
        categories=(ChecklistCategory(label="Wheels", translations=(), items=labelled),),
        copy_of=None,
        saved_by="maya",
        saved_at=WENT,
    )


def greeting(
    dealership_id: str = LILLE, module: Module | None = None, org: str = GROUP
) -> PredefinedMessageSaved:
    return PredefinedMessageSaved(
        predefined_message_id="M1",
        organisation_id=org,
        dealership_id=dealership_id,
        module=module,
        title="Welcome",
        texts=(PredefinedText(language="fr", text="Bonjour"),),
        saved_by="maya",
        saved_at=WENT,
    )


CHECKLIST_DELETED = ChecklistDeleted(
    checklist_id="L1",
    organisation_id=GROUP,
    dealership_id=LILLE,
    deleted_by="maya",
    deleted_at=WENT,
)
GREETING_DELETED = PredefinedMessageDeleted(
    predefined_message_id="M1",
    organisation_id=GROUP,
    dealership_id=LILLE,
    deleted_by="maya",
    deleted_at=WENT,
)


async def listed(caller: Caller, path: str, headers: Any = None) -> Any:
    """The answer to whoever puts a work of the item `tyres` on the list."""
    body = WORK | {"checklist_item_id": "tyres"}
    return await caller.says("lea", "PUT", f"{path}/works/t", body, headers or {})


async def composed(caller: Caller, path: str, headers: Any = None) -> Any:
    body = {"message": "Bonjour", "predefined_message_id": "M1"}
    return await caller.says("lea", "PUT", f"{path}/message", body, headers or {})


def refused(answer: Any, field: str, kind: str) -> bool:
    problem = answer.json()
    [error] = problem["errors"]
    found = answer.status_code, problem["facts"]["kind"], error["field"], error["rule"]
    return found == (422, kind, f"/{field}", "unknown_reference")


@pytest.mark.requirement("FLB-043", "FLB-133", "FLB-143")
@pytest.mark.parametrize(
    "known",
    [
        checklist("tyres"),
        checklist("tyres", brand="peugeot"),
        checklist("tyres", dealership_id=None, brand="peugeot"),
    ],
    ids=["own", "own of the brand", "of the manufacturer"],
)
async def test_a_work_comes_from_an_item_that_the_dealership_has_for_the_brand(
    caller: Caller, known: ChecklistSaved
) -> None:
    await follow(caller.running, known)
    assert (await listed(caller, await caller.made())).is_success


@pytest.mark.requirement("FLB-043", "FLB-143")
@pytest.mark.parametrize(
    "known",
    [
        checklist("pads"),
        checklist("tyres", dealership_id=METZ),
        checklist("tyres", brand="citroen"),
        checklist("tyres", dealership_id=None, brand="citroen"),
    ],
    ids=["unknown", "of another dealership", "of another brand", "of another manufacturer"],
)
async def test_a_work_of_an_item_that_the_dealership_does_not_have_is_refused(
    caller: Caller, known: ChecklistSaved
) -> None:
    await follow(caller.running, known)
    answer = await listed(caller, await caller.made())
    assert refused(answer, "checklist_item_id", "checklist_item"), answer.text


@pytest.mark.requirement("FLB-031")
@pytest.mark.parametrize("change", [CHECKLIST_DELETED, checklist("pads")], ids=["list", "item"])
async def test_an_item_that_went_is_taken_of_what_a_phone_made_before(
    caller: Caller, change: Any
) -> None:
    await follow(caller.running, checklist("tyres"), change)
    path = await caller.made()
    answer = await listed(caller, path)
    assert refused(answer, "checklist_item_id", "checklist_item"), answer.text
    assert (await listed(caller, path, BEFORE)).is_success


async def test_a_work_keeps_the_item_that_it_came_from(caller: Caller) -> None:
    await follow(caller.running, checklist("tyres"))
    path = await caller.made()
    assert (await listed(caller, path)).is_success
    await follow(caller.running, CHECKLIST_DELETED)
    assert (await listed(caller, path)).is_success


@pytest.mark.requirement("FLB-142")
@pytest.mark.parametrize("module", [None, Module.MECHANICAL], ids=["of all", "of the module"])
async def test_a_message_begins_with_a_predefined_one_of_the_dealership_and_module(
    caller: Caller, module: Module | None
) -> None:
    await follow(caller.running, greeting(module=module))
    assert (await composed(caller, await caller.made())).is_success


@pytest.mark.requirement("FLB-142")
@pytest.mark.parametrize(
    "facts",
    [
        (),
        (greeting(METZ),),
        (greeting("GELSEWHERE", org="strangers"),),
        (greeting(module=Module.BODYWORK),),
        (greeting(), GREETING_DELETED),
    ],
    ids=["unknown", "dealership", "organisation", "module", "deleted"],
)
async def test_a_message_that_the_dealership_does_not_have_for_the_module_is_refused(
    caller: Caller, facts: tuple[Any, ...]
) -> None:
    await follow(caller.running, *facts)
    answer = await composed(caller, await caller.made())
    assert refused(answer, "predefined_message_id", "predefined_message"), answer.text


@pytest.mark.requirement("FLB-031", "FLB-142")
async def test_a_message_that_was_deleted_is_taken_of_what_was_written_before(
    caller: Caller,
) -> None:
    await follow(caller.running, greeting())
    path = await caller.made()
    assert (await composed(caller, path)).is_success
    await follow(caller.running, GREETING_DELETED)
    assert (await composed(caller, path)).is_success
    other = await caller.made(key="case-2")
    assert not (await composed(caller, other)).is_success
    assert (await composed(caller, other, BEFORE)).is_success
