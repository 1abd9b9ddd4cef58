"""The address somebody signs in with: another one counts once its owner confirms it."""

from typing import Literal

from starlette.requests import Request

from infra.database import Connection
from infra.http.answers import Answer, Answered, Router
from infra.http.clients import client_of
from infra.http.models import Body, Email
from infra.http.request_context import PublicRequest, RequestContext
from services.accounts.adapters.secrets import links, throttle
from services.accounts.adapters.secrets.links import Purpose
from services.accounts.aggregates import USER
from services.accounts.http.access import NO_STORE, Access, OwnContext, PublicContext
from services.accounts.http.fields import Password, Token
from services.accounts.http.problems import AddressTaken
from services.accounts.user import Person
from services.accounts.user.sign_in import ChangeEmail, RequestEmailChange


class EmailBody(Body):
    email: Email
    password: Password
    """The caller's present password."""


class LinkBody(Body):
    token: Token
    """The one in the link of the mail."""


class MailSent(Answer):
    mail: str
    """What was done, in the language of `Accept-Language`."""


class EmailIsChanged(Answer):
    email: Literal["changed"] = "changed"


def routes(access: Access) -> Router:
    router = access.router("E-mail address")

    @router.post("/me/email", status_code=202)
    async def request_email_change(
        body: EmailBody, context: OwnContext, request: Request
    ) -> Answered[MailSent]:
        """Ask for a mail to another address; answered alike whether it is free or not."""
        person = await access.caller(context)
        safe, client = await access.without_secrets(context), client_of(request.scope)
        password = body.password.get_secret_value()
        await access.prove_password(safe, client, person, password, "/password")
        key = await access.secrets.addresses.key(body.email)
        await access.attempt(throttle.RESET, key, client, context.at)
        await send_link(access, safe, person, body.email)
        sent = MailSent(mail=context.says("mail", "to_new_address"))
        return context.in_language(Answered(sent, 202, NO_STORE))

    @router.put("/email")
    async def change_email(body: LinkBody, context: PublicContext) -> Answered[EmailIsChanged]:
        """Confirm a new address with the link of the mail. It counts from now on, and every other
        link is void."""
        await confirm(access, context, body.token)
        return Answered(EmailIsChanged(), headers=NO_STORE)

    return router


async def send_link(access: Access, context: RequestContext, person: Person, email: str) -> None:
    """Send a link to the new address; nothing changes before it is opened."""
    expires_at = context.at + links.LIFETIME
    token = await access.secrets.vault.token("email", str(context.command_context.command_id))

    async def keep(connection: Connection) -> None:
        # One address can be confirmed: the one that was wanted last.
        await links.void(connection, person.user_id, Purpose.EMAIL)
        await links.make(connection, Purpose.EMAIL, token, person.user_id, expires_at)

    command = RequestEmailChange(
        user_id=person.user_id,
        organisation_id=person.organisation_id,
        email=email,
        link=links.address(access.portal, "confirm-address", token),
        expires_at=expires_at,
        at=context.at,
    )
    await context.perform(USER, person.user_id, command, keep)


async def confirm(access: Access, context: PublicRequest, token: str) -> None:
    opened = await access.by_link(context, token, Purpose.EMAIL)
    person, addresses = opened.person, access.secrets.addresses
    wanted = person.credentials.wanted
    key = await addresses.key(wanted.new_email if wanted else person.login)

    former = await addresses.holder(await addresses.key(person.email or ""))
    # Who signs in by phone, or with a password they were given, may have proved no address yet.
    give = addresses.move if former == person.user_id else addresses.prove

    async def keep(connection: Connection) -> None:
        await opened.spend(connection)
        await addresses.drop(connection, person.user_id)
        await links.void(connection, person.user_id)
        if not await give(connection, key, person.user_id):
            raise context.refuse(AddressTaken())

    command = ChangeEmail(
        user_id=person.user_id, organisation_id=person.organisation_id, at=context.at
    )
    await opened.context.perform(USER, person.user_id, command, keep)
