"""Links to the page where a case is paid for, which the page of the case shows (FLB-172).

Whoever has the master keys makes one without asking anybody; `payments` opens it. Nothing is kept.
"""

import base64
import hmac
from collections.abc import Mapping
from datetime import datetime, timedelta
from hashlib import sha256

PURPOSE = b"payment link"
OPEN = timedelta(hours=6)
"""How long a link works that a page shows; looked at again, the page has another one."""


def address(masters: Mapping[str, bytes], case_id: str, expires_at: datetime) -> str:
    """Where the case is paid for until that second, signed with the current master key."""
    signed = f"{case_id}.{int(expires_at.timestamp())}"
    key = next(iter(masters.values()))
    return f"/payments/page/{signed}.{_signature(key, signed)}"


def read(masters: Mapping[str, bytes], token: str, now: datetime) -> str | None:
    """The case that the end of an address is for; None for one that is over or was made up."""
    signed, _, signature = token.rpartition(".")
    case_id, _, seconds = signed.rpartition(".")
    wanted = [_signature(key, signed) for key in masters.values()]
    if not any(hmac.compare_digest(one.encode(), signature.encode()) for one in wanted):
        return None
    return case_id if now.timestamp() < int(seconds) else None


def _signature(master: bytes, signed: str) -> str:
    # The master key seals; what signs is another key that follows from it.
    key = hmac.digest(master, PURPOSE, sha256)
    return base64.urlsafe_b64encode(hmac.digest(key, signed.encode(), sha256)).decode().rstrip("=")
