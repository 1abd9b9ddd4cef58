"""HTTP: what is kept of a file, its content, and links to it."""

from datetime import datetime, timedelta
from typing import Annotated, Literal, assert_never

from pydantic import Field
from starlette.requests import Request

from contracts.media import file_v1
from contracts.media.file_v1 import (
    FileHeld,
    FileRefused,
    FileReleased,
    FileRemoved,
    FileStored,
    FileUnshared,
    PublicCopyMade,
    Purpose,
    RefusalReason,
    UploadAbandoned,
    UploadStarted,
    Visibility,
)
from infra.http.answers import Answer, Answered, Recorded, Router
from infra.http.history import History, HistoryPart
from infra.http.models import Body, Called, Id, Instant, Named
from infra.http.request_context import Everybody, RequestContext
from services.media import file
from services.media.adapters import upload_store
from services.media.aggregates import FILE
from services.media.http.media_service import (
    FILE_PARTS,
    AnyFile,
    MediaService,
    Member,
    Sized,
)

Seconds = Annotated[int, Field(ge=60, le=7 * 24 * 3600)]
MOST_LINKS = 50
"""In one answer: each is a look at a file."""


Status = Annotated[
    Literal["uploading", "stored", "refused", "abandoned", "removed"], Called("FileStatus")
]


class LinkBody(Body):
    seconds: Seconds = 3600
    """How long the link opens the file."""


class LinkMade(Answer):
    """A link that opens a file for whoever has it."""

    link: str
    expires_at: Instant


class LinksBody(Body):
    file_ids: Annotated[list[Id], Field(min_length=1, max_length=MOST_LINKS)]
    seconds: Seconds = 3600
    """How long the links open the files."""


class LinkToFile(Answer):
    """A link that opens a file for whoever has it; with `?size=`, a copy of an image."""

    file_id: str
    link: str


class LinksMade(Answer):
    """Links, one for each file, in the order of the request."""

    items: list[LinkToFile]
    expires_at: Instant


class FileShown(Answer):
    """A file, as those see it who may read it."""

    file_id: str
    status: Status
    user_id: str
    """The owner; empty to readers of other organisations, who are not told who of support wrote."""
    name: str
    media_type: str
    size_bytes: int
    sha256: str
    """Empty before the last piece, where it comes with that."""
    purpose: Annotated[Purpose, Named()]
    visibility: Annotated[Visibility, Named()]
    offset: int | None = None
    """How many bytes have arrived, while it is uploaded."""
    expires_at: Instant | None = None
    """The end of the upload, while it lasts."""
    public_address: str | None = None
    """Where everybody sees the copy of a public image."""
    reason: Annotated[RefusalReason, Named()] | None = None
    """Why it was refused."""


class FileHistory(
    History,
    of=file_v1.contract,
    shows={
        UploadStarted: (
            "file_id",
            "organisation_id",
            "user_id",
            "name",
            "declared_type",
            "size_bytes",
            "declared_sha256",
            "visibility",
            "purpose",
            "started_at",
            "expires_at",
        ),
        FileStored: (
            "file_id",
            "organisation_id",
            "user_id",
            "sha256",
            "media_type",
            "size_bytes",
            "visibility",
            "purpose",
            "stored_at",
        ),
        PublicCopyMade: (
            "file_id",
            "organisation_id",
            "user_id",
            "sha256",
            "media_type",
            "size_bytes",
            "made_at",
        ),
        FileRefused: ("file_id", "organisation_id", "user_id", "reason", "refused_at"),
        UploadAbandoned: ("file_id", "organisation_id", "user_id", "abandoned_at"),
        FileRemoved: ("file_id", "organisation_id", "user_id", "removed_by", "removed_at"),
        FileReleased: ("file_id", "organisation_id", "user_id", "held_by", "released_at"),
        FileHeld: ("file_id", "organisation_id", "user_id", "held_by", "reader_id", "held_at"),
        FileUnshared: (
            "file_id",
            "organisation_id",
            "user_id",
            "held_by",
            "reader_id",
            "unshared_at",
        ),
    },
):
    """Every fact about a file, oldest first."""


