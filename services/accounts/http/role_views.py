"""A look at the platform as somebody with one role at a dealership sees it."""

from typing import Annotated

from contracts.accounts.user_v1 import Role
from infra.http.answers import Answered, Router
from infra.http.models import Body, Id, Named
from infra.http.problems import no_such_dealership
from infra.http.request_context import RequestContext
from services.accounts.adapters.secrets.keys import ACCESS
from services.accounts.aggregates import USER
from services.accounts.http.access import NO_STORE, Access, DealershipManagerContext
from services.accounts.http.dealership_users import require_there
from services.accounts.http.tokens import Tokens, tokens_for
from services.accounts.user import Active, NoSuchUser, Person, User
from services.accounts.user.dealerships import managed
from services.accounts.user.viewing import ViewRole


class RoleViewBody(Body):
    """The role to look as, and where."""

    dealership_id: Id
    role: Annotated[Role, Named()]


def routes(access: Access) -> Router:
    router = access.router("Views of roles")

    @router.post("/role-views")
    async def view_role(body: RoleViewBody, context: DealershipManagerContext) -> Answered[Tokens]:
        """Get an access token with one role at one of one's dealerships: for five minutes one sees
        what that role sees there, and changes nothing. The history of the account tells of it."""
        tokens = await viewed(access, context, body)
        return Answered(tokens, headers=NO_STORE)

    return router


def manages(person: Person, dealership_id: str) -> bool:
    """Whether somebody manages a dealership of their organisation, as is known of them now."""
    return Role.GROUP_MANAGER in person.roles or dealership_id in managed(person.dealerships)


async def viewed(access: Access, context: RequestContext, body: RoleViewBody) -> Tokens:
    """The token; asked for again while it works, one that ends with it."""
    await require_there(context, body.dealership_id)
    who = context.principal

    async def command(now: User) -> ViewRole:
        # The token of somebody who is manager no more may live a few minutes yet.
        if isinstance(now, Active) and not manages(now.person, body.dealership_id):
            raise no_such_dealership()
        return ViewRole(
            user_id=who.subject,
            organisation_id=who.organisation_id,
            dealership_id=body.dealership_id,
            role=body.role,
            until=context.at + ACCESS,
            at=context.at,
        )

    user = (await context.perform(USER, who.subject, command)).state
    if not isinstance(user, Active) or user.person.viewed is None:
        raise context.refuse(NoSuchUser())
    role = body.role.name.lower()
    return await tokens_for(
        access,
        user_id=who.subject,
        organisation_id=who.organisation_id,
        roles=(role,),
        at=context.at,
        lifetime=user.person.viewed.viewed_until - context.at,
        authenticated_at=who.authenticated_at,
        session_id=who.session_id,
        dealerships={role: (body.dealership_id,)},
        reads_only=True,
    )
