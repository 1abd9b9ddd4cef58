"""Processes of their own: ours, the bare one, and the generator of load."""

import asyncio
import json
import os
import re
import signal
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from infra.stack.process import launcher

READY_SECONDS = 60.0
STOP_SECONDS = 30.0
CONNECTIONS = 64
RELAIS = ("-c", "from tools.relais.main import app; app()")
"""The command line, whether or not it is on the path."""


class ChildFailed(Exception):
    """A process ended too early, or did not do what it was started for."""


@dataclass(frozen=True, slots=True)
class Child:
    """A running process, and the line it said it was ready with."""

    process: asyncio.subprocess.Process
    line: str

    @property
    def port(self) -> int:
        """The port it serves at, when its line names an address."""
        return int(re.findall(r":(\d+)", self.line)[-1])

    @property
    def resident_bytes(self) -> int:
        """The memory it holds."""
        statm = Path(f"/proc/{self.process.pid}/statm").read_text()
        return int(statm.split()[1]) * os.sysconf("SC_PAGE_SIZE")

    async def kill(self) -> None:
        """End it at once, whatever it is at."""
        self.process.kill()
        await self.process.wait()


@asynccontextmanager
async def child(*arguments: str, environment: Mapping[str, str]) -> AsyncIterator[Child]:
    """A Python program that says a line once it is ready and runs until SIGTERM."""
    process = await asyncio.create_subprocess_exec(
        *launcher(signal.SIGTERM, unprivileged=False),
        sys.executable,
        *arguments,
        env={**os.environ, **environment},
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        yield Child(process, await _ready(process))
        if process.returncode is None:
            process.terminate()
            async with asyncio.timeout(STOP_SECONDS):
                await process.wait()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def _ready(process: asyncio.subprocess.Process) -> str:
    assert process.stdout is not None
    async with asyncio.timeout(READY_SECONDS):
        line = await process.stdout.readline()
    if not line:
        raise ChildFailed("it ended before it was ready")
    return line.decode().strip()


@dataclass(frozen=True, slots=True)
class Answered:
    """How fast requests were answered; `p99` in seconds."""

    per_second: float
    p99: float


async def answered(
    port: int,
    requests: Sequence[str],
    connections: int = CONNECTIONS,
    a_second: float | None = None,
) -> Answered:
    """Have requests sent by a process of its own, at this pace or as fast as they are answered.

    Raises `ChildFailed` unless all succeed.
    """
    wanted = {
        "port": port,
        "connections": connections,
        "requests": requests,
        "a_second": a_second,
    }
    process = await asyncio.create_subprocess_exec(
        *launcher(signal.SIGTERM, unprivileged=False),
        sys.executable,
        "-m",
        "tools.bench.load",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    output, _ = await process.communicate(json.dumps(wanted).encode())
    found = json.loads(output)
    if not all(status.startswith("2") for status in found["statuses"]):
        raise ChildFailed(f"requests were answered {found['statuses']}")
    return Answered(len(requests) / float(found["seconds"]), float(found["p99"]))
