"""HTTP: what everybody may have: files by a link, and public copies of images."""

from typing import Annotated

from fastapi import Path
from starlette.requests import Request

from infra.http.answers import Router
from infra.http.models import Id
from infra.http.problems import Problem
from infra.http.request_context import PublicRequest, public
from services.media import file
from services.media.adapters import links, sending, upload_store
from services.media.adapters.sending import Content
from services.media.aggregates import FILE
from services.media.http.media_service import (
    FILE_PARTS,
    IMAGE_PARTS,
    AnyFile,
    AnyImage,
    MediaService,
    Sized,
    image_name,
    refusing,
)

Anybody = Annotated[PublicRequest, public()]
Token = Annotated[str, Path(pattern=r"^[A-Za-z0-9._-]{1,200}$")]
PUBLISHED = "public, max-age=300"


def router(media: MediaService) -> Router:
    """The routes that need no token."""
    routes = Router("Files for everybody")

    @routes.get("/links/{token}", responses=FILE_PARTS)
    async def follow_link(
        token: Token, context: Anybody, request: Request, size: Sized = None
    ) -> AnyFile:
        """The content of the file a link opens; 410 once it has expired."""
        try:
            file_id = await links.opened(media.vault, media.masters, token, context.at)
        except links.LinkExpired as error:
            raise Problem(410, "link-expired") from error
        if file_id is None:
            raise context.refuse(file.NoSuchFile())
        return await media.send(context, request, (await context.load(FILE, file_id)).state, size)

    @routes.get("/public/{file_id}", responses=IMAGE_PARTS)
    async def public_copy(
        file_id: Id, context: Anybody, request: Request, size: Sized = None
    ) -> AnyImage:
        """The public copy of an image; it tells neither where nor by whom it was taken."""
        state = (await context.load(FILE, file_id)).state
        if not isinstance(state, file.Stored) or (copy := state.public) is None:
            raise context.refuse(file.NoSuchFile())
        if size is not None:
            return await media.send_copy(context, request, state, size, PUBLISHED)
        content = Content(
            object=upload_store.public(file_id),
            size=copy.size_bytes,
            sha256=copy.sha256,
            media_type=copy.media_type,
            filename=image_name(copy.media_type),
            cache=PUBLISHED,
        )
        async with refusing(context):
            return await sending.send(media.uploads.objects, content, request)

    return routes
