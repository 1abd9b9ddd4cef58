"""Has videos measured where they can cost a few seconds of processor at most, and harm nothing."""

import logging
from pathlib import Path

from infra import confined
from services.media.adapters import lengths

log = logging.getLogger("relais.media")

PROCESSOR_SECONDS = 5.0
WALL_SECONDS = 60.0
"""A process that waits uses no processor."""


async def measured(
    content: Path, media: str, *, processor: float = PROCESSOR_SECONDS, wall: float = WALL_SECONDS
) -> int | None:
    """How many milliseconds a video is long; None when it cannot be told within the seconds that it
    may take.

    Raises TimeoutError when the machine is too busy. The process has ended by then.
    """
    arguments = (str(content), media, str(processor))
    ended = await confined.run(lengths.__file__, *arguments, wall=wall)
    if ended.code == lengths.MEASURED:
        return int(ended.output)
    if ended.code != lengths.UNREADABLE:
        log.warning("the process for a video of type %s ended with %d", media, ended.code)
    return None
