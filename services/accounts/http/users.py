"""The users of an organisation: invited, activated, given roles, closed."""

from typing import Annotated

from fastapi import Query
from pydantic import Field

from contracts.accounts.user_v1 import Role
from contracts.media.file_v1 import Purpose
from infra.database import Connection
from infra.http import readable_ids
from infra.http.answers import Answered, Listed, Recorded, Router
from infra.http.history import HistoryPart
from infra.http.models import Body, Day, Email, Id, Language, Line, Named, Phone, Reference
from infra.http.request_context import RequestContext
from infra.lookups import files
from services.accounts.adapters import inviting, secrets
from services.accounts.adapters.inviting import Login
from services.accounts.aggregates import USER
from services.accounts.http.access import (
    Access,
    AdministrationContext,
    KeeperContext,
    StaffContext,
    refuse_stranger,
)
from services.accounts.http.managing import refuse_unkept, refuse_unseen, sees
from services.accounts.http.problems import EmailTaken
from services.accounts.http.user_answers import (
    ForgottenUserShown,
    UserHistory,
    UserShown,
    user_shown,
)
from services.accounts.user import (
    ActivateUser,
    ChangeRoles,
    DeactivateUser,
    Forgotten,
    InviteUser,
    NoSuchUser,
    Unknown,
    organisation_of,
)
from services.accounts.user.agreement import RecordAgreement

Roles = Annotated[
    tuple[Annotated[Role, Named()], ...], Field(min_length=1, max_length=len(Role), strict=False)
]


class UserBody(Body):
    """Somebody to invite."""

    reference: Reference | None = None
    """The organisation's own name for one user only: the same again is a repetition."""
    email: Email
    name: Line
    language: Language = "fr"
    roles: Roles
    phone: Phone | None = None


class AgreementBody(Body):
    signed_on: Day
    file_id: Id | None = None
    """The scanned agreement, where there is one: a file of one's own for `paper` or `other`."""


class RolesBody(Body):
    roles: Roles


