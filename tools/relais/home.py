"""The home folder of a laptop: development keys, and where the platform runs."""

import base64
import json
import os
import secrets
import socket
from collections.abc import Mapping, Sequence
from pathlib import Path
from time import time

from pydantic import SecretStr

from infra.http.auth import Role, SigningKey, issue, jwks
from infra.settings import Settings

TOKEN_SECONDS = 12 * 3600.0


class AlreadyRunning(Exception):
    """Another process runs the platform in the same home."""


# --- Keys of a laptop -------------------------------------------------------


def development_token(
    key: SigningKey, subject: str, organisation_id: str, roles: Sequence[Role]
) -> str:
    """Valid for twelve hours, and only where the key is published; as if just signed in."""
    return issue(
        key, subject, organisation_id, roles, lifetime=TOKEN_SECONDS, authenticated_at=time()
    )


def with_keys(home: Path, settings: Settings) -> tuple[SigningKey, Settings]:
    """The settings with development keys where they name none; made once, readable by us only."""
    keys = home / "keys"
    keys.mkdir(mode=0o700, parents=True, exist_ok=True)
    signing = SigningKey.from_pem(_kept(keys / "signing.pem", SigningKey.generate().pem))
    fresh = json.dumps({"development": base64.b64encode(secrets.token_bytes(32)).decode()})
    masters = _kept(keys / "master.json", fresh)
    return signing, settings.model_copy(
        update={
            "jwks": settings.jwks or jwks(signing),
            "master_keys": settings.master_keys
            if settings.master_keys.get_secret_value()
            else SecretStr(masters),
        }
    )


def _kept(path: Path, fresh: str) -> str:
    if not path.exists():
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(fresh)
    return path.read_text()


# --- Who else runs here -----------------------------------------------------


def refuse_second(home: Path) -> None:
    """Raises `AlreadyRunning` while the process that wrote the addresses lives."""
    if (found := addresses(home)) is not None:
        raise AlreadyRunning(f"it runs at {found['url']} already (process {found['pid']})")


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
        "postgres": settings.postgres,
        "kafka": settings.kafka,
    }
    aside = path.with_name(f"{path.name}.{os.getpid()}")
    aside.write_text(json.dumps(found, indent=1))
    return aside.replace(path)
