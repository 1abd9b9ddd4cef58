"""How long a silent server is waited for, on a machine that may be busy."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")

BEAT_SECONDS = 0.1


async def heard_within(seconds: float, asking: Coroutine[Any, Any, T]) -> T:
    """The answer to `asking`. Raises TimeoutError, and cancels it, after so long a silence.

    It is counted in beats of the event loop, and a beat that comes late counts once: a process that
    has no time to run has none to listen either, and does not take that for the server's silence.
    The beats come as long as this process runs, so the wait always ends.
    """
    asked = asyncio.create_task(asking)
    try:
        for _ in range(round(seconds / BEAT_SECONDS)):
            await asyncio.wait([asked], timeout=BEAT_SECONDS)
            if asked.done():
                return asked.result()
        raise TimeoutError(f"no answer for {seconds} s")
    finally:
        if not asked.done():
            asked.cancel()
            await asyncio.gather(asked, return_exceptions=True)
