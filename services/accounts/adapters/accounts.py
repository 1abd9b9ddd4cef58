"""The accounts of users as their events tell, and the address that each of them has."""

from infra.commands import Commands
from infra.database import Connection
from services.accounts.adapters.secrets import Secrets
from services.accounts.aggregates import USER
from services.accounts.user import Account, Active, Deactivated, Invited, Person


class Accounts:
    """The accounts there are. An address is one user's: of those invited with it, whoever is first
    to prove that it is theirs."""

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

    async def with_address(self, key: bytes) -> list[Person]:
        """The active users who may have proved an address, or may prove it now: who has it, else
        all who were invited with it."""
        holder = await self._addresses.holder(key)
        candidates = [holder] if holder else await self._addresses.expected(key)
        found = [await self.active(user_id) for user_id in candidates]
        return [person for person in found if person is not None]

    async def free_address(self, email: str, organisation_id: str, user_id: str) -> bytes | None:
        """The key of an address; None when another user of the organisation has it. What other
        organisations know of it changes nothing."""
        key = await self._addresses.key(email)
        known = {await self._addresses.holder(key), *await self._addresses.expected(key)}
        for other in filter(None, known - {user_id}):
            found = await self._commands.load(USER, other)
            if found.version == 0:
                # It is noted together with the invitation. Releases before this one noted it
                # earlier, and left it where no invitation followed.
                await self._addresses.expect_no_more(other)
            elif (
                isinstance(found.state, Invited | Active | Deactivated)
                and found.state.person.organisation_id == organisation_id
            ):
                return None
        return key

    async def expect_address(
        self, connection: Connection, key: bytes, organisation_id: str, user_id: str
    ) -> bool:
        """Note the address of a new user, in the transaction of the invitation; False when one of
        the organisation was invited with it, also at the same time."""
        return user_id == await self._addresses.expect(connection, key, organisation_id, user_id)
