"""A customer reads and answers their page in a real browser, where one is at hand."""

import asyncio
import json
import shutil
import warnings
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path

import pytest

from contracts.interventions.case_v1 import CaseRead, LineAccepted, LineRefused, WorkLevel
from infra.serving import serving, site
from infra.testing.databases import Prepare
from infra.testing.serving import prepare
from services.interventions.service import service
from services.interventions.tests.make import PENDING, list_work, send
from services.interventions.tests.visiting import Visitor, visiting
from tools.outside import Absent, NpmLibrary

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
LIBRARIES = NpmLibrary("playwright-core@1.65.1", ("axe-core@4.14.1",))
STORY = Path(__file__).with_name("customer.mjs")
CASE = (*PENDING, list_work("tyres", WorkLevel.ADVISED), send(works=2, proposed=24_000))
STEPS = [
    "read without a script",
    "narrow looked at",
    "phone looked at",
    "wide looked at",
    "read where it was forwarded",
    "answered by keyboard",
]

# Where there is no browser or no node, the summary says so. On a busy machine it is slow.
pytestmark = [
    pytest.mark.filterwarnings("default::UserWarning"),
    pytest.mark.timeout(300),
]


@pytest.fixture(scope="module")
def tools() -> tuple[str, Path] | None:
    """The browser, and the libraries that drive and examine it; None where one is not at hand."""
    program = next(filter(None, map(shutil.which, BROWSERS)), None)
    why = "chromium is absent"
    try:
        if program is not None:
            return program, LIBRARIES.installed()
    except Absent as absent:
        why = str(absent)
    warnings.warn(f"{why}: the page of a customer was not tried", stacklevel=1)
    return None


async def played(visitor: Visitor, program: str, folder: Path) -> object:
    """The steps and findings of the story, on the page of the visitor's link."""
    settings = visitor.running.settings.model_copy(update={"port": 0})
    async with serving(site([visitor.running], settings), settings) as url:
        address = f"{url}/interventions/page/{visitor.token}"
        child = await asyncio.create_subprocess_exec(
            "node", STORY.name, address, program, cwd=folder, stdout=asyncio.subprocess.PIPE
        )
        told, _ = await child.communicate()
    return json.loads(told)


@pytest.mark.requirement("FLB-002")
async def test_a_customer_reads_and_answers_in_a_browser(
    reused_database: Callable[[str, Prepare], Awaitable[str]],
    tools: tuple[str, Path] | None,
    tmp_path: Path,
) -> None:
    if tools is None:
        assert not all(map(shutil.which, ("chromium", "node", "npm")))
        return
    program, modules = tools
    (tmp_path / "node_modules").symlink_to(modules)
    shutil.copy(STORY, tmp_path)
    database = await reused_database(service.name, partial(prepare, service))
    async with visiting(database, *CASE) as claire:
        assert await played(claire, program, tmp_path) == {"steps": STEPS, "findings": []}
        assert len(await claire.recorded(CaseRead)) == 1
        [refused] = await claire.recorded(LineRefused)
        [accepted] = await claire.recorded(LineAccepted)
    assert (refused.work.work_id, refused.risk_acknowledged) == ("pads", True)
    assert accepted.work.work_id == "tyres"
