"""HTTP to commands: send a file piece by piece, get it back, pass on a link, remove it."""

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Path
from starlette.requests import Request
from starlette.responses import Response

from infra.commands import Loaded
from infra.host import Running
from infra.http.models import Id, to_json
from infra.http.problems import Problem, try_again
from infra.http.request_context import RequestContext, public, requires
from infra.objects import ObjectMissing, ObjectsAway, objects_of
from infra.vault import Vault
from services.media import bodies, file, types
from services.media.aggregates import FILE
from services.media.edge import links, sending, shelf
from services.media.edge.scanner import ScannerFailed, scanner_of
from services.media.edge.sending import Content
from services.media.edge.shelf import Shelf
from services.media.types import Limits

log = logging.getLogger("relais.media")

OCTETS = "application/octet-stream"
STAFF = frozenset({"logistics", "administration", "billing"})
Member = Annotated[RequestContext, requires("driver", "logistics", "administration", "billing")]
Sender = Annotated[
    RequestContext, requires("driver", "logistics", "administration", "billing", media=OCTETS)
]
Anybody = Annotated[RequestContext, public()]
Start = Annotated[int, Path(ge=0, le=2**53)]
Token = Annotated[str, Path(pattern=r"^[A-Za-z0-9._-]{1,200}$")]
BINARY = {"schema": {"type": "string", "format": "binary"}}
BYTES: dict[str, Any] = {"requestBody": {"required": True, "content": {OCTETS: BINARY}}}
PRIVATE = "private, no-store"
PUBLISHED = "public, max-age=300"


def shown_as(taken: frozenset[str]) -> dict[str, Any]:
    """How the document tells of a route that answers with a file of one of these types."""
    content = dict.fromkeys(sorted(taken), BINARY)
    responses = {
        200: {"content": content},
        206: {"description": "The range that was asked for", "content": content},
        304: {"description": "The content is the one you have"},
    }
    return {"responses": responses, "response_class": Response}


class Desk:
    """What the routes share."""

    def __init__(self, running: Running) -> None:
        settings = running.settings
        self.limits = Limits(settings.document_bytes, settings.video_bytes)
        self.vault = Vault(running.pool, settings.masters)
        self.shelf = Shelf(running.pool, objects_of(settings), scanner_of(settings.clamd))

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

    async def send(self, context: RequestContext, request: Request, state: file.File) -> Response:
        """The original of a stored file. Raises 404."""
        if not isinstance(state, file.Stored):
            raise context.refuse(file.NoSuchFile())
        content = Content(
            object=shelf.original(state.upload.file_id),
            size=state.stored.size_bytes,
            sha256=state.stored.sha256,
            media_type=state.stored.media_type,
            filename=state.upload.name,
            cache=PRIVATE,
        )
        async with refusing(context):
            return await sending.send(self.shelf.objects, content, request)


@asynccontextmanager
async def refusing(context: RequestContext) -> AsyncIterator[None]:
    """Turn what the shelf raises into problems."""
    try:
        yield
    except shelf.Refusal as error:
        raise context.refuse(error.rejection) from error
    except shelf.Busy as error:
        raise try_again(409, "conflict", "Others are at this file; try again.") from error
    except ObjectsAway as error:
        log.warning("the store of objects: %s", error)
        raise try_again(503, "unavailable", "The files are out of reach for now.") from error
    except (ScannerFailed, TimeoutError) as error:
        log.warning("a file could not be checked: %s", error)
        raise try_again(503, "not-checked", "The file could not be checked yet.") from error
    except ObjectMissing as error:
        log.error("the bytes of a file are missing: %s", error)
        raise context.refuse(file.NoSuchFile()) from error


def router(desk: Desk) -> APIRouter:
    """All routes of media."""
    made = APIRouter()
    upload_routes(made, desk)
    file_routes(made, desk)
    open_routes(made, desk)
    return made


# --- Sending ----------------------------------------------------------------


