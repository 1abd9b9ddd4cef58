"""Signing in, with a password and perhaps a second factor."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from enum import Enum
from typing import Annotated

from pydantic import StringConstraints
from starlette.requests import Request
from starlette.types import Scope

from infra.database import Connection
from infra.http.answers import Answered, Router
from infra.http.auth import Principal
from infra.http.clients import client_of
from infra.http.request_context import PublicRequest
from services.accounts.adapters.secrets import sessions, throttle, totp
from services.accounts.adapters.secrets.sessions import Session
from services.accounts.aggregates import USER
from services.accounts.http.access import NO_STORE, Access, PublicContext
from services.accounts.http.fields import LoginBody, Password
from services.accounts.http.problems import CodeUsed, SecondFactorNeeded, SignInRefused
from services.accounts.http.tokens import Tokens, tokens_of_session
from services.accounts.user import Person
from services.accounts.user.sign_in import RefuseCode, SignIn

SHORT = timedelta(hours=12)
LONG = timedelta(days=60)
"""How long a session lasts, and one that is remembered."""
DOOR = "door:accounts.sign-in"
"""The actor that tells of a wrong code: whoever showed it is not known."""
FactorCode = Annotated[str, StringConstraints(pattern=r"^([0-9]{6}|[A-Z2-7]{5}-[A-Z2-7]{5})$")]


class SignInBody(LoginBody):
    password: Password
    code: FactorCode | None = None
    """The present code of the second factor, where there is one, or a recovery code."""
    remember_me: bool = False
    """Stay signed in for sixty days instead of twelve hours."""


class Proof(Enum):
    """The proof that somebody showed to sign in."""

    PASSWORD = 1
    SECOND_FACTOR = 2
    RECOVERY_CODE = 3


def routes(access: Access) -> Router:
    router = access.router("Sessions")

    @router.post("/sign-in")
    async def sign_in(
        body: SignInBody, context: PublicContext, request: Request
    ) -> Answered[Tokens]:
        """Open a session: an access token of five minutes, and a refresh token for the next one.

        Every wrong sign-in is answered alike, and too many of them have to wait. With a second
        factor its code is needed as well, and each code works once.
        """
        tokens = await signed_in(access, body, context, request.scope)
        return Answered(tokens, headers=NO_STORE)

    return router


async def signed_in(
    access: Access, body: SignInBody, context: PublicRequest, scope: Scope
) -> Tokens:
    """Open the session of whoever proves who they are. Raises the `Problem` of everybody else."""
    key = await access.login_key(body)
    counted = await access.attempt_sign_in(key, client_of(scope), context.at)
    person = await prove(access, context, key, body.password.get_secret_value())
    proof = await prove_second_factor(access, context, person, body.code)
    tokens = await open_session(access, context, person, proof, body)
    await throttle.succeed(access.pool, counted, context.at)
    return tokens


async def prove(access: Access, context: PublicRequest, key: bytes, password: str) -> Person:
    """The active user with that address or phone, and password: an invitation elsewhere keeps
    nobody out. The same work for every wrong one that few were invited with."""
    candidates: Sequence[str | None] = await access.accounts.signing_in(key) or (None,)
    for user_id in candidates:
        right = await access.secrets.passwords.matches(user_id, password)
        person = await access.accounts.active(user_id)
        if right and person is not None:
            return person
    raise context.refuse(SignInRefused())


async def prove_second_factor(
    access: Access, context: PublicRequest, person: Person, code: str | None
) -> Proof:
    if not person.credentials.enrolled:
        return Proof.PASSWORD
    if code is None:
        raise context.refuse(SecondFactorNeeded())
    factors = access.secrets.second_factors
    match await factors.judge(person.user_id, code, context.at):
        case totp.Verdict.RIGHT:
            return Proof.SECOND_FACTOR
        case totp.Verdict.USED:
            # Nobody is told by mail: as a rule it is the owner, in a second place.
            raise context.refuse(CodeUsed())
        case totp.Verdict.WRONG:
            pass
    if await factors.holds(person.user_id, await factors.hashes(person.user_id, [code])):
        return Proof.RECOVERY_CODE
    await tell_of_wrong_code(context, person)
    raise context.refuse(SignInRefused())


async def tell_of_wrong_code(context: PublicRequest, person: Person) -> None:
    """Record that somebody knows the password of a user and not the code: its owner is told."""
    door = context.as_principal(Principal(DOOR, person.organisation_id, frozenset()))
    # Each attempt counts, whatever Idempotency-Key and code it comes with.
    attempt = f"{person.user_id}/{context.at.isoformat()}"
    command = RefuseCode(
        user_id=person.user_id, organisation_id=person.organisation_id, at=context.at
    )
    each = replace(door, idempotency_key=attempt, if_match=None, fingerprint="")
    await each.perform(USER, person.user_id, command)


async def open_session(
    access: Access, context: PublicRequest, person: Person, proof: Proof, body: SignInBody
) -> Tokens:
    proven = await access.as_user(context, person)
    session = Session(
        session_id=str(proven.command_context.command_id),
        user_id=person.user_id,
        second_factor=proof is not Proof.PASSWORD,
        signed_in_at=context.at,
        expires_at=context.at + (LONG if body.remember_me else SHORT),
    )
    token = await access.secrets.sessions.token(session.session_id)
    recovered = proof is Proof.RECOVERY_CODE
    codes = [body.code] if recovered and body.code else []
    spent = await access.secrets.second_factors.hashes(person.user_id, codes)

    async def keep(connection: Connection) -> None:
        if recovered and not await totp.spend(connection, person.user_id, spent):
            raise context.refuse(SignInRefused())
        await sessions.begin(connection, session, token)

    command = SignIn(
        user_id=person.user_id,
        organisation_id=person.organisation_id,
        session_id=session.session_id,
        remembered=body.remember_me,
        with_second_factor=session.second_factor,
        at=context.at,
        with_recovery_code=recovered,
    )
    await proven.perform(USER, person.user_id, command, keep)
    return await tokens_of_session(access, person, session, token, context.at)
