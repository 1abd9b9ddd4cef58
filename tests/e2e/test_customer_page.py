"""A customer reads and answers their page in a real browser, where one is at hand."""

from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path

import pytest

from contracts.interventions.case_v1 import CaseRead, LineAccepted, LineRefused, WorkLevel
from infra.testing.databases import Prepare
from infra.testing.serving import prepare
from services.interventions.service import service
from services.interventions.tests.make import PENDING, list_work, send
from services.interventions.tests.visiting import visiting
from tests.e2e.browsing import MARKS, browser, played

CASE = (*PENDING, list_work("tyres", WorkLevel.ADVISED), send(works=2, proposed=24_000))
STEPS = [
    "read without a script",
    "narrow looked at",
    "phone looked at",
    "wide looked at",
    "read where it was forwarded",
    "answered by keyboard",
]

pytestmark = MARKS


@pytest.mark.requirement("FLB-002")
async def test_a_customer_reads_and_answers_in_a_browser(
    reused_database: Callable[[str, Prepare], Awaitable[str]], tmp_path: Path
) -> None:
    if (tools := browser()) is None:
        return
    database = await reused_database(service.name, partial(prepare, service))
    async with visiting(database, *CASE) as claire:
        path = f"/interventions/page/{claire.token}"
        told = await played(claire.running, path, "customer.mjs", tools, tmp_path)
        assert told == {"steps": STEPS, "findings": []}
        assert len(await claire.recorded(CaseRead)) == 1
        [refused] = await claire.recorded(LineRefused)
        [accepted] = await claire.recorded(LineAccepted)
    assert (refused.work.work_id, refused.risk_acknowledged) == ("pads", True)
    assert accepted.work.work_id == "tyres"
