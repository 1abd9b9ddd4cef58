"""Has copies of images made where they can cost a second of processor at most, and harm nothing."""

import asyncio
import logging
import signal
import sys
from pathlib import Path

from services.media.adapters import pictures

log = logging.getLogger("relais.media")

PROCESSOR_SECONDS = 1.0
WALL_SECONDS = 30.0
"""A process that waits uses no processor."""


async def cleaned(
    content: Path,
    media: str,
    target: Path,
    *,
    processor: float = PROCESSOR_SECONDS,
    wall: float = WALL_SECONDS,
    program: str = pictures.__file__,
) -> bool:
    """Write a copy of the image as `pictures.cleaned` does; False when it cannot be read.

    `processor` and `wall` are the seconds that it may take; `program` makes the copy.

    Raises `pictures.TooLarge` when it has too many pixels or costs too much processor, and
    TimeoutError when the machine is too busy. The process has ended by then.
    """
    arguments = (str(content), media, str(target), str(processor))
    # An image may be made to take over who reads it: there are no secrets in that environment.
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-I", program, *arguments, env={}
    )
    try:
        async with asyncio.timeout(wall):
            ended = await process.wait()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if ended in (pictures.TOO_LARGE, -signal.SIGPROF):
        raise pictures.TooLarge
    if ended not in (pictures.MADE, pictures.UNREADABLE):
        log.warning("the process for a picture of type %s ended with %d", media, ended)
    return ended == pictures.MADE
