"""Links to files that a page of another service than `media` shows, for who has no account.

Whoever has the master keys makes one without asking anybody; `media` opens it. Nothing is kept.
"""

import base64
import hmac
from collections.abc import Mapping, Sequence
from datetime import datetime
from hashlib import sha256
from urllib.parse import urlencode

PURPOSE = b"file link"
MARK = "p"
"""Begins these links; those that `media` makes itself begin with the id of a file and a dot."""

MARK_OF_ARCHIVES = "z"


def address(masters: Mapping[str, bytes], file_id: str, expires_at: datetime) -> str:
    """Where the file is until that second, signed with the current master key."""
    signed = f"{MARK}.{file_id}.{int(expires_at.timestamp())}"
    key = next(iter(masters.values()))
    return f"/media/links/{signed}.{_signature(key, signed)}"


def archive_address(
    masters: Mapping[str, bytes], file_ids: Sequence[str], expires_at: datetime
) -> str:
    """Where the files are one archive until that second."""
    key, expires = next(iter(masters.values())), str(int(expires_at.timestamp()))
    signature = _signature(key, archive_signed(file_ids, expires))
    return f"/media/archives/{expires}.{signature}?{urlencode([('file', one) for one in file_ids])}"


def archive_signed(file_ids: Sequence[str], expires: str) -> str:
    """The text that is signed for an archive of these files, in their order; no link to one file
    has such a text."""
    return f"{MARK_OF_ARCHIVES}.{'.'.join(file_ids)}.{expires}"


def signed_by_us(masters: Mapping[str, bytes], signed: str, signature: str) -> bool:
    """Whether one of the keys signed it, the former ones too."""
    wanted = [_signature(key, signed) for key in masters.values()]
    return any(hmac.compare_digest(one.encode(), signature.encode()) for one in wanted)


def _signature(master: bytes, signed: str) -> str:
    # The master key seals; what signs is another key that follows from it.
    key = hmac.digest(master, PURPOSE, sha256)
    return base64.urlsafe_b64encode(hmac.digest(key, signed.encode(), sha256)).decode().rstrip("=")
