"""The users of a depot: added by its administrator with all that the depot knows of them."""

from typing import Annotated

from pydantic import Field

from contracts.accounts.user_v1 import Role
from infra.database import Connection
from infra.http import readable_ids
from infra.http.answers import Answered, Recorded, Router
from infra.http.models import Body, Email, Language, Line, Named, Phone, Reference
from services.accounts.adapters import inviting
from services.accounts.adapters.inviting import Login
from services.accounts.adapters.secrets import passwords
from services.accounts.aggregates import USER
from services.accounts.http.access import Access, AdministrationContext
from services.accounts.http.fields import Password
from services.accounts.http.passwords import refuse_weak
from services.accounts.http.problems import EmailTaken, PhoneTaken
from services.accounts.user.registration import AdmitUser


class DepotUserBody(Body):
    """Somebody who works for the depot."""

    reference: Reference | None = None
    """The depot's own name for one user only: the same again is a repetition."""
    last_name: Line
    first_name: Line
    email: Email
    phone: Phone
    """The user signs in with the address or with the phone."""
    password: Password
    """To begin with; a mail or a text message sets another one."""
    roles: Annotated[
        tuple[Annotated[Role, Named()], ...], Field(min_length=1, max_length=4, strict=False)
    ]
    """One of a depot: administration, operator, depot_agent, courier."""
    language: Language = "fr"


def routes(access: Access) -> Router:
    router = access.router("Users")

    @router.post("/depot-users", status_code=201)
    async def add_depot_user(
        body: DepotUserBody, context: AdministrationContext
    ) -> Answered[Recorded]:
        """Add somebody to one's depot, who may sign in at once."""
        await access.refuse_roles(context, body.roles)
        organisation_id = context.principal.organisation_id
        safe = await access.without_secrets(context)
        user_id = safe.new_id(readable_ids.USER, body.reference)
        name, password = f"{body.first_name} {body.last_name}", body.password.get_secret_value()
        phone = context.phone("phone", body.phone)
        await refuse_weak(context, password, name, body.email, phone)
        hashed = await access.secrets.passwords.hash(password)
        secrets = access.secrets
        note = await inviting.noting(
            access.accounts,
            access.administrators,
            organisation_id,
            user_id,
            body.roles,
            (
                Login(secrets.addresses, body.email, lambda: context.refuse(EmailTaken())),
                Login(secrets.phones, phone, lambda: context.refuse(PhoneTaken())),
            ),
        )

        async def keep(connection: Connection) -> None:
            await note(connection)
            await passwords.keep(connection, user_id, hashed)

        command = AdmitUser(
            user_id=user_id,
            organisation_id=organisation_id,
            reference=body.reference,
            email=body.email,
            name=name,
            language=body.language,
            roles=body.roles,
            phone=phone,
            by=context.principal.subject,
            at=context.at,
        )
        created = f"/accounts/users/{user_id}"
        return await safe.handle(USER, user_id, command, created=created, in_transaction=keep)

    return router
