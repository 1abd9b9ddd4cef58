"""Passes to send files: a page lets whoever looks at it, without an account, send one to `media`.

The page says whose file it will be; `media` keeps it and sends the browser back to the page, with
the file's id in the address. A pass says nothing of what a file is for: the service of the page
asks its lookup of files when a form names one ([ADR 90](docs/adr/0090-files-of-customers.md)).
"""

import base64
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from infra import passes

PURPOSE = "upload"
LASTS = timedelta(hours=1)
"""From the moment that the page was made."""
MOST_FILES = 10
"""On one page at once."""
MOST_BYTES = 10 * 1024 * 1024
"""A file has no more."""
_ID = re.compile(r"[0-9a-f]{32}")
"""`media` makes these ids; nothing else is looked up."""
FILES, UNFIT = "files", "unfit"
"""The parameters of the page's address: the files that were sent, and why the last one was not."""


class Unfit(StrEnum):
    """Why a file was not taken."""

    NONE = "none"
    """Nothing was chosen."""
    TYPE = "type"
    SIZE = "size"
    HARMFUL = "harmful"
    FULL = "full"
    """There are as many as there may be."""
    LATE = "late"
    """The pass has expired."""
    BUSY = "busy"


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadPass:
    """The owner of the files, and the page that the browser comes from and goes back to.

    `owner` has no account, and is never the id of a user: `link:J1.customer.1`.
    """

    owner: str
    organisation_id: str
    back: str
    expires_at: datetime


def address(masters: Mapping[str, bytes], upload_pass: UploadPass) -> str:
    """Where the form of a page sends files with that pass."""
    said = (
        upload_pass.owner,
        upload_pass.organisation_id,
        upload_pass.back,
        int(upload_pass.expires_at.timestamp()),
    )
    text = base64.urlsafe_b64encode(json.dumps(said).encode()).decode().rstrip("=")
    return f"/media/passes/{passes.made(masters, PURPOSE, text)}/files"


def read(masters: Mapping[str, bytes], token: str) -> UploadPass | None:
    """The pass that a token is, expired or not; None for one that was made up."""
    if (text := passes.read(masters, PURPOSE, token)) is None:
        return None
    owner, organisation_id, back, expires = json.loads(
        base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    )
    return UploadPass(
        owner=owner,
        organisation_id=organisation_id,
        back=back,
        expires_at=datetime.fromtimestamp(expires, UTC),
    )


def named(text: str) -> tuple[str, ...]:
    """The files that a parameter or a field names, each once, in their order."""
    return tuple(dict.fromkeys(filter(_ID.fullmatch, text.split(","))))[:MOST_FILES]
