"""HTTP: send a file piece by piece."""

from base64 import b64decode
from typing import Annotated, Any

from fastapi import Header, Path
from pydantic import Field, StringConstraints
from starlette.requests import Request

from contracts.media.file_v1 import FileRefused, Purpose, Visibility
from infra.http.answers import BINARY, Answer, Answered, Empty, Recorded, Router
from infra.http.models import Body, Id, Line, Named
from infra.http.request_context import RequestContext, requires
from services.media import file
from services.media.adapters import upload_store
from services.media.aggregates import FILE
from services.media.http.files import FileShown, file_shown
from services.media.http.media_service import MEMBERS, MediaService, Member, refusing
from services.media.http.problems import turned_away

OCTETS = "application/octet-stream"
Sender = Annotated[RequestContext, requires(*MEMBERS, media=OCTETS)]
Start = Annotated[int, Path(ge=0, le=2**53)]
BYTES: dict[str, Any] = {"requestBody": {"required": True, "content": {OCTETS: BINARY}}}
Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
MediaType = Annotated[str, StringConstraints(pattern=r"^[a-z]+/[a-z0-9.+-]{1,100}$")]
Digest = Annotated[
    str | None,
    Header(
        alias="Repr-Digest",
        pattern=r"^sha-256=:[A-Za-z0-9+/]{43}=:$",
        description="The SHA-256 of the whole content, as RFC 9530 has it; counts once all of it"
        " has arrived, and where the announcement named none.",
    ),
]
Size = Annotated[int, Field(ge=0, le=2**53)]


class UploadBody(Body):
    """A file to send."""

    name: Line
    media_type: MediaType
    size_bytes: Size
    sha256: Sha256 | None = None
    """The hash of the content, in lower-case hexadecimal; null: it comes with the last piece."""
    purpose: Annotated[Purpose, Named()]
    visibility: Annotated[Visibility, Named()] = Visibility.PRIVATE


class PieceTaken(Answer):
    """A piece is kept."""

    file_id: str
    offset: int
    """The number of the next byte that is expected."""


def router(media: MediaService) -> Router:
    """The routes of uploads."""
    routes = Router("Uploads")

    @routes.post("/uploads", status_code=201)
    async def start_upload(body: UploadBody, context: Member) -> Answered[Recorded]:
        """Say what you are about to send; the answer names where."""
        file_id = await media.new_id(context)
        command = file.StartUpload(
            file_id=file_id,
            organisation_id=context.principal.organisation_id,
            user_id=context.principal.subject,
            name=body.name,
            declared_type=body.media_type,
            size_bytes=body.size_bytes,
            declared_sha256=body.sha256 or "",
            visibility=body.visibility,
            purpose=body.purpose,
            limits=media.limits,
            at=context.at,
        )
        created = f"/media/uploads/{file_id}"
        begin = upload_store.begin(command, media.quotas)
        async with refusing(context):
            return await context.handle(
                FILE, file_id, command, created=created, in_transaction=begin
            )

    @routes.head("/uploads/{file_id}", status_code=200)
    async def upload_offset(file_id: Id, context: Member) -> Empty:
        """How far the upload is, in `Upload-Offset` and `Upload-Length`; 404 once it is over."""
        state = (await media.found(context, file_id)).state
        if not isinstance(state, file.Uploading):
            raise context.refuse(file.NoSuchFile())
        headers = {
            "Upload-Offset": str(await media.uploads.offset(file_id)),
            "Upload-Length": str(state.upload.size_bytes),
            "Cache-Control": "no-store",
        }
        return Empty(200, headers)

    @routes.put("/uploads/{file_id}/pieces/{start}", openapi_extra=BYTES)
    async def send_piece(
        file_id: Id, start: Start, context: Sender, request: Request, digest: Digest = None
    ) -> Answered[PieceTaken]:
        """The bytes from number `start` on, at most a megabyte; answers the next number.

        A piece that is not the last one has 64 KiB at least. The last one may bring the hash of
        the content, when the announcement named none.
        """
        match (await media.found(context, file_id)).state:
            case file.Stored():
                raise context.refuse(file.UploadIsOver("stored"))
            case file.Gone() as gone:
                raise context.refuse(file.UploadIsOver(gone.status))
            case _:
                pass
        piece = await request.body()
        async with refusing(context):
            organisation = context.principal.organisation_id
            sha256 = b64decode(digest.split(":")[1]).hex() if digest else None
            offset = await media.uploads.take(file_id, organisation, start, piece, sha256)
        headers = {"Upload-Offset": str(offset)}
        return Answered(PieceTaken(file_id=file_id, offset=offset), headers=headers)

    @routes.put("/uploads/{file_id}/completion")
    async def complete_upload(file_id: Id, context: Member) -> Answered[FileShown]:
        """All is sent: check it and keep it; 422 with the rule it breaks when it is turned away."""
        loaded = await media.found(context, file_id)
        if not isinstance(state := loaded.state, file.Uploading):
            return context.show(ended_upload(state), loaded)
        async with refusing(context), media.uploads.put_together(state.upload) as looked:
            command = file.FinishUpload(
                organisation_id=context.principal.organisation_id,
                digest=looked.digest,
                found=looked.found,
                copy=looked.copy,
                limits=media.limits,
                at=context.at,
            )
            ended = upload_store.end(file_id)
            return await context.handle(FILE, file_id, command, ended_upload, in_transaction=ended)

    return routes


def ended_upload(state: file.File) -> FileShown:
    """The file that was kept. Raises the problem of one that was turned away."""
    if isinstance(state, file.Gone) and isinstance(state.why, FileRefused):
        raise turned_away(state.why.reason)
    return file_shown(state)
