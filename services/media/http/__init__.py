"""The API of media."""

from fastapi import APIRouter

from infra.host import Running
from services.media.http import archives, contact_sheets, files, open_files, passes, uploads
from services.media.http.media_service import MediaService


def router(running: Running) -> APIRouter:
    """All routes, over what the service has opened."""
    media = MediaService(running)
    routers = (
        uploads.router(media),
        files.router(media),
        open_files.router(media),
        passes.router(media),
        archives.router(media),
        contact_sheets.router(media),
    )
    return APIRouter(routes=[route for one in routers for route in one.routes])
