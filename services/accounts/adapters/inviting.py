"""A new user beside the events: address and phone are noted, and an administrator is counted."""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass

from contracts.accounts.user_v1 import Role
from infra.database import Connection
from infra.store import InTransaction
from services.accounts.adapters.accounts import Accounts
from services.accounts.adapters.administrators import KEEPERS, Administrators
from services.accounts.adapters.secrets.claims import Claims


@dataclass(frozen=True, slots=True)
class Login:
    """A text that a new user is to sign in with, and what is raised when somebody has it."""

    claims: Claims
    text: str
    taken: Callable[[], Exception]


async def noting(
    accounts: Accounts,
    administrators: Administrators,
    organisation_id: str,
    user_id: str,
    roles: Collection[Role],
    logins: Iterable[Login],
) -> InTransaction:
    """A note of what a new user signs in with, for the transaction of the invitation.

    Raises what `taken` makes when another user of the organisation has the text; so does the
    note, when somebody is invited with it at the same time. Safe to repeat.
    """
    keys = []
    for login in logins:
        key = await accounts.free(login.claims, login.text, organisation_id, user_id)
        if key is None:
            raise login.taken()
        keys.append((login, key))
    if not KEEPERS.isdisjoint(roles):
        await administrators.add(organisation_id, user_id)

    async def note(connection: Connection) -> None:
        for login, key in keys:
            expected = await login.claims.expect(connection, key, organisation_id, user_id)
            if expected != user_id:
                raise login.taken()

    return note
