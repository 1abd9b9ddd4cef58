"""Links to files that a page of another service than `media` shows, for who has no account.

Whoever has the master keys makes one without asking anybody; `media` opens it. Nothing is kept.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from urllib.parse import urlencode

from infra import passes

PURPOSE = "file"
PURPOSE_OF_ARCHIVES = "archive"
PURPOSE_OF_SHEETS = "contact-sheet"
OF_SHEET = 60
"""Photos on one contact sheet at most: all of them are in memory at once."""
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
    return f"/media/archives/{_together(masters, PURPOSE_OF_ARCHIVES, file_ids, expires_at)}"


def contact_sheet_address(
    masters: Mapping[str, bytes], file_ids: Sequence[str], expires_at: datetime
) -> str:
    """Where the photos are one contact sheet until that second; `OF_SHEET` of them at most."""
    return f"/media/contact-sheets/{_together(masters, PURPOSE_OF_SHEETS, file_ids, expires_at)}"


def _together(
    masters: Mapping[str, bytes], purpose: str, file_ids: Sequence[str], expires_at: datetime
) -> str:
    expires = str(int(expires_at.timestamp()))
    signature = passes.signature(masters, purpose, _named(file_ids, expires))
    return f"{expires}.{signature}?{urlencode([('file', one) for one in file_ids])}"


def opens_archive(
    masters: Mapping[str, bytes], file_ids: Sequence[str], expires: str, signature: str
) -> bool:
    """Whether we made the address for an archive of these files, in their order."""
    return passes.is_signed(masters, PURPOSE_OF_ARCHIVES, _named(file_ids, expires), signature)


def opens_contact_sheet(
    masters: Mapping[str, bytes], file_ids: Sequence[str], expires: str, signature: str
) -> bool:
    """Whether we made the address for a contact sheet of these photos, in their order."""
    return passes.is_signed(masters, PURPOSE_OF_SHEETS, _named(file_ids, expires), signature)


def _named(file_ids: Sequence[str], expires: str) -> str:
    return f"{'.'.join(file_ids)}.{expires}"
