"""Which files did people of the organisation send? One row a file."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Annotated, ClassVar, assert_never

from fastapi import Query
from pydantic import Field

from contracts.media.file_v1 import (
    FileHeld,
    FileRefused,
    FileRemoved,
    FileStored,
    Purpose,
    UploadAbandoned,
    UploadStarted,
    Visibility,
    contract,
)
from infra.consumers.views import OutOfOrder, View
from infra.http.answers import Answer, Answered, Listed, Router
from infra.http.models import Id, Instant, Named
from infra.http.pages import Filters, Paging, Typed
from infra.http.request_context import RequestContext, requires
from infra.reading import Rows, Table
from infra.searching import Words, words
from services.views.backoffice import users

Reads = UploadStarted | FileStored | FileRefused | UploadAbandoned | FileRemoved | FileHeld


class FileStatus(StrEnum):
    """How far a file has come."""

    UPLOADING = "uploading"
    STORED = "stored"
    REFUSED = "refused"
    ABANDONED = "abandoned"
    REMOVED = "removed"


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """A file of `user_id`; `held` once something relies on it. `search` has the words of its name.

    Type and size are as they were announced, then as they were found.
    """

    file_id: str
    organisation_id: str
    user_id: str
    name: str
    search: Words
    media_type: str
    size_bytes: int
    purpose: str
    visibility: str
    started_at: datetime
    status: str = "uploading"
    stored_at: datetime | None = None
    held: bool = False


def key(event: Reads) -> tuple[str]:
    return (event.file_id,)


def project(row: File | None, event: Reads) -> File:
    if isinstance(event, UploadStarted):
        return _started(event)
    if row is None:
        raise OutOfOrder(event)
    match event:
        case FileStored():
            return replace(
                row,
                status="stored",
                media_type=event.media_type,
                size_bytes=event.size_bytes,
                stored_at=event.stored_at,
            )
        case FileRefused():
            return replace(row, status="refused")
        case UploadAbandoned():
            return replace(row, status="abandoned")
        case FileRemoved():
            return replace(row, status="removed")
        case FileHeld():
            return replace(row, held=True)
        case unhandled:
            assert_never(unhandled)


def _started(event: UploadStarted) -> File:
    return File(
        file_id=event.file_id,
        organisation_id=event.organisation_id,
        user_id=event.user_id,
        name=event.name,
        search=words(event.name),
        media_type=event.declared_type,
        size_bytes=event.size_bytes,
        purpose=event.purpose.name.lower(),
        visibility=event.visibility.name.lower(),
        started_at=event.started_at,
    )


view = View(
    name="files",
    contract=contract,
    reads=Reads,
    row=File,
    primary_key=("file_id",),
    key=key,
    project=project,
    indexes=(
        "(organisation_id, started_at, file_id)",
        "(organisation_id, size_bytes, file_id)",
    ),
    subject="user_id",
    personal=("name", "search"),
)

# --- The question -----------------------------------------------------------

files = Table(view, "files", key="file_id")
NEWEST = files.order("newest", "started_at", "file_id", descending=True)
LARGEST = files.order("largest", "size_bytes", "file_id", descending=True)


class FileOrder(StrEnum):
    """How a list of files is sorted."""

    NEWEST = "newest"
    LARGEST = "largest"


ORDERS = {FileOrder.NEWEST: NEWEST, FileOrder.LARGEST: LARGEST}


class FileFilters(Filters):
    """Which files are wanted."""

    no_columns: ClassVar[frozenset[str]] = frozenset({"q", "purpose", "order"})

    q: Typed = ""
    """Words of the name of the file."""
    user_id: Id | None = None
    """Whose they are."""
    status: FileStatus | None = None
    purpose: Annotated[Purpose, Named()] | None = None
    media_type: Annotated[str | None, Field(max_length=127)] = None
    held: bool | None = None
    """Whether something relies on them, so that nobody removes them."""
    order: FileOrder = FileOrder.NEWEST


def found(organisation_id: str, filters: FileFilters) -> Rows[File]:
    """The files that match."""
    rows = filters.narrow(files.of(organisation_id)).searched(filters.q)
    if filters.purpose is None:
        return rows
    return rows.only(purpose=filters.purpose.name.lower())


class FileListed(Answer):
    """A file in a list; its content is at media."""

    file_id: str
    user_id: str
    """The owner."""
    user_name: str
    """Empty when the owner is not known, or forgotten."""
    name: str
    media_type: str
    size_bytes: int
    purpose: Annotated[Purpose, Named()]
    visibility: Annotated[Visibility, Named()]
    status: FileStatus
    held: bool
    """Whether something relies on it, so that nobody removes it."""
    started_at: Instant
    stored_at: Instant | None


def file_listed(row: File, user_name: str) -> FileListed:
    return FileListed(
        file_id=row.file_id,
        user_id=row.user_id,
        user_name=user_name,
        name=row.name,
        media_type=row.media_type,
        size_bytes=row.size_bytes,
        purpose=Purpose[row.purpose.upper()],
        visibility=Visibility[row.visibility.upper()],
        status=FileStatus(row.status),
        held=row.held,
        started_at=row.started_at,
        stored_at=row.stored_at,
    )


router = Router("Files")
Staff = Annotated[RequestContext, requires("logistics", "administration", "billing")]


@router.get("/files")
async def files_found(
    context: Staff, page: Paging, filters: Annotated[FileFilters, Query()]
) -> Answered[Listed[FileListed]]:
    """Files of the organisation's people, the newest first unless another order is asked for."""
    organisation_id = context.principal.organisation_id

    async def with_owners(rows: Sequence[File]) -> list[FileListed]:
        theirs = users.users.of(organisation_id, user_id={row.user_id for row in rows})
        names = {one.user_id: one.name for one in await theirs.many(context.pool, users.BY_NAME)}
        return [file_listed(row, names.get(row.user_id, "")) for row in rows]

    return await page.show_together(
        found(organisation_id, filters), ORDERS[filters.order], with_owners
    )
