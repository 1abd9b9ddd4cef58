"""Links to files that a page of another service than `media` shows, for who has no account.

Whoever has the master keys makes one without asking anybody; `media` opens it. Nothing is kept.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from urllib.parse import urlencode

from infra import passes

PURPOSE = "file"
PURPOSE_OF_ARCHIVES = "archive"
MARK = "p"
"""Begins these links; those that `media` makes itself begin with the id of a file and a dot."""


def address(masters: Mapping[str, bytes], file_id: str, expires_at: datetime) -> str:
    """Where the file is until that second, signed with the current master key."""
    signed = f"{MARK}.{file_id}.{int(expires_at.timestamp())}"
    return f"/media/links/{passes.made(masters, PURPOSE, signed)}"


def archive_address(
    masters: Mapping[str, bytes], file_ids: Sequence[str], expires_at: datetime
) -> str:
    """Where the files are one archive until that second."""
    expires = str(int(expires_at.timestamp()))
    signature = passes.signature(masters, PURPOSE_OF_ARCHIVES, _archive(file_ids, expires))
    return f"/media/archives/{expires}.{signature}?{urlencode([('file', one) for one in file_ids])}"


def opens_archive(
    masters: Mapping[str, bytes], file_ids: Sequence[str], expires: str, signature: str
) -> bool:
    """Whether we made the address for an archive of these files, in their order."""
    return passes.is_signed(masters, PURPOSE_OF_ARCHIVES, _archive(file_ids, expires), signature)


def _archive(file_ids: Sequence[str], expires: str) -> str:
    return f"{'.'.join(file_ids)}.{expires}"
