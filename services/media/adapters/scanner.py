"""The virus scanner: a port, and clamd behind it. Without an address nothing is scanned."""

import asyncio
from pathlib import Path
from typing import Protocol

BLOCK = 256 * 1024
SECONDS = 120.0


class ScannerFailed(Exception):
    """The scanner gave no verdict: the file is neither good nor bad."""


class Scanner(Protocol):
    async def infected(self, content: Path) -> bool:
        """Whether a virus was found. Raises `ScannerFailed`."""
        ...


class NoScanner:
    """Finds nothing."""

    async def infected(self, content: Path) -> bool:
        return False


class Clamd:
    """clamd, spoken to in its INSTREAM protocol over TCP. Each block is let go once it is sent."""

    def __init__(self, host: str, port: int, seconds: float = SECONDS) -> None:
        self._host, self._port, self._seconds = host, port, seconds

    async def infected(self, content: Path) -> bool:
        try:
            async with asyncio.timeout(self._seconds):
                reply = await self._ask(content)
        except (OSError, TimeoutError, EOFError, asyncio.LimitOverrunError) as error:
            raise ScannerFailed(f"{type(error).__name__}: {error}") from error
        if reply.endswith(b" FOUND"):
            return True
        if reply == b"stream: OK":
            return False
        raise ScannerFailed(reply.decode("latin-1"))

    async def _ask(self, content: Path) -> bytes:
        reader, writer = await asyncio.open_connection(self._host, self._port)
        try:
            writer.write(b"zINSTREAM\0")
            with content.open("rb") as file:
                while block := await asyncio.to_thread(file.read, BLOCK):
                    writer.write(len(block).to_bytes(4, "big") + block)
                    await writer.drain()
            writer.write(bytes(4))
            await writer.drain()
            return (await reader.readuntil(b"\0")).removesuffix(b"\0")
        finally:
            writer.close()


def scanner_of(address: str) -> Scanner:
    """clamd at `host:port`, or nobody."""
    if not address:
        return NoScanner()
    host, _, port = address.rpartition(":")
    return Clamd(host, int(port))
