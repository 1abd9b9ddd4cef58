"""Links that open one file for whoever has them, until they expire. Nothing is kept of them."""

import hmac
from collections.abc import Mapping
from datetime import UTC, datetime

from infra import file_links, passes
from infra.vault import Vault

PURPOSE = "media link"
_OF_PAGES = f"{file_links.MARK}."


class LinkExpired(Exception):
    """The link was good once."""


async def make(vault: Vault, file_id: str, expires_at: datetime) -> str:
    """A link's secret part: the file, the second it expires, and our signature."""
    signed = f"{file_id}.{int(expires_at.timestamp())}"
    return f"{signed}.{await vault.token(PURPOSE, signed)}"


async def opened(
    vault: Vault, masters: Mapping[str, bytes], token: str, now: datetime
) -> str | None:
    """The file a link opens, of ours or of a page's; None when nobody of us made it.

    Raises `LinkExpired`.
    """
    signed, _, signature = token.rpartition(".")
    if signed.startswith(_OF_PAGES) and signed.count(".") == 2:
        good = passes.is_signed(masters, file_links.PURPOSE, signed, signature)
    else:
        wanted = await vault.token(PURPOSE, signed)
        good = hmac.compare_digest(wanted.encode(), signature.encode())
    if not good:
        return None
    head, _, expires = signed.rpartition(".")
    if now >= datetime.fromtimestamp(int(expires), UTC):
        raise LinkExpired
    return head.removeprefix(_OF_PAGES)
