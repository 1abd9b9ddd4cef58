"""Links to files that a page of another service than `media` shows, for who has no account.

Whoever has the master keys makes one without asking anybody; `media` opens it. Nothing is kept.
"""

import base64
import hmac
from collections.abc import Mapping
from datetime import datetime
from hashlib import sha256

PURPOSE = b"file link"
MARK = "p"
"""Begins these links; those that `media` makes itself begin with the id of a file and a dot."""


def address(masters: Mapping[str, bytes], file_id: str, expires_at: datetime) -> str:
    """Where the file is until that second, signed with the current master key."""
    signed = f"{MARK}.{file_id}.{int(expires_at.timestamp())}"
    key = next(iter(masters.values()))
    return f"/media/links/{signed}.{_signature(key, signed)}"


def signed_by_us(masters: Mapping[str, bytes], signed: str, signature: str) -> bool:
    """Whether one of the keys signed it, the former ones too."""
    wanted = [_signature(key, signed) for key in masters.values()]
    return any(hmac.compare_digest(one.encode(), signature.encode()) for one in wanted)


def _signature(master: bytes, signed: str) -> str:
    # The master key seals; what signs is another key that follows from it.
    key = hmac.digest(master, PURPOSE, sha256)
    return base64.urlsafe_b64encode(hmac.digest(key, signed.encode(), sha256)).decode().rstrip("=")
