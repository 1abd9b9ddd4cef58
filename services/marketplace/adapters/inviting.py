"""The ids of invitations, and the links that are mailed: nobody guesses one or tells who has it."""

from hashlib import sha256
from uuid import UUID

from infra.addresses import mailbox
from infra.http import readable_ids
from infra.http.customer_pages.links import Links
from infra.vault import Vault

PAGE = "join"
"""The page of the portal that links lead to."""


class Inviting:
    """Knows which invitation an address has, and makes its links."""

    def __init__(self, vault: Vault, portal: str) -> None:
        self._vault = vault
        self._links = Links(vault, "invitation link")
        self._portal = portal.rstrip("/")

    async def id_for(self, marketplace_id: str, email: str) -> str:
        """The id of the invitation of an address to a marketplace: the same however the address is
        written, and telling nothing of it."""
        name = f"{marketplace_id}\0{mailbox(email).casefold()}"
        found = await self._vault.hash("invitation", name)
        return readable_ids.readable_id(readable_ids.INVITATION, UUID(bytes=found[:16]))

    async def token(self, invitation_id: str, sending_id: str) -> str:
        """The secret of one sending, the same each time; `id_of` reads the invitation from it."""
        return await self._links.token(invitation_id, sending_id)

    def link(self, token: str) -> str:
        """The address that is mailed. After `#` the token reaches no server's log."""
        return f"{self._portal}/{PAGE}#token={token}"


def id_of(token: str) -> str:
    """The invitation that a token says it is of."""
    return token.partition(".")[0]


def mark_of(token: str) -> str:
    """The sign by which a token is known: nobody finds the token by it."""
    return sha256(token.encode()).hexdigest()
