"""What the front end sends, and what it is shown of a file."""

from typing import Annotated, Any, assert_never

from pydantic import Field, StringConstraints

from contracts.media.file_v1 import FileRefused, Purpose, Visibility
from infra.http.models import Body, Line, Named
from services.media import file

Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
MediaType = Annotated[str, StringConstraints(pattern=r"^[a-z]+/[a-z0-9.+-]{1,100}$")]
Size = Annotated[int, Field(ge=0, le=2**53)]
Seconds = Annotated[int, Field(ge=60, le=7 * 24 * 3600)]


class UploadBody(Body):
    """A file to send (G-08)."""

    name: Line
    media_type: MediaType
    size_bytes: Size
    sha256: Sha256
    """Of the content, in lower-case hexadecimal."""
    purpose: Annotated[Purpose, Named()]
    visibility: Annotated[Visibility, Named()] = Visibility.PRIVATE


class LinkBody(Body):
    seconds: Seconds = 3600
    """How long the link opens the file."""


def file_shown(found: file.File, offset: int = 0) -> dict[str, Any]:
    """A file to whoever may read it. `offset` is how far its upload is."""
    match found:
        case file.Unknown():
            return {}
        case file.Uploading():
            expires_at = found.upload.expires_at
            return announced(found, "uploading") | {"offset": offset, "expires_at": expires_at}
        case file.Stored():
            address = f"/media/public/{found.upload.file_id}" if found.public else None
            return announced(found, "stored") | {"public_address": address}
        case file.Gone():
            why = found.why
            reason = why.reason if isinstance(why, FileRefused) else None
            return announced(found, found.status) | {"reason": reason}
        case unhandled:
            assert_never(unhandled)


def announced(found: file.Announced, status: str) -> dict[str, Any]:
    upload = found.upload
    return {
        "file_id": upload.file_id,
        "status": status,
        "user_id": upload.user_id,
        "name": upload.name,
        "media_type": upload.declared_type,
        "size_bytes": upload.size_bytes,
        "sha256": upload.declared_sha256,
        "purpose": upload.purpose,
        "visibility": upload.visibility,
    }
