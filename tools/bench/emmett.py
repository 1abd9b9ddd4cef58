"""Emmett, an event store for Node on PostgreSQL: a process of its own, where Node is at hand."""

import asyncio
import json
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from infra.stack.process import launcher
from tools.bench.processes import ChildFailed
from tools.outside import Absent, NpmLibrary

SCRIPT = Path(__file__).with_name("emmett.cjs")
VERSION = "0.42.0"
LIBRARY = NpmLibrary(
    f"@event-driven-io/emmett-postgresql@{VERSION}",
    (f"@event-driven-io/emmett@{VERSION}", "@event-driven-io/pongo@0.16.11"),
)


@dataclass(frozen=True, slots=True)
class Emmett:
    """A running process; does one thing at a time."""

    process: asyncio.subprocess.Process

    async def per_second(self, url: str, seconds: float, writers: int) -> float:
        """Events a second of so many writers at once, each with a stream of its own."""
        found = await self._ask(do="append", url=url, seconds=seconds, writers=writers)
        return float(found["written"] / found["seconds"])

    async def append(self, url: str, seconds: float, writers: int) -> int:
        """Let so many writers append; the count of their events."""
        found = await self._ask(do="append", url=url, seconds=seconds, writers=writers)
        return int(found["written"])

    async def follow(self, url: str) -> None:
        """Start to consume all events of a database."""
        await self._ask(do="follow", url=url)

    async def seen(self) -> int:
        """How many events it has consumed."""
        return int((await self._ask(do="seen"))["seen"])

    async def _ask(self, **request: Any) -> dict[str, float]:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps(request).encode() + b"\n")
        line = await self.process.stdout.readline()
        if not line:
            raise ChildFailed("Emmett ended before it answered")
        answered: dict[str, float] = json.loads(line)
        return answered


@asynccontextmanager
async def emmett(size: int) -> AsyncIterator[Emmett | None]:
    """Emmett with events of about so many bytes; None where Node is not at hand."""
    try:
        modules = await asyncio.to_thread(LIBRARY.installed)
    except Absent:
        yield None
        return
    process = await asyncio.create_subprocess_exec(
        *launcher(signal.SIGTERM, unprivileged=False),
        "node",
        str(SCRIPT),
        str(size),
        env={**os.environ, "NODE_PATH": str(modules)},
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        yield Emmett(process)
    finally:
        process.kill()
        await process.wait()
