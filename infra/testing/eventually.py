"""Wait for what happens elsewhere, without guessing how long it takes."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

T = TypeVar("T")

PAUSE_SECONDS = 0.05
PATIENCE_SECONDS = 60.0
"""How long a test waits before it fails: a busy machine is no fault of what is tested."""


async def eventually(check: Callable[[], Awaitable[T]], within: float = PATIENCE_SECONDS) -> T:
    """The answer of `check` once its assertions hold; their last failure after `within` seconds."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + within
    while True:
        try:
            return await check()
        except AssertionError:
            if loop.time() > deadline:
                raise
        await asyncio.sleep(PAUSE_SECONDS)
