"""A client made from the documents compiles strictly, and plays the driver's story."""

import asyncio
import shutil
import subprocess
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import yaml

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


# Where node is absent, the summary says so. The compiler starts once for all that it is shown.
pytestmark = [
    pytest.mark.filterwarnings("default::UserWarning"),
    pytest.mark.xdist_group("typescript"),
]


@dataclass(frozen=True, slots=True)
class Client:
    """The types of every API beside the story, and what the compiler said of them."""

    folder: Path
    complaints: str


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client | None]:
    """A package beside the libraries; None where node is not at hand."""
    try:
        modules = GENERATOR.installed().parents[1]
    except Absent as absent:
        warnings.warn(str(absent), stacklevel=1)
        yield None
        return
    folder = tmp_path_factory.mktemp("client")
    (folder / "package.json").write_text('{"type": "module"}')
    (folder / "node_modules").symlink_to(modules)
    generate(folder, modules)
    shutil.copy(STORY, folder)
    files = [file_of(name) for name in NAMES]
    tsc = [str(modules / ".bin" / "tsc"), *STRICT, *LIBRARIES, *files, STORY.name]
    compiled = subprocess.run(tsc, cwd=folder, capture_output=True, text=True, check=False)
    yield Client(folder, compiled.stdout + compiled.stderr if compiled.returncode else "")
    (folder / "node_modules").unlink()


def generate(folder: Path, modules: Path) -> None:
    """Write the types of every API."""
    apis = {
        name: {"root": str(ROOT / path(name)), "x-openapi-ts": {"output": file_of(name)}}
        for name in NAMES
    }
    config = folder / "redocly.yaml"
    config.write_text(yaml.safe_dump({"extends": ["minimal"], "apis": apis}))
    program = str(modules / ".bin" / "openapi-typescript")
    command = [program, "--redocly", str(config), "--default-non-nullable=false"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def file_of(name: str) -> str:
    """The file with the types of an API."""
    return f"{name.replace('.', '-')}.ts"


def test_the_types_of_every_api_compile(client: Client | None) -> None:
    if client is None:
        assert shutil.which("npm") is None or shutil.which("node") is None
        return
    assert client.complaints == ""
    assert all("export interface paths" in (client.folder / file_of(n)).read_text() for n in NAMES)


async def test_a_driver_quotes_is_awarded_and_delivers(
    client: Client | None, database: str
) -> None:
    if client is None:
        assert shutil.which("npm") is None or shutil.which("node") is None
        return
    assert client.complaints == ""
    missions = registry.service("missions")
    settings = settings_of(missions, database, port=0)
    async with opened(missions, settings) as running:
        await follow(running, user("ada"))
        app = serving.site([running], settings)
        async with serving.serving(app, settings) as url:
            said = await told(client.folder, f"{url}/missions")
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
