"""The users of dealerships, as their managers keep them: added, corrected, given roles there."""

from collections.abc import Collection
from typing import Annotated

from pydantic import Field

from contracts.accounts.organisation_v1 import OrganisationKind
from contracts.accounts.user_v1 import Role, RolesAtDealership
from infra.database import Connection
from infra.http import readable_ids
from infra.http.answers import Answered, Recorded, Router
from infra.http.models import Body, Email, Id, Language, Line, Named, Phone, Reference
from infra.http.problems import no_such_dealership
from infra.http.request_context import RequestContext
from infra.lookups import dealerships
from infra.store import InTransaction
from services.accounts.adapters import inviting, secrets
from services.accounts.adapters.administrators import KEEPERS
from services.accounts.adapters.inviting import Login
from services.accounts.aggregates import USER
from services.accounts.http.access import (
    Access,
    AdministrationContext,
    DealershipManagerContext,
)
from services.accounts.http.managing import kept, seen
from services.accounts.http.problems import EmailTaken, NotOfDealers
from services.accounts.user import Account, Active, NoSuchUser, after
from services.accounts.user.dealerships import (
    MOST_DEALERSHIPS,
    WITHOUT_PASSWORD,
    AddDealershipUser,
    ChangeDetails,
    ChangeGroupManager,
    ChangeRolesAtDealership,
    RolesCommand,
    roles_of,
)

DEALERS = frozenset({OrganisationKind.DEALERSHIP, OrganisationKind.DEALER_GROUP})
DealershipRole = Annotated[Role, Named()]


class RolesAtDealershipBody(Body):
    """The roles of somebody at one dealership."""

    dealership_id: Id
    roles: Annotated[tuple[DealershipRole, ...], Field(min_length=1, max_length=6, strict=False)]


class DealershipUserBody(Body):
    """Somebody who works for a dealership."""

    reference: Reference | None = None
    """The organisation's own name for one user only: the same again is a repetition."""
    last_name: Line
    first_name: Line
    email: Email | None = None
    """Needed unless all their roles are technician and auditor, who do not sign in."""
    phone: Phone | None = None
    language: Language = "fr"
    dealerships: Annotated[
        tuple[RolesAtDealershipBody, ...],
        Field(min_length=1, max_length=MOST_DEALERSHIPS, strict=False),
    ]


class DetailsBody(Body):
    """All that is known of a user: what is left out is not known any more."""

    last_name: Line
    first_name: Line
    email: Email | None = None
    phone: Phone | None = None


class RolesThereBody(Body):
    roles: Annotated[tuple[DealershipRole, ...], Field(max_length=6, strict=False)]
    """None of them to take away what the user has there."""


def routes(access: Access) -> Router:
    router = access.router("Users")

    @router.post("/dealership-users", status_code=201)
    async def add_dealership_user(
        body: DealershipUserBody, context: DealershipManagerContext
    ) -> Answered[Recorded]:
        """Add somebody to one's dealerships. Who signs in is told by mail, and sets a password;
        technicians and auditors may be named at once, and have none."""
        for number, one in enumerate(body.dealerships):
            field = f"dealerships/{number}/dealership_id"
            await dealerships.require(context, field, one.dealership_id)
            context.require_dealership(one.dealership_id, "dealership_manager")
        user_id = context.new_id(readable_ids.USER, body.reference)
        command = AddDealershipUser(
            user_id=user_id,
            organisation_id=context.principal.organisation_id,
            reference=body.reference,
            email=body.email,
            name=f"{body.first_name} {body.last_name}",
            language=body.language,
            phone=None if body.phone is None else context.phone("phone", body.phone),
            dealerships=tuple(
                RolesAtDealership(dealership_id=one.dealership_id, roles=one.roles)
                for one in body.dealerships
            ),
            by=context.principal.subject,
            at=context.occurred_at,
        )
        note = await noting(access, context, user_id, body.email, roles_of(command.dealerships))
        created = f"/accounts/users/{user_id}"
        return await context.handle(USER, user_id, command, created=created, in_transaction=note)

    @router.put("/users/{user_id}/details")
    async def change_details(
        user_id: Id, body: DetailsBody, context: DealershipManagerContext
    ) -> Answered[Recorded]:
        """Correct what is known of a user of one's dealerships. An address that its owner
        has proved is changed by them alone."""
        person = (await kept(access, context, user_id)).person
        command = ChangeDetails(
            user_id=user_id,
            organisation_id=context.principal.organisation_id,
            name=f"{body.first_name} {body.last_name}",
            email=body.email,
            phone=None if body.phone is None else context.phone("phone", body.phone),
            by=context.principal.subject,
            at=context.occurred_at,
        )
        is_new = body.email != person.email
        note = await noting(access, context, user_id, body.email if is_new else None)
        return await context.handle(USER, user_id, command, in_transaction=note)

    @router.put("/users/{user_id}/dealerships/{dealership_id}/roles")
    async def change_roles_there(
        user_id: Id,
        dealership_id: Id,
        body: RolesThereBody,
        context: DealershipManagerContext,
    ) -> Answered[Recorded]:
        """Give a user other roles at one dealership, or none. They count from the user's next
        access token on; who has only technician and auditor left has no password any more."""
        await require_there(context, dealership_id)
        organisation_id = context.principal.organisation_id
        async with access.administrators.one_at_a_time(organisation_id):
            account = await seen(access, context, user_id)
            command = ChangeRolesAtDealership(
                user_id=user_id,
                organisation_id=organisation_id,
                dealership_id=dealership_id,
                roles=body.roles,
                by=context.principal.subject,
                other_managers=await access.administrators.other_managers(organisation_id, user_id),
                at=context.occurred_at,
            )
            return await change(access, context, account, command)

    @router.put("/users/{user_id}/group-manager")
    async def appoint_group_manager(
        user_id: Id, context: AdministrationContext
    ) -> Answered[Recorded]:
        """Give a user of dealers the rights of a manager at each of their dealerships; for the
        platform's operator."""
        return await settle_group(access, context, user_id, manages=True)

    @router.delete("/users/{user_id}/group-manager")
    async def dismiss_group_manager(
        user_id: Id, context: AdministrationContext
    ) -> Answered[Recorded]:
        """Take these rights back; for the platform's operator."""
        return await settle_group(access, context, user_id, manages=False)

    return router


