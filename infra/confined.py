"""Runs a program over content of strangers where it can harm nothing: a process of its own.

The content may be made to take over who reads it, or to cost without end.
"""

import asyncio
import sys
from asyncio.subprocess import DEVNULL, PIPE
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Ended:
    """How a program ended: its exit code, or the negative number of a signal, and what it wrote."""

    code: int
    output: bytes


async def run(program: str, *arguments: str, wall: float, given: bytes | None = None) -> Ended:
    """Run a Python file with packages but without our environment, which has secrets.

    `given` is its standard input. It has ended afterwards, also for who hangs up. Raises
    TimeoutError after `wall` seconds: one that waits uses no processor, which it bounds itself.
    """
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-I",
        program,
        *arguments,
        env={},
        stdin=DEVNULL if given is None else PIPE,
        stdout=PIPE,
    )
    try:
        async with asyncio.timeout(wall):
            output, _ = await process.communicate(given)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    assert process.returncode is not None
    return Ended(process.returncode, output)
