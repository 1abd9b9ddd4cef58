"""Processes of production over the servers of a platform."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from infra.tokens import SigningKey, jwks
from tools.relais.tests.conftest import Platform


@contextmanager
def running(platform: Platform, *words: str, leave_seconds: float = 0) -> Iterator[str]:
    """The address of a process of its own, as production starts it; told to stop at the end."""
    with started(platform, *words, leave_seconds=leave_seconds) as (process, url):
        yield url
        process.terminate()


@contextmanager
def started(
    platform: Platform, *words: str, leave_seconds: float = 0
) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A process of its own and its address; it has to end well, told by whoever asked for it."""
    environment = environment_of(platform) | {"RELAIS_LEAVE_SECONDS": str(leave_seconds)}
    command = [sys.executable, "-m", "tools.relais", *words]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
        assert process.stdout is not None
        try:
            yield process, process.stdout.readline().split()[-1]
            process.communicate(timeout=60)
        finally:
            process.kill()
    assert process.returncode == 0


def environment_of(platform: Platform) -> dict[str, str]:
    """The settings of a process of production over the servers of this platform."""
    addresses = json.loads((platform.home / "run.json").read_text())
    keys = platform.home / "keys"
    return {
        "PATH": "/usr/bin:/bin",
        "HOME": str(platform.home),
        "RELAIS_PORT": "0",
        "RELAIS_POSTGRES": addresses["postgres"],
        "RELAIS_KAFKA": addresses["kafka"],
        "RELAIS_MASTER_KEYS": (keys / "master.json").read_text(),
        "RELAIS_JWKS": jwks(SigningKey.from_pem((keys / "signing.pem").read_text())),
    }
