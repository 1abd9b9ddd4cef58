"""Measures one process of a service: its memory, and its time until it is ready."""

import asyncio
import json
import sys
from collections.abc import Callable, Mapping
from time import perf_counter

from tools.bench.figures import Figure, Samples, Side, at_most, interleave
from tools.bench.ground import Ground
from tools.bench.processes import RELAIS, child
from tools.bench.requests import BARE, bare_environment
from tools.bench.subject import Size, Subject

MIB = 1024 * 1024
OURS = ("contracts", "infra", "services", "tools")
LOADED = """
import json, sys
from services import registry
from tools.relais import running
registry.service("missions")
print(json.dumps(sorted(sys.modules)))
"""


async def measure(ground: Ground, size: Size, step: Callable[[], None]) -> Samples:
    ours = ground.environment("memory")
    bare = bare_environment(await ground.database("memory_bare"))
    bare |= {"BENCH_IMPORTS": ",".join(await libraries())}
    sides = [
        _side("ours", (*RELAIS, "serve", "missions"), ours),
        _side("bare", ("-m", BARE), bare),
    ]
    return await interleave(size.processes, sides, step)


def _side(name: str, arguments: tuple[str, ...], environment: Mapping[str, str]) -> Side:
    async def once() -> Mapping[str, float]:
        started = perf_counter()
        async with child(*arguments, environment=environment) as process:
            await until_ready(process.port)
            seconds = perf_counter() - started
            return {f"start {name}": seconds, f"memory {name}": process.resident_bytes / MIB}

    return once


async def until_ready(port: int) -> None:
    """Ask until the server says that it is ready."""
    request = b"GET /health/ready HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    answer = b""
    while not answer.startswith(b"HTTP/1.1 200"):
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(request)
            answer = await reader.read()
            writer.close()
        except OSError:
            await asyncio.sleep(0.005)


async def libraries() -> list[str]:
    """The modules of others that a process of ours has loaded."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", LOADED, stdout=asyncio.subprocess.PIPE
    )
    output, _ = await process.communicate()
    known = {*OURS, *sys.stdlib_module_names}
    return [name for name in json.loads(output) if name.partition(".")[0] not in known]


SUBJECT = Subject(
    figures=(
        Figure(
            "memory of one service process",
            "MiB",
            "a bare FastAPI app, the same libraries imported",
            at_most(1.5),
            "memory ours",
            "memory bare",
        ),
        Figure(
            "from start to ready",
            "s",
            "a bare FastAPI app, the same libraries imported",
            at_most(1.5),
            "start ours",
            "start bare",
        ),
    ),
    measure=measure,
)
