"""Copies of images by size: made when somebody first asks for one, and kept beside the file.

A copy is under the file's own folder, and its row goes with the file's, so whatever deletes the
file deletes its copies.
"""

import asyncio
from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Protocol

from psycopg.rows import class_row

from contracts.media.file_v1 import FileStored
from infra.database import Connection, Pool
from infra.lookups.files import original
from services.media import file
from services.media.adapters import picture_process, pictures
from services.media.adapters.turns import Turns
from services.media.adapters.upload_store import Busy, Refusal, UploadStore, digest_of
from services.media.file import types

MADE_AT_ONCE = 2
"""In one process of an API: each takes a connection, a process and its memory."""
WAIT_SECONDS = 40.0
"""The longest that somebody waits for a copy: others may be made before, or by others."""
AGAIN_SECONDS = 0.1


class Size(StrEnum):
    """How large a copy of an image is."""

    THUMBNAIL = "thumbnail"
    """For a place in a list: 320 pixels on its longer side at most."""
    WEB = "web"
    """For a page: 1 280 pixels on its longer side at most."""


SIDES: Mapping[Size, int] = {Size.THUMBNAIL: 320, Size.WEB: 1_280}
"""Pixels of the longer side at most."""


@dataclass(frozen=True, slots=True)
class Copy:
    """A copy as it is kept."""

    sha256: str
    media_type: str
    size_bytes: int


class NoCopy(Exception):
    """The file is no image, or none that a copy can be made of."""


class Maker(Protocol):
    """Writes a copy of an image; `picture_process.cleaned` does."""

    async def __call__(self, content: Path, media: str, target: Path, *, side: int) -> bool: ...


class Copies:
    """Makes the copies of files, each once."""

    def __init__(
        self,
        pool: Pool,
        uploads: UploadStore,
        *,
        make: Maker = picture_process.cleaned,
        wait_seconds: float = WAIT_SECONDS,
    ) -> None:
        self._pool = pool
        self._uploads = uploads
        self._cleaned = make
        self._wait_seconds = wait_seconds
        self._making = Turns(MADE_AT_ONCE)

    async def of(self, stored: FileStored, size: Size, lost: Copy | None = None) -> Copy:
        """The copy of a stored file, which has no EXIF, no place, and is turned as it was taken.

        One that was `lost` is made again. Raises `NoCopy`, `Refusal` when the file is gone
        meanwhile, `ObjectsAway`, and TimeoutError when the machine is too busy.
        """
        if stored.media_type not in types.IMAGES:
            raise NoCopy
        async with self._pool.connection() as connection:
            found = await _known(connection, stored.file_id, size)
        if found is None or found == lost:
            turn = self._making.of(stored.organisation_id)
            async with asyncio.timeout(self._wait_seconds), turn:
                found = await self._made(stored, size, lost)
        if found.size_bytes == 0:
            raise NoCopy
        return found

    async def _made(self, stored: FileStored, size: Size, lost: Copy | None) -> Copy:
        async with AsyncExitStack() as stack:
            connection = await self._turn(stack, stored.file_id)
            # Somebody else may have made it, or deleted the file, while we waited.
            if not await _is_kept(connection, stored.file_id):
                raise Refusal(file.NoSuchFile())
            known = await _known(connection, stored.file_id, size)
            if known is not None and known != lost:
                return known
            with TemporaryDirectory(prefix="relais-media-") as folder:
                copy = await self._make(stored, size, Path(folder))
            await _keep(connection, stored.file_id, size, copy)
        return copy

    async def _turn(self, stack: AsyncExitStack, file_id: str) -> Connection:
        """Wait until nobody else is at the file."""
        while True:
            try:
                return await stack.enter_async_context(self._uploads.held(file_id))
            except Busy:
                await asyncio.sleep(AGAIN_SECONDS)

    async def _make(self, stored: FileStored, size: Size, folder: Path) -> Copy:
        """The copy, put where it stays; one of no bytes when none can be made."""
        whole, target = folder / "whole", folder / "copy"
        media = stored.media_type
        await self._uploads.fetch(original(stored.file_id), stored.size_bytes, whole)
        try:
            made = await self._cleaned(whole, media, target, side=SIDES[size])
        except pictures.TooLarge:
            made = False
        if not made:
            return Copy("", media, 0)
        await self._uploads.objects.put(name_of(stored.file_id, size), target)
        sha256 = await asyncio.to_thread(digest_of, target)
        return Copy(sha256, pictures.type_of_copy(media), target.stat().st_size)


def name_of(file_id: str, size: Size) -> str:
    """Where a copy is kept."""
    return f"files/{file_id}/copies/{size}"


async def _is_kept(connection: Connection, file_id: str) -> bool:
    cursor = await connection.execute(
        "select from media.file where file_id = %s and not forgotten", (file_id,)
    )
    return cursor.rowcount == 1


async def _known(connection: Connection, file_id: str, size: Size) -> Copy | None:
    cursor = connection.cursor(row_factory=class_row(Copy))
    await cursor.execute(
        "select sha256, media_type, size_bytes from media.copy where file_id = %s and size = %s",
        (file_id, size.value),
    )
    return await cursor.fetchone()


async def _keep(connection: Connection, file_id: str, size: Size, copy: Copy) -> None:
    await connection.execute(
        "insert into media.copy (file_id, size, sha256, media_type, size_bytes)"
        " values (%s, %s, %s, %s, %s) on conflict (file_id, size) do update"
        " set sha256 = excluded.sha256, size_bytes = excluded.size_bytes",
        (file_id, size.value, copy.sha256, copy.media_type, copy.size_bytes),
    )
