"""Common ground of the routes: decides who may see a file, and sends its content."""

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated, Any

from starlette.requests import Request
from starlette.responses import Response

from infra.commands import Loaded
from infra.host import Running
from infra.http import answers
from infra.http.problems import try_again
from infra.http.request_context import PublicRequest, RequestContext, requires
from infra.lookups.files import original
from infra.objects import ObjectMissing, ObjectsAway, objects_of
from infra.vault import Vault
from services.media import file
from services.media.adapters import sending, upload_store
from services.media.adapters.scanner import ScannerFailed, scanner_of
from services.media.adapters.sending import Content
from services.media.adapters.upload_store import UploadStore
from services.media.aggregates import FILE
from services.media.file import types
from services.media.file.types import Limits, Quota, Quotas

log = logging.getLogger("relais.media")

STAFF = frozenset({"logistics", "administration", "billing"})
Member = Annotated[RequestContext, requires("driver", "logistics", "administration", "billing")]
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
        self.vault = Vault(running.pool, settings.masters)
        self.uploads = UploadStore(
            running.pool,
            objects_of(settings),
            scanner_of(settings.clamd),
            least_piece=settings.least_piece_bytes,
        )

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
        if isinstance(state, file.Unknown) or (
            state.upload.organisation_id != who.organisation_id
            or (
                state.upload.user_id != who.subject
                and STAFF.isdisjoint(who.roles)
                and not (reading and who.subject in file.readers(state))
            )
        ):
            raise context.refuse(file.NoSuchFile())
        return loaded

    async def send(self, context: PublicRequest, request: Request, state: file.File) -> Response:
        """The original of a stored file. Raises 404."""
        if not isinstance(state, file.Stored):
            raise context.refuse(file.NoSuchFile())
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
