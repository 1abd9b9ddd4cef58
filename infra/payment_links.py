"""Links to the page where a case is paid for, which the page of the case shows (FLB-172).

Whoever has the master keys makes one without asking anybody; `payments` opens it. Nothing is kept.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta

from infra import passes

PURPOSE = "payment"
OPEN = timedelta(hours=6)
"""How long a link works that a page shows; looked at again, the page has another one."""


def address(masters: Mapping[str, bytes], case_id: str, expires_at: datetime) -> str:
    """Where the case is paid for until that second, signed with the current master key."""
    text = f"{case_id}.{int(expires_at.timestamp())}"
    return f"/payments/page/{passes.made(masters, PURPOSE, text)}"


def read(masters: Mapping[str, bytes], token: str, now: datetime) -> str | None:
    """The case that the end of an address is for; None for one that is over or was made up."""
    text = passes.read(masters, PURPOSE, token)
    if text is None:
        return None
    case_id, _, seconds = text.rpartition(".")
    return case_id if now.timestamp() < int(seconds) else None
