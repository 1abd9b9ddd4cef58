"""Common ground of the routes: decides who may see a file, and sends its content."""

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Annotated, Any

from fastapi import Query
from starlette.requests import Request
from starlette.responses import Response

from infra.commands import Loaded
from infra.host import Running
from infra.http import answers
from infra.http.problems import FieldError, Problem, try_again
from infra.http.request_context import PublicRequest, RequestContext, requires
from infra.lookups.files import original
from infra.objects import ObjectMissing, ObjectsAway, objects_of
from infra.tokens import Role
from infra.vault import Vault
from services.media import file
from services.media.adapters import copies, links, sending, upload_store
from services.media.adapters.copies import Copies, Copy, NoCopy, Size
from services.media.adapters.scanner import ScannerFailed, scanner_of
from services.media.adapters.sending import Content
from services.media.adapters.upload_store import UploadStore
from services.media.aggregates import FILE
from services.media.file import types
from services.media.file.types import Limits, Quota, Quotas

log = logging.getLogger("relais.media")

STAFF = frozenset({"logistics", "administration", "billing"})
MEMBERS: tuple[Role, ...] = (
    "driver",
    "logistics",
    "administration",
    "billing",
    "operator",
    "courier",
    "depot_agent",
    "dealership_manager",
    "administrative_agent",
    "sales_representative",
    "audit_manager",
    "group_manager",
    "marketplace_manager",
    "provider_manager",
    "device",
)
"""The roles of who has files of their own."""
Member = Annotated[RequestContext, requires(*MEMBERS)]
PRIVATE = "private, no-store"


def _bytes_of(taken: frozenset[str]) -> Any:
    """How a route is annotated that answers with a file of one of these types."""
    return Annotated[(Response, *map(answers.Content, sorted(taken)))]


def _parts_of(taken: frozenset[str]) -> dict[int | str, dict[str, Any]]:
    """The other answers of such a route."""
    content = dict.fromkeys(sorted(taken), answers.BINARY)
    return {
        206: {"description": "The range that was asked for.", "content": content},
        304: {"description": "The content is the one you have."},
    }


AnyFile = _bytes_of(types.TAKEN)
AnyImage = _bytes_of(types.SHOWN)
Sized = Annotated[
    Size | None,
    Query(description="A copy of the image in this size; without it, the file as it was sent."),
]
"""A route's parameter for `MediaService.send`."""
FILE_PARTS = _parts_of(types.TAKEN)
IMAGE_PARTS = _parts_of(types.SHOWN)


class MediaService:
    """The files of an opened service."""

    def __init__(self, running: Running) -> None:
        settings = running.settings
        self.limits = Limits(document=settings.document_bytes, video=settings.video_bytes)
        self.quotas = Quotas(
            person=Quota(files=settings.files_of_person, bytes=settings.bytes_of_person),
            organisation=Quota(
                files=settings.files_of_organisation, bytes=settings.bytes_of_organisation
            ),
        )
        self.masters = settings.masters
        self.vault = Vault(running.pool, self.masters)
        self.uploads = UploadStore(
            running.pool,
            objects_of(settings),
            scanner_of(settings.clamd),
            least_piece=settings.least_piece_bytes,
        )
        self.copies = Copies(running.pool, self.uploads)

    async def new_id(self, context: RequestContext) -> str:
        """An id nobody can guess, the same for the same request."""
        return (await self.vault.hash("media file", str(context.command_context.command_id))).hex()[
            :32
        ]

    async def found(
        self, context: RequestContext, file_id: str, *, reading: bool = False
    ) -> Loaded[file.File]:
        """The file, if it is the caller's or its readers' who are `reading`. Raises 404."""
        loaded = await context.load(FILE, file_id)
        state, who = loaded.state, context.principal
        if isinstance(state, file.Unknown):
            raise context.refuse(file.NoSuchFile())
        upload, reads = state.upload, reading and who.subject in file.readers(state)
        if upload.organisation_id == who.organisation_id:
            if reads or upload.user_id == who.subject or not STAFF.isdisjoint(who.roles):
                return loaded
        elif reads and upload.purpose in file.READ_ELSEWHERE:
            return loaded
        raise context.refuse(file.NoSuchFile())

    async def link(self, context: RequestContext, file_id: str, expires_at: datetime) -> str:
        """The address that opens a stored file of the caller's. Raises 404."""
        if not isinstance((await self.found(context, file_id)).state, file.Stored):
            raise context.refuse(file.NoSuchFile())
        return f"/media/links/{await links.make(self.vault, file_id, expires_at)}"

    async def send(
        self, context: PublicRequest, request: Request, state: file.File, size: Size | None
    ) -> Response:
        """The original of a stored file, or a copy of that size. Raises 404, 422, 503."""
        if not isinstance(state, file.Stored):
            raise context.refuse(file.NoSuchFile())
        if size is not None:
            return await self.send_copy(context, request, state, size, PRIVATE)
        content = Content(
            object=original(state.upload.file_id),
            size=state.stored.size_bytes,
            sha256=state.stored.sha256,
            media_type=state.stored.media_type,
            filename=state.upload.name,
            cache=PRIVATE,
        )
        async with refusing(context):
            return await sending.send(self.uploads.objects, content, request)

    async def send_copy(
        self, context: PublicRequest, request: Request, state: file.Stored, size: Size, cache: str
    ) -> Response:
        """A copy of an image, with how it may be cached. Raises 404, 422, 503."""
        async with refusing(context):
            copy = await self._copy(state, size)
            try:
                return await self._send_copy(request, state, size, copy, cache)
            except ObjectMissing:
                # It can be made again, so it need not be in a backup.
                copy = await self._copy(state, size, lost=copy)
                return await self._send_copy(request, state, size, copy, cache)

    async def _copy(self, state: file.Stored, size: Size, lost: Copy | None = None) -> Copy:
        try:
            return await self.copies.of(state.stored, size, lost)
        except NoCopy as error:
            field = FieldError("query:size", "no_picture")
            raise Problem(422, "no-copy", errors=[field]) from error
        except TimeoutError as error:
            log.warning("a copy of an image was not made in time")
            raise try_again(503, "unavailable") from error

    async def _send_copy(
        self, request: Request, state: file.Stored, size: Size, copy: Copy, cache: str
    ) -> Response:
        content = Content(
            object=copies.name_of(state.upload.file_id, size),
            size=copy.size_bytes,
            sha256=copy.sha256,
            media_type=copy.media_type,
            filename=image_name(copy.media_type),
            cache=cache,
        )
        return await sending.send(self.uploads.objects, content, request)


def image_name(media_type: str) -> str:
    """The name that a copy is saved by: it tells no more than its type."""
    return f"image.{media_type.rpartition('/')[2]}"


@asynccontextmanager
async def refusing(context: PublicRequest) -> AsyncIterator[None]:
    """Turn what the store of uploads raises into problems."""
    try:
        yield
    except upload_store.Refusal as error:
        raise context.refuse(error.rejection) from error
    except upload_store.Busy as error:
        raise try_again(409, "conflict") from error
    except ObjectsAway as error:
        log.warning("the store of objects: %s", error)
        raise try_again(503, "unavailable") from error
    except (ScannerFailed, TimeoutError) as error:
        log.warning("a file could not be checked: %s", error)
        raise try_again(503, "not-checked") from error
    except ObjectMissing as error:
        log.error("the bytes of a file are missing: %s", error)
        raise context.refuse(file.NoSuchFile()) from error
