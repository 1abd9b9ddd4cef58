"""A server that speaks clamd's INSTREAM over TCP and answers as it is told."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

EICAR = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$" + b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
"""Harmless; every scanner calls it a virus."""


@dataclass
class ClamdServer:
    """Finds EICAR. `says` is answered instead, in as many parts; without one it never answers."""

    port: int = 0
    says: list[bytes] | None = None
    scanned: list[bytes] = field(default_factory=list)

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    async def speak(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            assert await reader.readuntil(b"\0") == b"zINSTREAM\0"
            content = b""
            while length := int.from_bytes(await reader.readexactly(4), "big"):
                content += await reader.readexactly(length)
            self.scanned.append(content)
            found = b"stream: Eicar-Signature FOUND\0" if EICAR in content else b"stream: OK\0"
            for part in [found] if self.says is None else self.says:
                writer.write(part)
                await writer.drain()
                # So that the parts arrive one by one.
                await asyncio.sleep(0.01)
            if self.says == []:
                await reader.read()
        finally:
            writer.close()


@asynccontextmanager
async def clamd() -> AsyncIterator[ClamdServer]:
    """Listens within the block."""
    made = ClamdServer()
    server = await asyncio.start_server(made.speak, "127.0.0.1", 0)
    made.port = server.sockets[0].getsockname()[1]
    try:
        yield made
    finally:
        server.close()
        await server.wait_closed()
