"""The pages of a thread, of a reminder and of a payment in a real browser, where one is at hand."""

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
