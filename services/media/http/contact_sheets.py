"""HTTP: photos as one contact sheet, by a link that another service made (G-42)."""

import asyncio
from typing import Annotated

from fastapi import Path, Query
from starlette.responses import Response

from infra import file_links
from infra.file_links import OF_SHEET
from infra.http.answers import Content, Router
from infra.http.models import Id
from infra.http.problems import try_again
from infra.http.request_context import PublicRequest, public
from services.media import file
from services.media.adapters import contact_sheets, copies
from services.media.adapters.copies import NoCopy, Size
from services.media.adapters.turns import Turns
from services.media.http.archives import opened
from services.media.http.media_service import PRIVATE, MediaService, refusing

PDF = "application/pdf"
Anybody = Annotated[PublicRequest, public()]
Token = Annotated[str, Path(pattern=r"^[0-9]{1,12}\.[A-Za-z0-9_-]{22}$")]
Photos = Annotated[list[Id], Query(alias="file", min_length=1, max_length=OF_SHEET)]
MADE_AT_ONCE = 1
"""In one process of an API: the pages of a sheet are some 40 MB."""


def router(media: MediaService) -> Router:
    """The route of contact sheets."""
    routes = Router("Contact sheets")
    making = Turns(MADE_AT_ONCE)

    @routes.get("/contact-sheets/{sheet}")
    async def download_contact_sheet(
        sheet: Token, file_ids: Photos, context: Anybody
    ) -> Annotated[Response, Content(PDF)]:
        """Small copies of the photos on pages of twelve, each with its number, in their order; 404
        where one is not there any more. A file without a copy leaves its place empty."""
        expires, _, signature = sheet.partition(".")
        if not file_links.opens_contact_sheet(media.masters, file_ids, expires, signature):
            raise context.refuse(file.NoSuchFile())
        stored = await opened(context, expires, file_ids)
        organisation_id = stored[0].upload.organisation_id
        async with refusing(context):
            photos = [await photo(media, one) for one in stored]
        async with making.of(organisation_id):
            content = await asyncio.to_thread(contact_sheets.made, photos)
        headers = {
            "Cache-Control": PRIVATE,
            "Content-Disposition": 'inline; filename="photos.pdf"',
            "Content-Security-Policy": "sandbox",
            "X-Content-Type-Options": "nosniff",
        }
        return Response(content, media_type=PDF, headers=headers)

    return routes


async def photo(media: MediaService, state: file.Stored) -> bytes | None:
    """The copy that goes on the sheet; None for what is no image."""
    size = Size.THUMBNAIL
    try:
        copy = await media.copies.of(state.stored, size)
    except NoCopy:
        return None
    except TimeoutError as error:
        raise try_again(503, "unavailable") from error
    name = copies.name_of(state.upload.file_id, size)
    return b"".join([one async for one in media.uploads.objects.read(name, 0, copy.size_bytes)])
