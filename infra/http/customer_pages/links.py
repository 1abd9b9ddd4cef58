"""The links of customers: who has one is let in to what it names, and nowhere else (G-43).

The secret of a link is kept nowhere: 128 bits that follow from what the link names, with a key that
only the service has. So a link is known whenever it is needed, and nobody makes one up.
"""

import base64
from dataclasses import dataclass
from hmac import compare_digest

from infra.vault import Vault

SECRET_BYTES = 16


@dataclass(frozen=True, slots=True)
class Links:
    """The links of a service. Those of another `purpose` open nothing here."""

    vault: Vault
    purpose: str

    async def token(self, thing_id: str, link_id: str) -> str:
        """The part of the address that names the link and proves it, the same each time.

        `thing_id` has no dot in it.
        """
        return f"{thing_id}.{link_id}.{await self._secret(thing_id, link_id)}"

    async def read(self, token: str) -> tuple[str, str] | None:
        """The thing and the link that a token is for; None for one that was made up."""
        head, _, secret = token.rpartition(".")
        thing_id, _, link_id = head.partition(".")
        if not link_id:
            return None
        wanted = await self._secret(thing_id, link_id)
        return (thing_id, link_id) if compare_digest(wanted.encode(), secret.encode()) else None

    async def _secret(self, thing_id: str, link_id: str) -> str:
        found = await self.vault.hash(self.purpose, f"{thing_id}/{link_id}")
        return base64.urlsafe_b64encode(found[:SECRET_BYTES]).decode().rstrip("=")