async def require_there(context: RequestContext, dealership_id: str) -> None:
    """Refuse who is no manager of the dealership, and a group manager of another organisation's.
    Raises 404."""
    context.require_dealership(dealership_id, "dealership_manager")
    found = await context.lookup(dealerships.lookup, dealership_id)
    if found is None or found.organisation_id != context.principal.organisation_id:
        raise no_such_dealership()


async def noting(
    access: Access,
    context: RequestContext,
    user_id: str,
    email: str | None,
    roles: Collection[Role] = (),
) -> InTransaction:
    """A note of the address, for the transaction of the command. Raises 409 when it is taken."""
    addresses = access.secrets.addresses
    login = Login(addresses, email, lambda: context.refuse(EmailTaken())) if email else None
    return await inviting.noting(
        access.accounts,
        access.administrators,
        context.principal.organisation_id,
        user_id,
        roles,
        (login,) if login else (),
    )


async def change(
    access: Access, context: RequestContext, account: Account, command: RolesCommand
) -> Answered[Recorded]:
    """Carry out a change of roles, while nobody else decides who remains a manager. Credentials go
    with the last role that signs in."""
    organisation_id, user_id = command.organisation_id, command.user_id
    _, roles = after(command, account.person)
    if not roles.isdisjoint(KEEPERS):
        await access.administrators.add(organisation_id, user_id)

    async def end(connection: Connection) -> None:
        await secrets.end_sign_in(connection, user_id, context.at)

    ends = isinstance(account, Active) and roles <= WITHOUT_PASSWORD
    return await context.handle(USER, user_id, command, in_transaction=end if ends else None)


async def settle_group(
    access: Access, context: RequestContext, user_id: str, *, manages: bool
) -> Answered[Recorded]:
    """Raises 404 for everybody but the platform's operator."""
    own = await access.organisation(context.principal.organisation_id)
    if own is None or own.registration.kind is not OrganisationKind.MARKETPLACE_OPERATOR:
        raise context.refuse(NoSuchUser())
    account = await access.accounts.find(user_id)
    if account is None:
        raise context.refuse(NoSuchUser())
    organisation_id = account.person.organisation_id
    theirs = await access.organisation(organisation_id)
    if theirs is None or theirs.registration.kind not in DEALERS:
        raise context.refuse(NotOfDealers())
    async with access.administrators.one_at_a_time(organisation_id):
        command = ChangeGroupManager(
            user_id=user_id,
            organisation_id=organisation_id,
            manages=manages,
            by=context.principal.subject,
            other_managers=await access.administrators.other_managers(organisation_id, user_id),
            at=context.at,
        )
        current = await access.accounts.find(user_id) or account
        return await change(access, context, current, command)
