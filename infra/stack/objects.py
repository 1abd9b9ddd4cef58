"""Servers that speak S3, for tests: moto out of its package, versitygw built by Go."""

import asyncio
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from infra.stack.ports import LOOPBACK, free_port, is_free
from infra.stack.process import Child, ServerFailed

KEY = "relais-laptop"
SECRET = hashlib.sha256(b"relais-laptop").hexdigest()[:32]
REGION = "eu-west-3"
VERSITY = "v1.8.0"
READY_WITHIN_SECONDS = 60


class ObjectServer:
    """One server over one folder, at `url`, with `KEY` and `SECRET`.

    `kind` is moto or versitygw. `keys` is a file with the key and the certificate of one that talks
    TLS.
    """

    def __init__(self, kind: str, folder: Path, tools: Path, *, keys: Path | None = None) -> None:
        self.kind, self._folder, self._tools = kind, folder.absolute(), tools.absolute()
        self._keys = keys
        self._port = free_port()
        self._child: Child | None = None

    @property
    def url(self) -> str:
        return f"{'https' if self._keys else 'http'}://{LOOPBACK}:{self._port}"

    async def start(self) -> None:
        """Run until stopped; returns when connections are taken. Raises `ServerFailed`."""
        (self._folder / "data").mkdir(parents=True, exist_ok=True)
        command = self._command()
        child = self._child = Child(command, self._folder / "log")
        try:
            async with asyncio.timeout(READY_WITHIN_SECONDS):
                while is_free(self._port):
                    child.check()
                    await asyncio.sleep(0.05)
        except TimeoutError:
            raise ServerFailed(f"{self.kind} did not answer") from None

    async def stop(self) -> None:
        if self._child is not None:
            await self._child.stop()

    def _command(self) -> Sequence[str]:
        address = f"{LOOPBACK}:{self._port}"
        match self.kind:
            case "moto":
                tls = ["-c", f"{self._keys}", "-k", f"{self._keys}"] if self._keys else []
                started = [sys.executable, "-m", "moto.server", "-H", LOOPBACK]
                return [*started, "-p", str(self._port), *tls]
            case "versitygw":
                tls = ["--cert", f"{self._keys}", "--key", f"{self._keys}"] if self._keys else []
                options = [*tls, "--access", KEY, "--secret", SECRET, "--region", REGION]
                program = build(self._tools)
                return [str(program), *options, "--port", address, "posix", f"{self._folder}/data"]
            case _:
                raise ServerFailed(f"RELAIS_OBJECT_SERVER is moto or versitygw, not {self.kind!r}")


def build(tools: Path) -> Path:
    """versitygw, built by Go when this version is not there yet."""
    complete = tools / f"versitygw-{VERSITY}" / "versitygw"
    if complete.exists():
        return complete
    go = shutil.which("go")
    if go is None:
        raise ServerFailed("versitygw needs Go, which is not installed")
    tools.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=tools) as aside:
        module = f"github.com/versity/versitygw/cmd/versitygw@{VERSITY}"
        done = subprocess.run(
            [go, "install", module],
            env={**os.environ, "GOBIN": aside},
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            raise ServerFailed(f"Go could not build versitygw\n{done.stderr}")
        complete.parent.mkdir(exist_ok=True)
        (Path(aside) / "versitygw").replace(complete)
    return complete
