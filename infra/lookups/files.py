"""Files of people, for the services whose facts name one: does it exist, whose is it, what for."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import assert_never

from contracts.media import file_v1
from contracts.media.file_v1 import FileRemoved, FileStored, Purpose, Visibility
from infra.consumers.views import View
from infra.http.problems import FieldError, Problem, unknown_reference
from infra.http.request_context import RequestContext
from infra.objects import Objects

# An upload is no file before it is stored; one that was refused or given up never becomes one.
Reads = FileStored | FileRemoved


STORED_AT = 2
"""The version of a file's stream that says that all of it arrived."""


@dataclass(frozen=True, slots=True)
class File:
    """A file that is stored and not removed."""

    file_id: str
    organisation_id: str
    user_id: str
    purpose: str
    size_bytes: int
    public: bool = False
    """Whether everybody who knows its address sees a copy of it."""
    media_type: str = ""
    length_milliseconds: int | None = None
    """Of a video, as it was measured."""


def key(event: Reads) -> tuple[str]:
    return (event.file_id,)


def project(_: File | None, event: Reads) -> File | None:
    match event:
        case FileStored():
            return File(
                file_id=event.file_id,
                organisation_id=event.organisation_id,
                user_id=event.user_id,
                purpose=event.purpose.name.lower(),
                size_bytes=event.size_bytes,
                public=event.visibility is Visibility.PUBLIC,
                media_type=event.media_type,
                length_milliseconds=event.length_milliseconds,
            )
        case FileRemoved():
            return None
        case unhandled:
            assert_never(unhandled)


lookup = View(
    name="files",
    contract=file_v1.contract,
    reads=Reads,
    row=File,
    primary_key=("file_id",),
    key=key,
    project=project,
)


async def require(
    context: RequestContext, field: str, file_id: str, purposes: Collection[Purpose]
) -> File:
    """Refuse a command whose field names no file of the caller's that serves one of the purposes.

    The file has to be stored, and to be the caller's own in the organisation they act for. Answers
    it, or raises the 422 `Problem` of the field.
    """
    file = await context.lookup(lookup, file_id)
    owner = (context.principal.organisation_id, context.principal.subject)
    if file is None or (file.organisation_id, file.user_id) != owner:
        raise unknown_reference(field, "file")
    allowed = sorted(purpose.name.lower() for purpose in purposes)
    if file.purpose not in allowed:
        facts = {"purpose": file.purpose, "allowed": allowed}
        errors = [FieldError(f"/{field}", "purpose", facts=facts)]
        raise Problem(422, "unfit-file", facts=facts, errors=errors)
    return file


async def require_sent(
    context: RequestContext, field: str, file_id: str, purposes: Collection[Purpose]
) -> File:
    """The same for a file that may have been sent just now: it is waited for.

    Raises the 422 `Problem` of the field.
    """
    positions = context.app_state.positions
    if positions is not None and await context.lookup(lookup, file_id) is None:
        await positions.wait({f"media.file/{file_id}": STORED_AT})
    return await require(context, field, file_id, purposes)


def original(file_id: str) -> str:
    """The object that is the file as it arrived."""
    return f"files/{file_id}/original"


async def content(objects: Objects, file: File) -> bytes:
    """The file as it arrived. Raises `ObjectMissing` and `ObjectsAway`."""
    return b"".join([one async for one in objects.read(original(file.file_id), 0, file.size_bytes)])
