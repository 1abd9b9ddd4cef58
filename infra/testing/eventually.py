"""Wait for what happens elsewhere, without guessing how long it takes."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

T = TypeVar("T")

PAUSE_SECONDS = 0.05


async def eventually(check: Callable[[], Awaitable[T]], within: float = 30.0) -> T:
    """What `check` answers once its assertions hold; their last failure after the seconds given."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + within
    while True:
        try:
            return await check()
        except AssertionError:
            if loop.time() > deadline:
                raise
        await asyncio.sleep(PAUSE_SECONDS)
