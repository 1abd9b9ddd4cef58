"""The users that a caller keeps: administrators all of their organisation, managers those of their
dealerships (FLB-013, G-32)."""

from contracts.accounts.user_v1 import Role
from infra.http.request_context import RequestContext
from services.accounts.http.access import Access, refuse_stranger
from services.accounts.http.problems import BeyondYourDealerships
from services.accounts.user import Account, NoSuchUser
from services.accounts.user.dealerships import OF_DEALERS

ADMINISTRATION = "administration"


def keeps(context: RequestContext, account: Account) -> bool:
    """Whether the caller may close, open and correct the account: all that its user holds is at
    dealerships that the caller manages."""
    person = account.person
    if ADMINISTRATION in context.principal.roles:
        return True
    own = context.dealerships("dealership_manager")
    if Role.GROUP_MANAGER in person.roles and not own.everywhere:
        return False
    return person.roles <= OF_DEALERS and all(
        one.dealership_id in own for one in person.dealerships
    )


def sees(context: RequestContext, account: Account) -> bool:
    """Whether the caller is told of the user: they hold something where the caller manages."""
    if not context.principal.roles.isdisjoint({ADMINISTRATION, "logistics"}):
        return True
    own = context.dealerships("dealership_manager")
    if own.everywhere:
        return not account.person.roles.isdisjoint(OF_DEALERS)
    return any(one.dealership_id in own for one in account.person.dealerships)


def refuse_unseen(context: RequestContext, account: Account) -> None:
    """Answer who is not told of the user that there is none."""
    refuse_stranger(context, account)
    if not sees(context, account):
        raise context.refuse(NoSuchUser())


async def seen(access: Access, context: RequestContext, user_id: str) -> Account:
    """A user whom the caller is told of. Raises 404 for anybody else."""
    account = await access.accounts.find(user_id)
    if account is None:
        raise context.refuse(NoSuchUser())
    refuse_unseen(context, account)
    return account


async def kept(access: Access, context: RequestContext, user_id: str) -> Account:
    """A user whom the caller keeps. Raises 404 for one whom they are not told of, 403 for one who
    holds more than the caller manages."""
    account = await seen(access, context, user_id)
    if not keeps(context, account):
        raise context.refuse(BeyondYourDealerships())
    return account


async def refuse_unkept(access: Access, context: RequestContext, user_id: str) -> None:
    """Refuse a caller who does not keep the user, as `kept` does; who administers the organisation
    is told by the command itself."""
    if ADMINISTRATION not in context.principal.roles:
        await kept(access, context, user_id)
