"""The accounts of users as their events tell, and the address that each of them has."""

from infra.commands import Commands
from services.accounts.adapters.secrets import Secrets
from services.accounts.aggregates import USER
from services.accounts.user import Account, Active, Deactivated, Invited, Person


class Accounts:
    """The accounts there are. An address is one user's in all organisations together."""

    def __init__(self, commands: Commands, secrets: Secrets) -> None:
        self._commands = commands
        self._addresses = secrets.addresses

    async def find(self, user_id: str) -> Account | None:
        """The account of a user as of now; None when there is none, or it was forgotten."""
        state = (await self._commands.load(USER, user_id)).state
        return state if isinstance(state, Invited | Active | Deactivated) else None

    async def active(self, user_id: str | None) -> Person | None:
        """A user who may sign in; None for everybody else."""
        account = await self.find(user_id) if user_id else None
        return account.person if isinstance(account, Active) else None

    async def claim_address(self, email: str, user_id: str) -> bool:
        """Give the user of a coming invitation their address; False when somebody has it.

        A user who got an address, but was never invited, does not keep it.
        """
        key = await self._addresses.key(email)
        for _ in range(2):
            owner = await self._addresses.claim(key, user_id)
            if owner == user_id:
                return True
            holder = owner or user_id
            if (await self._commands.load(USER, holder)).version:
                # The invitation itself refuses a user who has another address.
                return owner is None
            await self._addresses.release(holder)
        return False
