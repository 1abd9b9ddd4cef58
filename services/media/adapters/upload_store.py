"""The bytes of files: pieces while they arrive, the whole once they passed.

Everything of a file is under `files/<file_id>/`, and a row of `media.file` is there before the
first byte and until after the last one. Whatever a crash leaves behind is found by that row.
"""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import BinaryIO, Literal

from contracts.media.file_v1 import UploadStarted, Visibility
from infra.database import Connection, Pool
from infra.locks import Lock
from infra.lookups.files import original
from infra.objects import Objects
from infra.store import InTransaction
from services.media import file
from services.media.adapters import length_process, picture_process, pictures, sniffing
from services.media.adapters.scanner import Scanner
from services.media.file import Found, PublicCopy, StartUpload, types
from services.media.file.types import Quotas

SECONDS = 1_800.0
"""The longest that putting together may take."""
TAKEN_AT_ONCE = 4
JOINED_AT_ONCE = 2
"""In one process of an API: each takes a connection, and an image a process and its memory."""


@dataclass(frozen=True, slots=True)
class Looked:
    """The findings about all the pieces together, and the digest that they had to have."""

    digest: str
    found: Found
    copy: PublicCopy | None


class UploadStore:
    """Takes pieces in order, puts them together, and gives ranges back."""

    def __init__(
        self, pool: Pool, objects: Objects, scanner: Scanner, *, least_piece: int = 1
    ) -> None:
        """`least_piece` is how many bytes a piece has at least that is not the last one."""
        self.objects = objects
        self._least_piece = least_piece
        self._pool = pool
        self._scanner = scanner
        self._taking = asyncio.Semaphore(TAKEN_AT_ONCE)
        self._joining = asyncio.Semaphore(JOINED_AT_ONCE)

    async def offset(self, file_id: str) -> int:
        """How many bytes have arrived."""
        async with self._pool.connection() as connection:
            return await _offset(connection, file_id)

    async def take(
        self,
        file_id: str,
        organisation_id: str,
        start: int,
        piece: bytes,
        digest: str | None = None,
    ) -> int:
        """Keep a piece and answer how far the upload is; the same piece again changes nothing.

        `digest` is the SHA-256 of the whole, in hexadecimal, kept once all of it has arrived.
        Raises `Refusal`, `Busy`.
        """
        name = f"{pieces(file_id)}/{start}-{hashlib.sha256(piece).hexdigest()}"
        async with self._taking, self.held(file_id) as connection:
            size = await _open(connection, file_id, organisation_id)
            offset = await _offset(connection, file_id)
            if piece and not await _has(connection, file_id, start, name):
                if start != offset:
                    raise Refusal(file.WrongOffset(offset))
                offset += len(piece)
                if offset > size:
                    raise Refusal(file.PieceTooLong(size))
                if len(piece) < self._least_piece and offset < size:
                    raise Refusal(file.PieceTooShort(self._least_piece))
                await self.objects.put(name, piece)
                await connection.execute(
                    "insert into media.piece (file_id, start, size, object)"
                    " values (%s, %s, %s, %s)",
                    (file_id, start, len(piece), name),
                )
            if digest is not None and offset == size:
                await connection.execute(
                    "update media.file set sha256 = %s where file_id = %s", (digest, file_id)
                )
        return offset

    @asynccontextmanager
    async def put_together(self, upload: UploadStarted) -> AsyncIterator[Looked]:
        """Look at the whole and put it where it stays; the block then tells of it.

        Raises `Refusal`, `Busy`, `ScannerFailed`, TimeoutError. Done twice, it does the same.
        """
        async with self._joining, self.held(upload.file_id) as connection:
            arrived = await _arrived(connection, upload)
            digest = upload.declared_sha256 or await _digest(connection, upload.file_id)
            async with asyncio.timeout(SECONDS):
                with TemporaryDirectory(prefix="relais-media-") as folder:
                    looked = await self._look(upload, digest, arrived, Path(folder))
            yield looked

    async def fetch(self, name: str, size: int, target: Path) -> None:
        """Write an object of so many bytes to a file of ours. Raises `ObjectMissing`."""
        with target.open("wb") as opened:
            async for block in self.objects.read(name, 0, size):
                await asyncio.to_thread(opened.write, block)

    async def clear_pieces(self, file_id: str, until: datetime, *, for_good: bool) -> None:
        """Delete the pieces of a file that is whole.

        Nobody has to look at it then, unless somebody asked to since that was put off `until`; if
        it is not `for_good`, once more when something has to rely on it.
        """
        await self.objects.clear(pieces(file_id))
        async with self._pool.connection() as connection, connection.transaction():
            await connection.execute("delete from media.piece where file_id = %s", (file_id,))
            await connection.execute(
                "update media.file set look_at ="
                " case when %s then 'infinity' else coalesce(unheld_until, 'infinity') end"
                " where file_id = %s and look_at = %s",
                (for_good, file_id, until),
            )

    async def clear(self, file_id: str) -> None:
        """Delete all of a file, and then its row."""
        await self.objects.clear(f"files/{file_id}")
        async with self._pool.connection() as connection:
            await connection.execute("delete from media.file where file_id = %s", (file_id,))

    @asynccontextmanager
    async def held(self, file_id: str) -> AsyncIterator[Connection]:
        """Nobody else adds to, joins or clears the file meanwhile. Raises `Busy`.

        A lock of the session, not of a transaction: it goes with a process that dies, and holds
        back no relay while the storage is slow.
        """
        async with self._pool.connection() as connection:
            if not await _locked(connection, file_id):
                raise Busy
            try:
                yield connection
            finally:
                await connection.execute(
                    "select pg_advisory_unlock(%s, hashtext(%s))", lock(file_id)
                )

    async def _look(
        self, upload: UploadStarted, digest: str, sizes: list[tuple[str, int]], folder: Path
    ) -> Looked:
        whole, clean = folder / "whole", folder / "clean"
        sha256 = await self._join(sizes, whole)
        infected = await self._scanner.infected(whole)
        media = await asyncio.to_thread(sniffing.media_type, whole)
        found = Found(
            sha256=sha256, size_bytes=whole.stat().st_size, media_type=media, infected=infected
        )
        if infected or sha256 != digest or media != upload.declared_type:
            return Looked(digest, found, None)
        try:
            copy = await _clean(upload, media, whole, clean)
        except pictures.TooLarge:
            return Looked(digest, replace(found, too_large=True), None)
        if media in types.VIDEOS:
            length = await length_process.measured(whole, media)
            found = replace(found, length_milliseconds=length)
        if copy is not None:
            await self.objects.put(public(upload.file_id), clean)
        await self.objects.put(original(upload.file_id), whole)
        return Looked(digest, found, copy)

    async def _join(self, sizes: list[tuple[str, int]], whole: Path) -> str:
        digest = hashlib.sha256()

        def write(target: BinaryIO, block: bytes) -> None:
            digest.update(block)
            target.write(block)

        with whole.open("wb") as target:
            for name, size in sizes:
                async for block in self.objects.read(name, 0, size):
                    await asyncio.to_thread(write, target, block)
        return digest.hexdigest()


