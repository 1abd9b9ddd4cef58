"""An SMTP server of our own: what it does with mail is its handler's business."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from aiosmtpd.smtp import SMTP


@asynccontextmanager
async def listening(
    handler: object, host: str, port: int, **options: Any
) -> AsyncIterator[tuple[str, int]]:
    """Take mail within the block; yields host and port, which is a free one when 0 is given."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(handler, loop=loop, **options), host, port)
    try:
        found = server.sockets[0].getsockname()
        yield str(found[0]), int(found[1])
    finally:
        server.close()
        await server.wait_closed()
