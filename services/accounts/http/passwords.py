"""Passwords: set with the link of a mail, or changed with the former one."""

from typing import Literal
from uuid import NAMESPACE_URL, uuid5

from starlette.requests import Request

from contracts.accounts.user_v1 import PasswordMeans
from infra.database import Connection
from infra.http.answers import Answer, Answered, Router
from infra.http.clients import client_of
from infra.http.models import Body
from infra.http.request_context import PublicRequest, RequestContext
from infra.store import InTransaction
from services.accounts.adapters import password_links, secrets
from services.accounts.adapters.common_passwords import common_passwords
from services.accounts.adapters.secrets import passwords, throttle
from services.accounts.adapters.secrets.links import Purpose
from services.accounts.aggregates import USER
from services.accounts.http.access import NO_STORE, Access, ByLink, OwnContext, PublicContext
from services.accounts.http.fields import LoginBody, Password, Token
from services.accounts.http.problems import AddressTaken
from services.accounts.user import Person
from services.accounts.user.password import weakness
from services.accounts.user.sign_in import SetPassword

RESETS = uuid5(NAMESPACE_URL, "relais:accounts:resets")
"""Namespace of the ids of requests for a mail."""


class ResetRequestBody(LoginBody):
    """The user whose password is to be set."""


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
        """Ask for a link to set a password, by mail or as a text message; answered alike for every
        address and number."""
        key = await access.login_key(body)
        await access.attempt(throttle.RESET, key, client_of(request.scope), context.at)
        # Nobody is known here, so two people may have chosen the same Idempotency-Key.
        request_id = uuid5(RESETS, f"{context.idempotency_key}/{key.hex()}")
        by_phone = body.phone is not None
        await password_links.request(
            access.pool, request_id, key, context.correlation_id, context.at, by_phone=by_phone
        )
        said = "if_active_phone" if by_phone else "if_active"
        sent = MailRequested(mail=context.says("mail", said))
        return context.in_language(Answered(sent, 202, NO_STORE))

    @router.put("/password")
    async def reset_password(body: ResetBody, context: PublicContext) -> Answered[PasswordIsSet]:
        """Set a password with the link of a mail or text message. The link works once, and every
        session ends.

        The link proves the address, or the phone: 409 when another account was first to prove it.
        """
        password = body.password.get_secret_value()
        opened = await access.by_link(
            context, body.token, Purpose.PASSWORD, Purpose.PASSWORD_BY_PHONE
        )
        proof = await proof_of(access, opened)
        person, proven = opened.person, opened.context
        await set_password(access, proven, person, password, PasswordMeans.RESET, proof)
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


async def proof_of(access: Access, opened: ByLink) -> InTransaction:
    """Uses a link up, and gives its owner what it proves."""
    person, claims = opened.person, access.secrets.addresses
    text = person.email
    if opened.purpose is Purpose.PASSWORD_BY_PHONE:
        claims, text = access.secrets.phones, person.sign_in_phone
    key = await claims.key(text or "")

    async def prove(connection: Connection) -> None:
        await opened.spend(connection)
        if not await claims.prove(connection, key, person.user_id):
            raise opened.context.refuse(AddressTaken())

    return prove


async def set_password(
    access: Access,
    context: RequestContext,
    person: Person,
    password: str,
    means: PasswordMeans,
    proof: InTransaction | None = None,
) -> None:
    """Replace the password of a user whose right to do so is checked, or is by `proof`."""
    await refuse_weak(context, password, person.login, person.name)
    hashed = await access.secrets.passwords.hash(password)

    async def keep(connection: Connection) -> None:
        if proof is not None:
            await proof(connection)
        await secrets.end_all(connection, person.user_id, context.at)
        await passwords.keep(connection, person.user_id, hashed)

    command = SetPassword(
        user_id=person.user_id,
        organisation_id=person.organisation_id,
        means=means,
        at=context.at,
    )
    await context.perform(USER, person.user_id, command, keep)


async def refuse_weak(context: PublicRequest, password: str, *known: str) -> None:
    """Refuse a password that is too weak for somebody of whom these texts are known."""
    if weak := weakness(password, *known, common=await common_passwords()):
        raise context.refuse(weak)
