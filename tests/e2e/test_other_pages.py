"""The pages of a thread, a visit, a reminder, a payment and a request in a real browser, if there
is one."""

from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from infra.host import Running
from infra.testing.databases import Prepare
from infra.testing.serving import prepare
from services.conversations.service import service as conversations
from services.conversations.tests import serving as threads
from services.dispatch.service import service as dispatch
from services.dispatch.tests import serving as requests
from services.interventions.service import service as interventions
from services.interventions.tests.test_visit import ASKED
from services.interventions.tests.visiting import visiting as asked_of_the_visit
from services.payments.service import service as payments
from services.payments.tests import cards_stage
from services.reminders.service import service as reminders
from services.reminders.tests.make import PENDING, SENT, compose
from services.reminders.tests.test_customer_page import visiting
from tests.e2e.browsing import MARKS, browser, played

STEPS = [
    "read without a script",
    "narrow looked at",
    "phone looked at",
    "wide looked at",
    "used by keyboard",
]

pytestmark = MARKS
Databases = Callable[[str, Prepare], Awaitable[str]]


async def found(running: Running, path: str, folder: Path) -> Any:
    """All that is wrong with a page; nothing where there is no browser."""
    if (tools := browser()) is None:
        return []
    folder.mkdir(exist_ok=True)
    told = await played(running, path, "page.mjs", tools, folder)
    assert told["steps"] == STEPS
    return told["findings"]


@pytest.mark.requirement("FLB-124")
async def test_the_page_of_a_thread_is_for_everybody(
    reused_database: Databases, tmp_path: Path
) -> None:
    database = await reused_database(conversations.name, partial(prepare, conversations))
    async with threads.served(database) as caller:
        page = caller.page()
        await caller.fills_in(f"{page}/messages", message="Can the brakes wait?")
        await caller.writes("lea", await caller.thread(), "Until June, and no longer.", 1)
        assert await found(caller.running, f"/conversations{page}", tmp_path) == []


@pytest.mark.requirement("G-44")
async def test_the_page_of_a_closed_case_is_for_everybody(
    reused_database: Databases, tmp_path: Path
) -> None:
    database = await reused_database(interventions.name, partial(prepare, interventions))
    async with asked_of_the_visit(database, *ASKED) as claire:
        page = f"/interventions/page/{claire.token}"
        assert await found(claire.running, page, tmp_path / "asks") == []
        await claire.send("visit", await claire.look(), score="3")
        assert await found(claire.running, page, tmp_path / "thanks") == []


@pytest.mark.requirement("FLB-158")
async def test_the_page_of_a_reminder_is_for_everybody(
    reused_database: Databases, tmp_path: Path
) -> None:
    database = await reused_database(reminders.name, partial(prepare, reminders))
    async with visiting(database, *PENDING, compose("À très vite."), *SENT[1:]) as claire:
        path = f"/reminders/page/{claire.token}"
        assert await found(claire.running, path, tmp_path) == []


@pytest.mark.requirement("FLB-172")
async def test_the_page_of_a_payment_is_for_everybody(
    reused_database: Databases, tmp_path: Path
) -> None:
    database = await reused_database(payments.name, partial(prepare, payments))
    async with cards_stage.served(database) as api:
        await api.connect()
        assert await found(api.running, f"/payments{api.page}", tmp_path) == []


@pytest.mark.requirement("OGU-03", "SM-24")
async def test_the_page_to_ask_on_is_for_everybody(
    reused_database: Databases, tmp_path: Path
) -> None:
    database = await reused_database(dispatch.name, partial(prepare, dispatch))
    async with requests.served(database) as api:
        door = (await api.ask("GET", "/door")).json()["url"].rpartition("/")[2]
        assert await found(api.running, f"/dispatch/door/{door}", tmp_path / "asks") == []


@pytest.mark.requirement("OGU-04", "SM-24")
async def test_the_page_of_a_request_is_for_everybody(
    reused_database: Databases, tmp_path: Path
) -> None:
    database = await reused_database(dispatch.name, partial(prepare, dispatch))
    async with requests.served(database) as api:
        request_id = await api.created()
        await api.proposed(request_id, *requests.PROVIDERS)
        page = await api.page(request_id)
        assert await found(api.running, f"/dispatch{page}", tmp_path / "compares") == []
        request_id, job_id = await api.chosen()
        page = await api.page(request_id)
        body = {"report": "All clean", "file_ids": ["f-photo"]}
        assert (await api.by("eclat", "PUT", f"/jobs/{job_id}/completion", body)).is_success
        assert await found(api.running, f"/dispatch{page}", tmp_path / "reviews") == []
