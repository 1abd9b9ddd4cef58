"""A client made from the documents compiles strictly, and plays the driver's story."""

import asyncio
import shutil
import subprocess
import warnings
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from infra import serving
from infra.host import opened
from infra.testing.following import follow, user
from infra.testing.serving import KEY, settings_of
from infra.tokens import Role, issue
from services import registry
from services.names import NAMES
from tools.openapi.documents import path
from tools.outside import ROOT, Absent, Npm

GENERATOR = Npm(
    "openapi-typescript@7.13.0", "openapi-typescript", ("openapi-fetch@0.17.0", "typescript@5.9.3")
)
STORY = Path(__file__).parent / "client" / "driver.ts"
STRICT = ["--strict", "--target", "es2022", "--module", "esnext", "--moduleResolution", "bundler"]
LIBRARIES = ["--lib", "es2022,dom,dom.iterable", "--skipLibCheck", "false"]


# Where node is absent, the summary says so.
pytestmark = pytest.mark.filterwarnings("default::UserWarning")


@pytest.fixture(scope="module")
def modules() -> Path | None:
    """Where the compiler and the client's library are; None where node is not at hand."""
    try:
        return GENERATOR.installed().parents[1]
    except Absent as absent:
        warnings.warn(str(absent), stacklevel=1)
        return None


def done(command: list[str], folder: Path) -> str:
    """The output of a command, which must succeed."""
    finished = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert finished.returncode == 0, finished.stdout + finished.stderr
    return finished.stdout


@pytest.fixture
def folder(tmp_path: Path, modules: Path | None) -> Iterator[Path]:
    """A package beside the libraries."""
    (tmp_path / "package.json").write_text('{"type": "module"}')
    if modules is not None:
        (tmp_path / "node_modules").symlink_to(modules)
    yield tmp_path
    (tmp_path / "node_modules").unlink(missing_ok=True)


def generated(modules: Path, folder: Path, name: str) -> str:
    """The types of an API, beside the story."""
    file = f"{name.replace('.', '-')}.ts"
    program = str(modules / ".bin" / "openapi-typescript")
    options = ["--default-non-nullable=false", "-o", file]
    done([program, str(ROOT / path(name)), *options], folder)
    return file


def compile_strictly(modules: Path, folder: Path, *files: str) -> None:
    done([str(modules / ".bin" / "tsc"), *STRICT, *LIBRARIES, *files], folder)


@pytest.mark.parametrize("name", NAMES)
def test_the_types_of_an_api_compile(modules: Path | None, folder: Path, name: str) -> None:
    if modules is None:
        assert shutil.which("npm") is None or shutil.which("node") is None
        return
    compile_strictly(modules, folder, generated(modules, folder, name))


async def test_a_driver_quotes_is_awarded_and_delivers(
    modules: Path | None, folder: Path, database: str
) -> None:
    if modules is None:
        assert shutil.which("npm") is None or shutil.which("node") is None
        return
    generated(modules, folder, "missions")
    shutil.copy(STORY, folder)
    compile_strictly(modules, folder, STORY.name)
    missions = registry.service("missions")
    settings = settings_of(missions, database, port=0)
    async with opened(missions, settings) as running:
        await follow(running, user("ada"))
        app = serving.site([running], settings)
        async with serving.serving(app, settings) as url:
            said = await told(folder, f"{url}/missions")
    events = ["published", "quote_submitted", "quote_accepted", "mission_assigned"]
    assert said.split() == [*events, "delivery_confirmed"]


async def told(folder: Path, url: str) -> str:
    """The output of the story, which must succeed."""
    who: list[tuple[str, Role]] = [("lea", "logistics"), ("ada", "driver")]
    tokens = [issue(KEY, subject, "hiflow", [role]) for subject, role in who]
    today = datetime.now(ZoneInfo("Europe/Paris")).date().isoformat()
    command = ["node", "driver.js", url, *tokens, "ada", "T1", today]
    process = await asyncio.create_subprocess_exec(
        *command, cwd=folder, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    output, errors = await process.communicate()
    assert process.returncode == 0, errors.decode()
    return output.decode().strip()
