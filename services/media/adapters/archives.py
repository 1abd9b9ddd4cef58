"""An archive of files, written while it is sent: no more than a piece of one file is in memory."""

import zipfile
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass

UNSAFE = str.maketrans(
    dict.fromkeys(map(chr, [*range(32), 127]), "_") | dict.fromkeys('\\/:*?"<>|', "_")
)
"""Letters that some system takes for a part of a path, or has in no name."""
MOST_NAME = 120
LARGE = 2**31 - 1
"""From then on sizes need more than the four bytes of the first format."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A file of an archive. `pieces` is asked for when its turn comes."""

    name: str
    size: int
    pieces: Callable[[], Awaitable[AsyncIterator[bytes]]]


async def archived(entries: Sequence[Entry]) -> AsyncIterator[bytes]:
    """The archive in pieces. Photos and videos are compressed already, so nothing is again.

    Whoever reads it is known to have all of it by its end: after a failure there is none.
    """
    sink = _Sink()
    # A reader that takes what comes finds the end of a file only in what is packed like this.
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED, compresslevel=0) as archive:
        for number, entry in enumerate(entries, 1):
            name = name_of(entry.name, number, len(entries))
            pieces = await entry.pieces()
            with archive.open(name, "w", force_zip64=entry.size > LARGE) as file:
                async for piece in pieces:
                    file.write(piece)
                    yield sink.taken()
            yield sink.taken()
    yield sink.taken()


def name_of(name: str, number: int, count: int) -> str:
    """A name that no other file of the archive has, and that is no path on any system."""
    plain = name.translate(UNSAFE)
    return f"{number:0{len(str(count))}}-{plain[-MOST_NAME:]}"


class _Sink:
    """Takes what is written, and hands it on; nobody goes back in it."""

    def __init__(self) -> None:
        self._written: list[bytes] = []

    def write(self, data: bytes) -> int:
        self._written.append(bytes(data))
        return len(data)

    def flush(self) -> None:
        """Nothing is held back."""

    def close(self) -> None:
        """Nothing is open."""

    def taken(self) -> bytes:
        """All that was written since the last time."""
        taken = b"".join(self._written)
        self._written.clear()
        return taken
