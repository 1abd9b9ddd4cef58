"""HTTP: several files as one archive, by a link that another service made."""

from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from typing import Annotated

from fastapi import Path, Query
from starlette.responses import Response, StreamingResponse

from infra import file_links
from infra.http.answers import Content, Router
from infra.http.models import Id
from infra.http.problems import Problem
from infra.http.request_context import PublicRequest, public
from infra.lookups.files import original
from services.media import file
from services.media.adapters import archives, copies, pictures
from services.media.adapters.archives import Entry
from services.media.adapters.copies import NoCopy, Size
from services.media.aggregates import FILE
from services.media.file.types import IMAGES
from services.media.http.media_service import PRIVATE, MediaService, image_name

ZIP = "application/zip"
MOST_FILES = 100
"""In one archive: its link has the id of each."""
SUFFIXES = (".jpg", ".jpeg", ".png")
"""Names of copies end so; that of a HEIC says what its copy is."""
Anybody = Annotated[PublicRequest, public()]
Token = Annotated[str, Path(pattern=r"^[0-9]{1,12}\.[A-Za-z0-9_-]{22}$")]
Files = Annotated[list[Id], Query(alias="file", min_length=1, max_length=MOST_FILES)]
ImageSize = Annotated[
    Size | None,
    Query(description="Images as copies of this size; all else, and without it, as it was sent."),
]


def router(media: MediaService) -> Router:
    """The route of archives."""
    routes = Router("Archives")

    @routes.get("/archives/{archive}")
    async def download_archive(
        archive: Token, file_ids: Files, context: Anybody, size: ImageSize = None
    ) -> Annotated[Response, Content(ZIP)]:
        """All the files in one ZIP archive, in their order; 404 where one is not there any more.

        The archive is made while it is sent. One that breaks off has no end, and does not open.
        """
        expires, _, signature = archive.partition(".")
        if not file_links.opens_archive(media.masters, file_ids, expires, signature):
            raise context.refuse(file.NoSuchFile())
        stored = await opened(context, expires, file_ids)
        entries = [entry(media, one, size) for one in stored]
        headers = {
            "Cache-Control": PRIVATE,
            "Content-Disposition": 'attachment; filename="files.zip"',
            "Content-Security-Policy": "sandbox",
            "X-Content-Type-Options": "nosniff",
        }
        return StreamingResponse(archives.archived(entries), headers=headers, media_type=ZIP)

    return routes


async def opened(
    context: PublicRequest, expires: str, file_ids: Sequence[str]
) -> list[file.Stored]:
    """The files of a link that we signed, all of them. Raises 404, and 410 once it is over."""
    if context.at >= datetime.fromtimestamp(int(expires), UTC):
        raise Problem(410, "link-expired")
    found = [(await context.load(FILE, one)).state for one in file_ids]
    stored = [one for one in found if isinstance(one, file.Stored)]
    if len(stored) < len(found):
        raise context.refuse(file.NoSuchFile())
    return stored


def entry(media: MediaService, state: file.Stored, size: Size | None) -> Entry:
    """A file of an archive, or the copy of an image; an image without copies as it was sent."""
    stored, objects = state.stored, media.uploads.objects
    name, file_id = state.upload.name, state.upload.file_id

    async def as_sent() -> AsyncIterator[bytes]:
        return objects.read(original(file_id), 0, stored.size_bytes)

    async def copied() -> AsyncIterator[bytes]:
        assert size is not None
        try:
            copy = await media.copies.of(stored, size)
        except NoCopy:
            return await as_sent()
        return objects.read(copies.name_of(file_id, size), 0, copy.size_bytes)

    is_copied = size is not None and stored.media_type in IMAGES
    if is_copied and not name.lower().endswith(SUFFIXES):
        name = image_name(pictures.type_of_copy(stored.media_type)).replace("image", name, 1)
    pieces = copied if is_copied else as_sent
    return Entry(name=name, size=stored.size_bytes, pieces=pieces)