def routes(access: Access) -> Router:
    router = access.router("Users")

    @router.post("/users", status_code=201)
    async def invite_user(body: UserBody, context: AdministrationContext) -> Answered[Recorded]:
        """Invite somebody to one's organisation. They have no credentials before the account is
        activated."""
        await access.refuse_roles(context, body.roles)
        user_id = context.new_id(readable_ids.USER, body.reference)
        command = InviteUser(
            user_id=user_id,
            organisation_id=context.principal.organisation_id,
            reference=body.reference,
            email=body.email,
            name=body.name,
            language=body.language,
            roles=body.roles,
            phone=None if body.phone is None else context.phone("phone", body.phone),
            by=context.principal.subject,
            at=context.occurred_at,
        )
        login = Login(access.secrets.addresses, body.email, lambda: context.refuse(EmailTaken()))
        note = await inviting.noting(
            access.accounts,
            access.administrators,
            command.organisation_id,
            user_id,
            body.roles,
            (login,),
        )
        created = f"/accounts/users/{user_id}"
        return await context.handle(USER, user_id, command, created=created, in_transaction=note)

    @router.get("/users")
    async def find_user(
        context: StaffContext,
        reference: Annotated[
            Reference, Query(description="The organisation's own name of a user.")
        ],
    ) -> Answered[Listed[UserShown]]:
        """The user whom the organisation calls by a reference, never stale; at most one."""
        organisation_id = context.principal.organisation_id
        user_id = readable_ids.referenced_id(readable_ids.USER, organisation_id, reference)
        account = await access.accounts.find(user_id)
        if (
            account is None
            or organisation_of(account) != organisation_id
            or not sees(context, account)
        ):
            return Answered(Listed[UserShown](items=[], next=None))
        return Answered(Listed[UserShown](items=[user_shown(account)], next=None))

    @router.get("/users/{user_id}")
    async def show_user(
        user_id: Id, context: StaffContext
    ) -> Answered[UserShown | ForgottenUserShown]:
        """A user of one's organisation as of now."""
        found = await context.load(USER, user_id)
        if isinstance(found.state, Unknown):
            raise context.refuse(NoSuchUser())
        refuse_stranger(context, found.state)
        if isinstance(found.state, Forgotten):
            return context.show(ForgottenUserShown(), found)
        refuse_unseen(context, found.state)
        return context.show(user_shown(found.state), found)

    @router.get("/users/{user_id}/history")
    async def user_history(
        user_id: Id, context: KeeperContext, part: HistoryPart
    ) -> Answered[UserHistory]:
        """Every fact about a user, oldest first: who did what, and when."""
        await show_user(user_id, context)
        return await context.history(USER, user_id, UserHistory, part)

    @router.put("/users/{user_id}/agreement")
    async def record_agreement(
        user_id: Id, body: AgreementBody, context: AdministrationContext
    ) -> Answered[Recorded]:
        """Record that the signed service agreement was received. Drivers need it."""
        if body.file_id is not None:
            purposes = {Purpose.PAPER, Purpose.OTHER}
            await files.require(context, "file_id", body.file_id, purposes)
        command = RecordAgreement(
            user_id=user_id,
            organisation_id=context.principal.organisation_id,
            file_id=body.file_id,
            signed_on=body.signed_on,
            today=context.today,
            at=context.occurred_at,
        )
        return await context.handle(USER, user_id, command)

    @router.put("/users/{user_id}/activation")
    async def activate_user(user_id: Id, context: KeeperContext) -> Answered[Recorded]:
        """Open an account. Its owner is told by mail at once, and sets a password; who does not
        sign in may be named again."""
        await refuse_unkept(access, context, user_id)
        command = ActivateUser(
            user_id=user_id,
            organisation_id=context.principal.organisation_id,
            at=context.occurred_at,
        )
        return await context.handle(USER, user_id, command)

    @router.delete("/users/{user_id}/activation")
    async def deactivate_user(user_id: Id, context: KeeperContext) -> Answered[Recorded]:
        """Close an account. All its sessions end with it; it may be opened again."""
        await refuse_unkept(access, context, user_id)
        return await deactivate(access, context, user_id)

    @router.put("/users/{user_id}/roles")
    async def change_roles(
        user_id: Id, body: RolesBody, context: AdministrationContext
    ) -> Answered[Recorded]:
        """Give a user other roles. They count from the user's next access token on."""
        await access.refuse_roles(context, body.roles)
        return await give_roles(access, context, user_id, body.roles)

    return router


async def deactivate(access: Access, context: RequestContext, user_id: str) -> Answered[Recorded]:
    organisation_id = context.principal.organisation_id

    async def end(connection: Connection) -> None:
        await secrets.end_all(connection, user_id, context.at)

    async with access.administrators.one_at_a_time(organisation_id):
        command = DeactivateUser(
            user_id=user_id,
            organisation_id=organisation_id,
            by=context.principal.subject,
            other_administrators=await access.administrators.others(organisation_id, user_id),
            at=context.occurred_at,
            other_managers=await access.administrators.other_managers(organisation_id, user_id),
        )
        return await context.handle(USER, user_id, command, in_transaction=end)


async def give_roles(
    access: Access, context: RequestContext, user_id: str, roles: tuple[Role, ...]
) -> Answered[Recorded]:
    organisation_id = context.principal.organisation_id
    async with access.administrators.one_at_a_time(organisation_id):
        if Role.ADMINISTRATION in roles:
            await access.administrators.add(organisation_id, user_id)
        command = ChangeRoles(
            user_id=user_id,
            organisation_id=organisation_id,
            roles=roles,
            by=context.principal.subject,
            other_administrators=await access.administrators.others(organisation_id, user_id),
            at=context.occurred_at,
        )
        return await context.handle(USER, user_id, command)
