"""Downloads of the media of a case, one by one or all at once (FLB-067)."""

from datetime import timedelta

from contracts.interventions.case_v1 import MediaKind
from infra import file_links
from infra.file_links import OF_SHEET
from infra.host import Running
from infra.http.answers import Answer, Answered, Router
from infra.http.models import Id, Instant
from services.interventions import case
from services.interventions.aggregates import CASE
from services.interventions.http.access import ReaderContext, may_read, ours

OPEN = timedelta(hours=1)
"""How long the links work: until a download of hours begins, not until it ends."""
OF_ARCHIVE = 100
"""Files in one archive at most."""


class MediumLink(Answer):
    """A link that opens a file for whoever has it; with `?size=`, a copy of an image."""

    media_id: str
    link: str


class MediaLinks(Answer):
    """The media of a case, the private ones too, in the order in which they are shown."""

    items: tuple[MediumLink, ...]
    archives: tuple[str, ...]
    """All of them in ZIP archives of a hundred files at most: usually one, none without media.
    With `&size=`, images as copies."""
    contact_sheets: tuple[str, ...]
    """All photos small on paper, as PDFs of sixty at most, each with its number."""
    expires_at: Instant


def router(running: Running) -> Router:
    """The routes, over the keys that sign links."""
    routes = Router("Downloads")
    masters = running.settings.masters

    @routes.get("/cases/{case_id}/media-links")
    async def show_media_links(case_id: Id, context: ReaderContext) -> Answered[MediaLinks]:
        """Make links to all the media of a case; each works for an hour."""
        loaded = await context.load(CASE, case_id)
        state = ours(context, loaded.state)
        if not may_read(context, state.dossier):
            raise context.refuse(case.NoSuchCase())
        expires_at = (context.at + OPEN).replace(microsecond=0)
        placed = state.dossier.placed
        items = tuple(
            MediumLink(
                media_id=one.media_id, link=file_links.address(masters, one.file_id, expires_at)
            )
            for one in placed
        )
        files = [one.file_id for one in placed]
        parts = [files[n : n + OF_ARCHIVE] for n in range(0, len(files), OF_ARCHIVE)]
        archives = tuple(file_links.archive_address(masters, one, expires_at) for one in parts)
        photos = [one.file_id for one in placed if one.kind is MediaKind.PHOTO]
        sheets = [photos[n : n + OF_SHEET] for n in range(0, len(photos), OF_SHEET)]
        answer = MediaLinks(
            items=items,
            archives=archives,
            contact_sheets=tuple(
                file_links.contact_sheet_address(masters, one, expires_at) for one in sheets
            ),
            expires_at=expires_at,
        )
        return Answered(answer, headers={"Cache-Control": "no-store"})

    return routes
