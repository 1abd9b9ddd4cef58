"""The home folder of a laptop says where the platform runs."""

import json
import os
import socket
from collections.abc import Mapping
from pathlib import Path

from infra.settings import Settings


def nearest(settings: Settings, here: Path) -> Settings:
    """The settings with the home that is meant: where nobody says `RELAIS_HOME`, that of the folder
    `here`, or of the nearest one above it that has one."""
    if "home" in settings.model_fields_set:
        return settings
    homes = (folder / settings.home for folder in (here, *here.parents))
    found = next((home for home in homes if home.is_dir()), settings.home)
    return settings.model_copy(update={"home": found})


class AlreadyRunning(Exception):
    """Another process runs the platform in the same home."""


def refuse_second(home: Path) -> None:
    """Raises `AlreadyRunning` while the process that wrote the addresses lives."""
    if (found := addresses(home)) is not None:
        what = f"it runs at {found['url']}" if found["url"] else "its servers run"
        raise AlreadyRunning(f"{what} already (process {found['pid']})")


def addresses(home: Path) -> Mapping[str, str] | None:
    """Where a running platform of this home is; None when none runs."""
    path = home / "run.json"
    try:
        found: dict[str, str] = json.loads(path.read_text())
        pid = int(found["pid"])
    except (FileNotFoundError, ValueError, KeyError):
        return None
    return found if _lives(pid) else None


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True  # It belongs to somebody else.
    return True


def write_addresses(home: Path, settings: Settings, url: str) -> Path:
    """Tell other commands, in one step, where the platform is; answers the file to remove."""
    path = home / "run.json"
    found = {
        "pid": str(os.getpid()),
        "host": socket.gethostname(),
        "url": url,
        "portal": settings.portal,
        "postgres": settings.postgres,
        "kafka": settings.kafka,
    }
    aside = path.with_name(f"{path.name}.{os.getpid()}")
    aside.touch(mode=0o600)
    aside.write_text(json.dumps(found, indent=1))
    return aside.replace(path)
