"""The reference front end in a real browser: an administrator's first day, depots that register,
and the driver's story, wide and narrow, both ways."""

import json
import shutil
import subprocess
import warnings
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from tools.outside import Absent, NpmLibrary
from tools.relais.tests.conftest import Platform

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
LIBRARIES = NpmLibrary("playwright-core@1.65.1", ("axe-core@4.14.1",))
STORY = Path(__file__).with_name("app.mjs")
FIRST_STEPS = [
    "password set by the link of a mail",
    "second factor enrolled",
    "signed in with a recovery code",
]
SEEN_LAST = ["Second factor", "Second facteur", "التسجيل"]
"""The headings that the managers of depots saw last: two were let in, one was not."""
STEPS = [
    "signed in",
    "a new trip appeared by itself",
    "a wrong quote was refused at its field",
    "quoted",
    "awarded",
    "delivered with a photo",
    "validated with a receipt",
    "session renewed",
    "signed out",
]

# Where there is no browser or no node, the summary says so.
# On a busy machine the browser is slow.
pytestmark = [
    pytest.mark.filterwarnings("default::UserWarning"),
    pytest.mark.timeout(400),
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
    warnings.warn(f"{why}: the app was not tried", stacklevel=1)
    return None


def founded(platform: Platform, organisation: str, kind: str, administrator: str) -> str:
    """Found an organisation; answers the address of its administrator."""
    address = f"{administrator}@example.org"
    who = ("--user", administrator, "--person", administrator.title(), "--email", address)
    words = ("--name", organisation.title(), "--kind", kind, "--country", "FR", *who)
    assert platform.say("found", organisation, *words).exit_code == 0
    return address


def put_story(folder: Path, modules: Path) -> None:
    """Put the story into a folder, with its libraries and a photo."""
    photo = BytesIO()
    Image.effect_noise((1024, 768), 90).save(photo, "JPEG")
    (folder / "photo.jpg").write_bytes(photo.getvalue())
    (folder / "node_modules").symlink_to(modules)
    shutil.copy(STORY, folder)


def test_people_live_their_stories_in_the_app(
    platform: Platform, tools: tuple[str, Path] | None, tmp_path: Path
) -> None:
    if tools is None:
        assert not all(map(shutil.which, ("chromium", "node", "npm")))
        return
    program, modules = tools
    put_story(tmp_path, modules)
    url = platform.url.replace("127.0.0.1", "localhost")
    address = founded(platform, "workshop", "driver_partner", "violet")
    founded(platform, "market", "marketplace_operator", "olga")
    words = ("--role", "administration", "--subject", "olga", "--org", "market")
    operator = platform.facts("token", *words)["token"]
    command = ["node", STORY.name, url, program, address, operator]
    told = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert told.returncode == 0, told.stderr
    begun = {"begun": FIRST_STEPS, "registered": SEEN_LAST}
    played = {"wide": STEPS, "narrow": STEPS, "findings": []}
    assert json.loads(told.stdout) == begun | played
