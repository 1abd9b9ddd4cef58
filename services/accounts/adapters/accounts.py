"""The accounts of users as their events tell, and the address and phone that each of them has."""

from infra.commands import Commands
from services.accounts.adapters.secrets import Secrets
from services.accounts.adapters.secrets.claims import Claims
from services.accounts.aggregates import USER
from services.accounts.user import Account, Active, Deactivated, Invited, Listed, Person


class Accounts:
    """The accounts there are. An address, or a phone that signs in, is one user's: of those invited
    with it, whoever is first to prove that it is theirs."""

    def __init__(self, commands: Commands, secrets: Secrets) -> None:
        self._commands = commands
        # Where it is looked up, a key tells of what kind its text is.
        self._known = secrets.addresses

    async def find(self, user_id: str) -> Account | None:
        """The account of a user as of now; None when there is none, or it was forgotten."""
        state = (await self._commands.load(USER, user_id)).state
        return state if isinstance(state, Invited | Listed | Active | Deactivated) else None

    async def active(self, user_id: str | None) -> Person | None:
        """A user who may sign in; None for everybody else."""
        account = await self.find(user_id) if user_id else None
        return account.person if isinstance(account, Active) else None

    async def with_address(self, key: bytes) -> list[Person]:
        """The active users who may have proved an address or phone, or may prove it now: who has
        it, else all who were invited with it."""
        found = [await self.active(user_id) for user_id in await self.signing_in(key)]
        return [person for person in found if person is not None]

    async def signing_in(self, key: bytes) -> list[str]:
        """The users who may sign in with an address or phone: who has it, else all who were invited
        with it, by their ids. Administrators may have set passwords for these."""
        holder = await self._known.holder(key)
        return [holder] if holder else await self._known.expected(key)

    async def free(
        self, claims: Claims, text: str, organisation_id: str, user_id: str
    ) -> bytes | None:
        """The key of an address or phone; None when another user of the organisation has it. What
        other organisations know of it changes nothing."""
        key = await claims.key(text)
        known = {await claims.holder(key), *await claims.expected(key)}
        for other in filter(None, known - {user_id}):
            found = await self._commands.load(USER, other)
            if found.version == 0:
                # It is noted together with the invitation. Releases before this one noted it
                # earlier, and left it where no invitation followed.
                await claims.expect_no_more(other)
            elif (
                isinstance(found.state, Invited | Listed | Active | Deactivated)
                and found.state.person.organisation_id == organisation_id
            ):
                return None
        return key