class Busy(Exception):
    """Somebody else is at this file; try again."""


class Refusal(Exception):
    """A rule said no."""

    def __init__(self, rejection: file.Rejection) -> None:
        super().__init__(str(rejection))
        self.rejection = rejection


def begin(
    command: StartUpload, quotas: Quotas, *, unheld_until: datetime | None = None
) -> InTransaction:
    """The row that finds everything of the file, written with the event that announces it.

    At `unheld_until` it goes unless something relies on it. Raises `Refusal` when somebody would
    have more than their quota.
    """

    async def write(connection: Connection) -> None:
        await connection.execute(
            "insert into media.file"
            " (file_id, organisation_id, user_id, size_bytes, expires_at, look_at, unheld_until)"
            " values (%s, %s, %s, %s, %s, %s, %s)",
            (
                command.file_id,
                command.organisation_id,
                command.user_id,
                command.size_bytes,
                command.at + file.LIFETIME,
                command.at + file.LIFETIME,
                unheld_until,
            ),
        )
        await _within(quotas, command, connection)

    return write


async def _within(quotas: Quotas, command: StartUpload, connection: Connection) -> None:
    """Make sure that nobody has more than they may, this file included. Raises `Refusal`.

    Whoever announces at the same time waits: the row of this file has locked the counts.
    """
    cursor = await connection.execute(
        "select user_id, files, bytes from media.usage"
        " where organisation_id = %s and user_id in (%s, '')",
        (command.organisation_id, command.user_id),
    )
    for user_id, files, size in await cursor.fetchall():
        quota = quotas.person if user_id else quotas.organisation
        whose: Literal["person", "organisation"] = "person" if user_id else "organisation"
        if files > quota.files:
            raise Refusal(file.QuotaIsFull(whose=whose, unit="files", most=quota.files))
        if size > quota.bytes:
            raise Refusal(file.QuotaIsFull(whose=whose, unit="bytes", most=quota.bytes))


