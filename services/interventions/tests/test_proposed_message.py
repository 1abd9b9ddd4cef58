"""The message that a case begins with: the default of its mode (FLB-086)."""

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest

from contracts.dealerships.predefined_message_v1 import (
    Module,
    PredefinedMessageSaved,
    PredefinedText,
)
from infra.testing.following import follow
from services.interventions.tests.serving import CUSTOMER, METZ, Caller, served, settings
from services.interventions.tests.test_references import GREETING_DELETED, greeting

FRENCH = PredefinedText(language="fr", text="Bonjour")
GERMAN = PredefinedText(language="de", text="Guten Tag")


@pytest.fixture
async def caller(database: str) -> AsyncIterator[Caller]:
    async with served(database) as caller:
        said = settings(default_after_sales_message_id="M1", default_sales_message_id="M2")
        await follow(caller.running, said)
        yield caller


def welcome(**changed: Any) -> PredefinedMessageSaved:
    return replace(greeting(), texts=(FRENCH, GERMAN), **changed)


async def proposed(caller: Caller, path: str, who: str = "lea") -> Any:
    return (await caller.says(who, "GET", path)).json()["proposed_message"]


@pytest.mark.requirement("FLB-086")
@pytest.mark.parametrize(
    ("who", "module", "message_id"),
    [("lea", "mechanical", "M1"), ("sami", "direct_message", "M2")],
)
async def test_a_message_begins_with_the_default_of_its_mode(
    caller: Caller, who: str, module: str, message_id: str
) -> None:
    await follow(caller.running, welcome(), welcome(predefined_message_id="M2"))
    path = await caller.made(who, module=module)
    assert await proposed(caller, path, who) == {
        "predefined_message_id": message_id,
        "language": "fr",
        "text": "Bonjour",
        "translated": True,
    }


@pytest.mark.requirement("FLB-086", "FLB-142")
@pytest.mark.parametrize(
    ("language", "text", "translated"),
    [("de", "Guten Tag", True), ("fr", "Bonjour", True), ("nl", "Bonjour", False)],
)
async def test_it_begins_in_the_language_of_the_customer(
    caller: Caller, language: str, text: str, translated: bool
) -> None:
    await follow(caller.running, welcome())
    path = await caller.made()
    body = CUSTOMER | {"language": language}
    assert (await caller.says("lea", "PUT", f"{path}/customer", body)).is_success
    shown = await proposed(caller, path)
    assert (shown["text"], shown["translated"]) == (text, translated)


@pytest.mark.requirement("FLB-086")
@pytest.mark.parametrize(
    "facts",
    [
        (),
        (settings(), welcome()),
        (welcome(dealership_id=METZ),),
        (welcome(module=Module.BODYWORK),),
        (welcome(), GREETING_DELETED),
    ],
    ids=["unknown", "no default", "dealership", "module", "deleted"],
)
async def test_without_a_default_for_the_case_its_message_begins_empty(
    caller: Caller, facts: tuple[Any, ...]
) -> None:
    await follow(caller.running, *facts)
    assert await proposed(caller, await caller.made()) is None


@pytest.mark.requirement("FLB-086")
async def test_what_somebody_wrote_is_not_replaced(caller: Caller) -> None:
    await follow(caller.running, welcome())
    path = await caller.made()
    written = {"message": "Bonjour Claire", "predefined_message_id": "M1"}
    assert (await caller.says("lea", "PUT", f"{path}/message", written)).is_success
    shown = await caller.shown(path)
    assert (shown["message"], shown["proposed_message"]) == ("Bonjour Claire", None)
