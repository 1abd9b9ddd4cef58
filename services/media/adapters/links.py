"""Links that open one file for whoever has them, until they expire. Nothing is kept of them."""

import hmac
from datetime import UTC, datetime

from infra.vault import Vault

PURPOSE = "media link"


class LinkExpired(Exception):
    """The link was good once."""


async def make(vault: Vault, file_id: str, expires_at: datetime) -> str:
    """A link's secret part: the file, the second it expires, and our signature."""
    signed = f"{file_id}.{int(expires_at.timestamp())}"
    return f"{signed}.{await vault.token(PURPOSE, signed)}"


async def opened(vault: Vault, token: str, now: datetime) -> str | None:
    """The file a link opens; None when we did not make it. Raises `LinkExpired`."""
    signed, _, signature = token.rpartition(".")
    wanted = await vault.token(PURPOSE, signed)
    if not hmac.compare_digest(wanted.encode(), signature.encode()):
        return None
    file_id, _, expires = signed.rpartition(".")
    if now >= datetime.fromtimestamp(int(expires), UTC):
        raise LinkExpired
    return file_id