def router(media: MediaService) -> Router:
    """The routes of files."""
    routes = Router("Files")

    # Support answers with files, and everybody may ask it.
    @routes.get("/files/{file_id}")
    async def file_facts(file_id: Id, context: Everybody) -> Answered[FileShown]:
        """The state of a file."""
        loaded = await media.found(context, file_id, reading=True)
        offset = await media.uploads.offset(file_id)
        shown = file_shown(loaded.state, offset)
        if loaded.organisation_id != context.principal.organisation_id:
            shown = shown.model_copy(update={"user_id": ""})
        return context.show(shown, loaded, beside=True)

    @routes.get("/files/{file_id}/history")
    async def file_history(
        file_id: Id, context: Member, part: HistoryPart
    ) -> Answered[FileHistory]:
        """Every fact about the file, oldest first."""
        await media.found(context, file_id)
        return await context.history(FILE, file_id, FileHistory, part)

    @routes.get("/files/{file_id}/content", responses=FILE_PARTS)
    async def download(
        file_id: Id, context: Everybody, request: Request, size: Sized = None
    ) -> AnyFile:
        """The content, or the range of it that `Range` asks for; of an image, also by `size`."""
        loaded = await media.found(context, file_id, reading=True)
        return await media.send(context, request, loaded.state, size)

    @routes.post("/files/{file_id}/links", status_code=201)
    async def make_link(file_id: Id, body: LinkBody, context: Member) -> Answered[LinkMade]:
        """A link that opens the file for whoever has it, until it expires."""
        expires_at = end_of(context, body.seconds)
        link = await media.link(context, file_id, expires_at)
        headers = {"Location": link, "Cache-Control": "no-store"}
        return Answered(LinkMade(link=link, expires_at=expires_at), 201, headers)

    @routes.post("/files/links", status_code=201)
    async def make_links(body: LinksBody, context: Member) -> Answered[LinksMade]:
        """Links to several files at once; none of them when one of the files is not there."""
        expires_at = end_of(context, body.seconds)
        made = [
            LinkToFile(file_id=one, link=await media.link(context, one, expires_at))
            for one in body.file_ids
        ]
        headers = {"Cache-Control": "no-store"}
        return Answered(LinksMade(items=made, expires_at=expires_at), 201, headers)

    @routes.delete("/files/{file_id}")
    async def remove_file(file_id: Id, context: Member) -> Answered[Recorded]:
        """Nobody can download it any more; its bytes go soon. 409 while something relies on it."""
        await media.found(context, file_id)
        who = context.principal
        command = file.RemoveFile(
            organisation_id=who.organisation_id, by=who.subject, at=context.at
        )
        return await context.handle(
            FILE, file_id, command, in_transaction=upload_store.end(file_id)
        )

    return routes


def end_of(context: RequestContext, seconds: int) -> datetime:
    """The second at which a link expires that is made now."""
    return (context.at + timedelta(seconds=seconds)).replace(microsecond=0)


def file_shown(found: file.File, offset: int = 0) -> FileShown:
    """A file that was announced; `offset` is how far its upload is."""
    assert not isinstance(found, file.Unknown)
    upload = found.upload
    goes_on = isinstance(found, file.Uploading)
    kept = found if isinstance(found, file.Stored) else None
    is_public = kept is not None and kept.public is not None
    why = found.why if isinstance(found, file.Gone) else None
    return FileShown(
        file_id=upload.file_id,
        status=_status(found),
        user_id=upload.user_id,
        name=upload.name,
        media_type=upload.declared_type,
        size_bytes=upload.size_bytes,
        sha256=kept.stored.sha256 if kept else upload.declared_sha256,
        purpose=upload.purpose,
        visibility=upload.visibility,
        offset=offset if goes_on else None,
        expires_at=upload.expires_at if goes_on else None,
        public_address=f"/media/public/{upload.file_id}" if is_public else None,
        reason=why.reason if isinstance(why, FileRefused) else None,
    )


def _status(found: file.Announced) -> Status:
    match found:
        case file.Uploading():
            return "uploading"
        case file.Stored():
            return "stored"
        case file.Gone():
            return found.status
        case unhandled:
            assert_never(unhandled)
