"""Pages of customers in a real browser, where one is at hand."""

import asyncio
import json
import shutil
import warnings
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from infra.host import Running
from infra.serving import Front, serving, site
from tools.outside import Absent, NpmLibrary

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
LIBRARIES = NpmLibrary("playwright-core@1.65.1", ("axe-core@4.14.1",))
HERE = Path(__file__).parent

# Where there is no browser or no node, the summary says so. On a busy machine it is slow.
MARKS = [
    pytest.mark.filterwarnings("default::UserWarning"),
    pytest.mark.timeout(300),
]


@cache
def browser() -> tuple[str, Path] | None:
    """The browser, and the libraries that drive and examine it; None where one is not at hand."""
    program = next(filter(None, map(shutil.which, BROWSERS)), None)
    why = "chromium is absent"
    try:
        if program is not None:
            return program, LIBRARIES.installed()
    except Absent as absent:
        why = str(absent)
    assert not all(map(shutil.which, ("chromium", "node", "npm"))), why
    warnings.warn(f"{why}: no page of a customer was tried", stacklevel=2)
    return None


async def played(
    running: Running | Sequence[Running],
    path: str,
    story: str,
    tools: tuple[str, Path],
    folder: Path,
    front: Front | None = None,
) -> Any:
    """The steps and findings of a story beside this file, on a page of the service or of several;
    pictures of it are kept in the folder."""
    program, modules = tools
    (folder / "node_modules").symlink_to(modules)
    for name in (story, "looking.mjs"):
        shutil.copy(HERE / name, folder)
    services = [running] if isinstance(running, Running) else running
    settings = services[0].settings.model_copy(update={"port": 0})
    async with serving(site(services, settings, front), settings) as url:
        words = (story, f"{url}{path}", program, str(folder))
        child = await asyncio.create_subprocess_exec(
            "node", *words, cwd=folder, stdout=asyncio.subprocess.PIPE
        )
        told, _ = await child.communicate()
    return json.loads(told)
