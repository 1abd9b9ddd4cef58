"""The links of customers: who has one is let in to the page of a case, and nowhere else (G-43).

The secret of a link is kept nowhere: 128 bits that follow from the case and the id of the link,
with a key that only the service has. So a link is known whenever it is needed, and nobody makes one
up.
"""

import base64
from hmac import compare_digest

from infra.vault import Vault

SECRET_BYTES = 16
CODE_DIGITS = 6


async def token_of(vault: Vault, case_id: str, link_id: str) -> str:
    """The part of the address that names the link and proves it, the same each time."""
    return f"{case_id}.{link_id}.{await _secret(vault, case_id, link_id)}"


async def read(vault: Vault, token: str) -> tuple[str, str] | None:
    """The case and the link that a token is for; None for one that was made up."""
    head, _, secret = token.rpartition(".")
    case_id, _, link_id = head.partition(".")
    if not link_id or not compare_digest(await _secret(vault, case_id, link_id), secret):
        return None
    return case_id, link_id


async def code_of(vault: Vault, case_id: str, request_id: str) -> str:
    """Six digits to answer with (I3), the same each time for the same request."""
    found = await vault.hash("answer code", f"{case_id}/{request_id}")
    return f"{int.from_bytes(found) % 10**CODE_DIGITS:0{CODE_DIGITS}}"


async def _secret(vault: Vault, case_id: str, link_id: str) -> str:
    found = await vault.hash("case link", f"{case_id}/{link_id}")
    return base64.urlsafe_b64encode(found[:SECRET_BYTES]).decode().rstrip("=")
