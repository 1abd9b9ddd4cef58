"""Passwords: set with the link of a mail, or changed with the former one."""

from typing import Literal
from uuid import NAMESPACE_URL, uuid5

from starlette.requests import Request

from contracts.accounts.user_v1 import PasswordMeans
from infra.commands import InTransaction
from infra.database import Connection
from infra.http.answers import Answer, Answered, Router
from infra.http.clients import client_of
from infra.http.models import Body, Email
from infra.http.request_context import RequestContext
from services.accounts.adapters import password_links, secrets
from services.accounts.adapters.common_passwords import common_passwords
from services.accounts.adapters.secrets import passwords, throttle
from services.accounts.adapters.secrets.links import Purpose
from services.accounts.aggregates import USER
from services.accounts.http.access import NO_STORE, Access, OwnContext, PublicContext
from services.accounts.http.fields import Password, Token
from services.accounts.http.problems import AddressTaken
from services.accounts.user import Person
from services.accounts.user.password import weakness
from services.accounts.user.sign_in import SetPassword

RESETS = uuid5(NAMESPACE_URL, "relais:accounts:resets")
"""Namespace of the ids of requests for a mail."""


class ResetRequestBody(Body):
    email: Email


class ResetBody(Body):
    token: Token
    """The one in the link of the mail."""
    password: Password


class PasswordBody(Body):
    former: Password
    password: Password


class MailRequested(Answer):
    mail: str
    """What was done, in the language of `Accept-Language`."""


class PasswordIsSet(Answer):
    password: Literal["set"] = "set"


def routes(access: Access) -> Router:
    router = access.router("Passwords")

    @router.post("/password-resets", status_code=202)
    async def request_reset(
        body: ResetRequestBody, context: PublicContext, request: Request
    ) -> Answered[MailRequested]:
        """Ask for a mail with a link to set a password; answered alike for every address."""
        key = await access.secrets.addresses.key(body.email)
        await access.attempt(throttle.RESET, key, client_of(request.scope), context.at)
        # Nobody is known here, so two people may have chosen the same Idempotency-Key.
        request_id = uuid5(RESETS, f"{context.idempotency_key}/{key.hex()}")
        await password_links.request(
            access.pool, request_id, key, context.correlation_id, context.at
        )
        sent = MailRequested(mail=context.says("mail", "if_active"))
        return context.in_language(Answered(sent, 202, NO_STORE))

    @router.put("/password")
    async def reset_password(body: ResetBody, context: PublicContext) -> Answered[PasswordIsSet]:
        """Set a password with the link of a mail. The link works once, and every session ends.

        The link proves the address: 409 when another account was first to prove it.
        """
        person, proven, spend = await access.by_link(context, Purpose.PASSWORD, body.token)
        password = body.password.get_secret_value()
        await set_password(access, proven, person, password, PasswordMeans.RESET, spend)
        return Answered(PasswordIsSet(), headers=NO_STORE)

    @router.put("/me/password")
    async def change_password(
        body: PasswordBody, context: OwnContext, request: Request
    ) -> Answered[PasswordIsSet]:
        """Set another password with the former one. Every session ends, this one too."""
        person = await access.caller(context)
        safe = await access.without_secrets(context)
        former, password = body.former.get_secret_value(), body.password.get_secret_value()
        await access.prove_password(safe, client_of(request.scope), person, former, "/former")
        await set_password(access, safe, person, password, PasswordMeans.CHANGE)
        return Answered(PasswordIsSet(), headers=NO_STORE)

    return router


async def set_password(
    access: Access,
    context: RequestContext,
    person: Person,
    password: str,
    means: PasswordMeans,
    proof: InTransaction | None = None,
) -> None:
    """Replace the password of a user whose right to do so is checked, or is by `proof`."""
    common = await common_passwords()
    if weak := weakness(password, person.email, person.name, common=common):
        raise context.refuse(weak)
    hashed = await access.secrets.passwords.hash(password)
    key = await access.secrets.addresses.key(person.email)

    async def keep(connection: Connection) -> None:
        if proof is not None:
            await proof(connection)
        if not await access.secrets.addresses.prove(connection, key, person.user_id):
            raise context.refuse(AddressTaken())
        await secrets.end_all(connection, person.user_id, context.at)
        await passwords.keep(connection, person.user_id, hashed)

    command = SetPassword(
        user_id=person.user_id,
        organisation_id=person.organisation_id,
        means=means,
        at=context.at,
    )
    await context.perform(USER, person.user_id, command, keep)