def upload_routes(made: APIRouter, desk: Desk) -> None:
    @made.post("/uploads", status_code=201)
    async def start_upload(body: bodies.UploadBody, context: Member) -> Response:
        """Say what you are about to send; the answer names where (G-08)."""
        file_id = await desk.new_id(context)
        command = file.StartUpload(
            file_id=file_id,
            organisation_id=context.principal.organisation_id,
            user_id=context.principal.subject,
            name=body.name,
            declared_type=body.media_type,
            size_bytes=body.size_bytes,
            declared_sha256=body.sha256,
            visibility=body.visibility,
            purpose=body.purpose,
            limits=desk.limits,
            at=context.at,
        )
        created = f"/media/uploads/{file_id}"
        return await context.handle(
            FILE, file_id, command, created=created, in_transaction=shelf.begin(command)
        )

    @made.head("/uploads/{file_id}")
    async def upload_offset(file_id: Id, context: Member) -> Response:
        """How far the upload is, in `Upload-Offset` and `Upload-Length`; 404 once it is over."""
        state = (await desk.found(context, file_id)).state
        if not isinstance(state, file.Uploading):
            raise context.refuse(file.NoSuchFile())
        headers = {
            "Upload-Offset": str(await desk.shelf.offset(file_id)),
            "Upload-Length": str(state.upload.size_bytes),
            "Cache-Control": "no-store",
        }
        return Response(status_code=200, headers=headers)

    @made.put("/uploads/{file_id}/pieces/{start}", openapi_extra=BYTES)
    async def send_piece(file_id: Id, start: Start, context: Sender, request: Request) -> Response:
        """The bytes from number `start` on, at most a megabyte; answers the next number."""
        await desk.found(context, file_id)
        piece = await request.body()
        async with refusing(context):
            organisation = context.principal.organisation_id
            offset = await desk.shelf.take(file_id, organisation, start, piece)
        headers = {"Upload-Offset": str(offset)}
        body = to_json({"file_id": file_id, "offset": offset})
        return Response(body, headers=headers, media_type="application/json")

    @made.put("/uploads/{file_id}/completion")
    async def complete_upload(file_id: Id, context: Member) -> Response:
        """All is sent: check it and keep it, or turn it away; the answer's status says which."""
        loaded = await desk.found(context, file_id)
        if not isinstance(state := loaded.state, file.Uploading):
            return context.show(bodies.file_shown(state), loaded)
        async with refusing(context), desk.shelf.put_together(state.upload) as looked:
            command = file.FinishUpload(
                organisation_id=context.principal.organisation_id,
                found=looked.found,
                copy=looked.copy,
                limits=desk.limits,
                at=context.at,
            )
            ended = shelf.end(file_id)
            return await context.handle(
                FILE, file_id, command, bodies.file_shown, in_transaction=ended
            )


# --- What is kept -----------------------------------------------------------


def file_routes(made: APIRouter, desk: Desk) -> None:
    @made.get("/files/{file_id}")
    async def file_facts(file_id: Id, context: Member) -> Response:
        """What is known of a file."""
        loaded = await desk.found(context, file_id, reading=True)
        offset = await desk.shelf.offset(file_id)
        return context.show(bodies.file_shown(loaded.state, offset), loaded)

    @made.get("/files/{file_id}/history")
    async def file_history(file_id: Id, context: Member) -> Response:
        """Every fact about the file (G-05)."""
        await desk.found(context, file_id)
        return await context.history(FILE, file_id)

    @made.get("/files/{file_id}/content", **shown_as(types.TAKEN))
    async def download(file_id: Id, context: Member, request: Request) -> Response:
        """The content, or the range of it that `Range` asks for."""
        loaded = await desk.found(context, file_id, reading=True)
        return await desk.send(context, request, loaded.state)

    @made.post("/files/{file_id}/links", status_code=201)
    async def make_link(file_id: Id, body: bodies.LinkBody, context: Member) -> Response:
        """A link that opens the file for whoever has it, until it expires."""
        if not isinstance((await desk.found(context, file_id)).state, file.Stored):
            raise context.refuse(file.NoSuchFile())
        expires_at = (context.at + timedelta(seconds=body.seconds)).replace(microsecond=0)
        token = await links.make(desk.vault, file_id, expires_at)
        link = f"/media/links/{token}"
        shown = to_json({"link": link, "expires_at": expires_at})
        headers = {"Location": link, "Cache-Control": "no-store"}
        return Response(shown, 201, headers, media_type="application/json")

    @made.delete("/files/{file_id}")
    async def remove_file(file_id: Id, context: Member) -> Response:
        """Nobody can download it any more; its bytes go soon. 409 while something relies on it."""
        await desk.found(context, file_id)
        who = context.principal
        command = file.RemoveFile(who.organisation_id, who.subject, context.at)
        return await context.handle(FILE, file_id, command, in_transaction=shelf.end(file_id))


# --- For everybody ----------------------------------------------------------


def open_routes(made: APIRouter, desk: Desk) -> None:
    @made.get("/links/{token}", **shown_as(types.TAKEN))
    async def follow_link(token: Token, context: Anybody, request: Request) -> Response:
        """The content of the file a link opens; 410 once it has expired."""
        try:
            file_id = await links.opened(desk.vault, token, context.at)
        except links.LinkExpired as error:
            raise Problem(410, "link-expired", "The link has expired.") from error
        if file_id is None:
            raise context.refuse(file.NoSuchFile())
        return await desk.send(context, request, (await context.load(FILE, file_id)).state)

    @made.get("/public/{file_id}", **shown_as(types.IMAGES))
    async def public_copy(file_id: Id, context: Anybody, request: Request) -> Response:
        """The public copy of an image; it tells neither where nor by whom it was taken."""
        state = (await context.load(FILE, file_id)).state
        if not isinstance(state, file.Stored) or (copy := state.public) is None:
            raise context.refuse(file.NoSuchFile())
        content = Content(
            object=shelf.public(file_id),
            size=copy.size_bytes,
            sha256=copy.sha256,
            media_type=copy.media_type,
            filename=f"image.{copy.media_type.rpartition('/')[2]}",
            cache=PUBLISHED,
        )
        async with refusing(context):
            return await sending.send(desk.shelf.objects, content, request)
