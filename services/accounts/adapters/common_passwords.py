"""The passwords that most people have, from the lists of zxcvbn."""

import asyncio
from functools import lru_cache


async def common_passwords() -> frozenset[str]:
    """Thirty thousand passwords in lower case, read once, a tenth of a second on another thread."""
    return await asyncio.to_thread(_read)


@lru_cache(1)
def _read() -> frozenset[str]:
    # Imported here: most processes never set a password.
    from zxcvbn.frequency_lists import (  # type: ignore[import-untyped]  # noqa: PLC0415
        FREQUENCY_LISTS,
    )

    return frozenset(FREQUENCY_LISTS["passwords"])
