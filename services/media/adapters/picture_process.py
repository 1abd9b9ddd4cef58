"""Has copies of images made where they can cost a second of processor at most, and harm nothing."""

import logging
import signal
from pathlib import Path

from infra import confined
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
    side: int = pictures.MOST_SIDE,
    processor: float = PROCESSOR_SECONDS,
    wall: float = WALL_SECONDS,
    program: str = pictures.__file__,
) -> bool:
    """Write a copy of the image as `pictures.cleaned` does; False when it cannot be read.

    Its longer side has at most `side` pixels.
    `processor` and `wall` are the seconds that it may take; `program` makes the copy.

    Raises `pictures.TooLarge` when it has too many pixels or costs too much processor, and
    TimeoutError when the machine is too busy. The process has ended by then.
    """
    arguments = (str(content), media, str(target), str(processor), str(side))
    ended = (await confined.run(program, *arguments, wall=wall)).code
    if ended in (pictures.TOO_LARGE, -signal.SIGPROF):
        raise pictures.TooLarge
    if ended not in (pictures.MADE, pictures.UNREADABLE):
        log.warning("the process for a picture of type %s ended with %d", media, ended)
    return ended == pictures.MADE