def end(file_id: str) -> InTransaction:
    """No piece is taken any more, and the sweeper looks soon."""

    async def write(connection: Connection) -> None:
        await connection.execute(
            "update media.file set open = false, look_at = clock_timestamp() where file_id = %s",
            (file_id,),
        )

    return write


def lock(file_id: str) -> tuple[int, str]:
    """The two keys that name the lock of a file."""
    return Lock.UPLOAD, file_id


async def _locked(connection: Connection, file_id: str) -> bool:
    """Take the lock of a file, unless somebody has it."""
    cursor = await connection.execute(
        "select pg_try_advisory_lock(%s, hashtext(%s))", lock(file_id)
    )
    return bool((await cursor.fetchone() or (False,))[0])


def pieces(file_id: str) -> str:
    return f"files/{file_id}/pieces"


def public(file_id: str) -> str:
    return f"files/{file_id}/public"


def digest_of(content: Path) -> str:
    """The SHA-256 of a file, in lower-case hexadecimal."""
    with content.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


async def _clean(upload: UploadStarted, media: str, whole: Path, clean: Path) -> PublicCopy | None:
    """The copy for everybody, if there is to be one and it can be made. Raises `TooLarge`."""
    if upload.visibility is not Visibility.PUBLIC:
        return None
    if not await picture_process.cleaned(whole, media, clean):
        return None
    sha256, copied = await asyncio.to_thread(digest_of, clean), pictures.type_of_copy(media)
    return PublicCopy(sha256=sha256, media_type=copied, size_bytes=clean.stat().st_size)


async def _open(connection: Connection, file_id: str, organisation_id: str) -> int:
    """The announced size of an upload that takes pieces. Raises `Refusal`.

    One that takes none is about to be abandoned: its time is over, or its owner is forgotten.
    """
    cursor = await connection.execute(
        "select size_bytes, open and expires_at > clock_timestamp() from media.file"
        " where file_id = %s and organisation_id = %s",
        (file_id, organisation_id),
    )
    row = await cursor.fetchone()
    if row is None:
        raise Refusal(file.NoSuchFile())
    if not row[1]:
        raise Refusal(file.UploadIsOver("abandoned"))
    return int(row[0])


async def _arrived(connection: Connection, upload: UploadStarted) -> list[tuple[str, int]]:
    """The pieces, in order, when they are all there. Raises `Refusal`."""
    await _open(connection, upload.file_id, upload.organisation_id)
    cursor = await connection.execute(
        "select object, size from media.piece where file_id = %s order by start",
        (upload.file_id,),
    )
    found: list[tuple[str, int]] = await cursor.fetchall()
    if (arrived := sum(size for _, size in found)) < upload.size_bytes:
        raise Refusal(file.NotComplete(offset=arrived, size_bytes=upload.size_bytes))
    return found


async def _digest(connection: Connection, file_id: str) -> str:
    """The digest that came with the last piece. Raises `Refusal` when none came."""
    cursor = await connection.execute(
        "select sha256 from media.file where file_id = %s", (file_id,)
    )
    row = await cursor.fetchone()
    if row is None or row[0] is None:
        raise Refusal(file.NoDigest())
    return str(row[0])


async def _offset(connection: Connection, file_id: str) -> int:
    cursor = await connection.execute(
        "select coalesce(sum(size), 0)::bigint from media.piece where file_id = %s", (file_id,)
    )
    row = await cursor.fetchone()
    assert row is not None
    return int(row[0])


async def _has(connection: Connection, file_id: str, start: int, name: str) -> bool:
    cursor = await connection.execute(
        "select 1 from media.piece where file_id = %s and start = %s and object = %s",
        (file_id, start, name),
    )
    return await cursor.fetchone() is not None
