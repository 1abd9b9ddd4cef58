"""An invitation beside its event: the address is taken, and an administrator is counted."""

from collections.abc import Callable

from contracts.accounts.user_v1 import Role
from infra.commands import InTransaction
from infra.database import Connection
from services.accounts.adapters.accounts import Accounts
from services.accounts.adapters.administrators import Administrators
from services.accounts.user import InviteUser


async def noting(
    accounts: Accounts,
    administrators: Administrators,
    command: InviteUser,
    taken: Callable[[], Exception],
) -> InTransaction:
    """A note of the address of a new user, for the transaction of the invitation.

    Raises what `taken` makes when another user of the organisation has the address; so does the
    note, when somebody is invited with it at the same time. Safe to repeat.
    """
    organisation_id, user_id = command.organisation_id, command.user_id
    key = await accounts.free_address(command.email, organisation_id, user_id)
    if key is None:
        raise taken()
    if Role.ADMINISTRATION in command.roles:
        await administrators.add(organisation_id, user_id)

    async def note(connection: Connection) -> None:
        if not await accounts.expect_address(connection, key, organisation_id, user_id):
            raise taken()

    return note
