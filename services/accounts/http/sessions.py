"""Sessions: staying signed in, and signing out."""

from typing import Literal

from contracts.accounts.user_v1 import SessionEnd
from infra.database import Connection
from infra.http.answers import Answer, Answered, Router
from infra.http.models import Body, Id
from infra.http.request_context import PublicRequest, RequestContext
from services.accounts.adapters.secrets import sessions
from services.accounts.aggregates import USER
from services.accounts.http.access import (
    NO_STORE,
    Access,
    AdministrationContext,
    OwnContext,
    PublicContext,
)
from services.accounts.http.fields import Token
from services.accounts.http.problems import SessionOver
from services.accounts.http.tokens import Tokens, tokens_of_session
from services.accounts.user import Person
from services.accounts.user.sign_in import EndSessions


class RefreshBody(Body):
    refresh_token: Token


class SignedOut(Answer):
    signed_in: Literal[False] = False


def routes(access: Access) -> Router:
    router = access.router("Sessions")

    @router.post("/refresh")
    async def refresh(body: RefreshBody, context: PublicContext) -> Answered[Tokens]:
        """Get the next pair of tokens for a refresh token.

        A refresh token works once. For half a minute it gives other requests a pair as well, for
        two tabs may refresh at once; used later, it ends the session, because somebody else has it.
        """
        tokens = await refresh_session(access, context, body.refresh_token)
        return Answered(tokens, headers=NO_STORE)

    @router.post("/sign-out")
    async def sign_out(body: RefreshBody, context: PublicContext) -> Answered[SignedOut]:
        """End the session of a refresh token."""
        await end_session(access, context, body.refresh_token)
        return Answered(SignedOut(), headers=NO_STORE)

    @router.delete("/me/sessions")
    async def end_own_sessions(context: OwnContext) -> Answered[SignedOut]:
        """Sign out everywhere."""
        await end(context, await access.caller(context), None, SessionEnd.SIGNED_OUT)
        return Answered(SignedOut(), headers=NO_STORE)

    @router.delete("/users/{user_id}/sessions")
    async def end_sessions(user_id: Id, context: AdministrationContext) -> Answered[SignedOut]:
        """Sign a user out everywhere."""
        await end(context, await access.member(context, user_id), None, SessionEnd.BY_STAFF)
        return Answered(SignedOut(), headers=NO_STORE)

    return router


async def refresh_session(access: Access, context: PublicRequest, token: str) -> Tokens:
    """The next pair of tokens.

    The same request gets the same answer again. Another one with a token that was used a while ago
    ends the session, because one of the two who have it stole it.
    """
    session = await access.secrets.sessions.find(token)
    person = await access.accounts.active(session.user_id) if session else None
    if session is None or person is None or session.is_over(context.at):
        raise context.refuse(SessionOver())
    proven = await access.as_user(context, person)
    request = proven.command_context.command_id
    successor = await access.secrets.sessions.succeed(
        session, token, request, context.at, access.refresh_leeway
    )
    if successor is None:
        await end(proven, person, session.session_id, SessionEnd.TOKEN_REUSED)
        raise context.refuse(SessionOver())
    return await tokens_of_session(access, person, session, successor, context.at)


async def end_session(access: Access, context: PublicRequest, token: str) -> None:
    """End the session of a refresh token, if there is one that has not ended."""
    session = await access.secrets.sessions.find(token)
    account = await access.accounts.find(session.user_id) if session else None
    if session is not None and account is not None and not session.ended:
        proven = await access.as_user(context, account.person)
        await end(proven, account.person, session.session_id, SessionEnd.SIGNED_OUT)


async def end(
    context: RequestContext, person: Person, session_id: str | None, reason: SessionEnd
) -> None:
    """End one session of a user, or all."""

    async def keep(connection: Connection) -> None:
        await sessions.end(connection, person.user_id, context.at, session_id)

    command = EndSessions(
        user_id=person.user_id,
        organisation_id=person.organisation_id,
        session_id=session_id,
        reason=reason,
        at=context.at,
    )
    await context.perform(USER, person.user_id, command, keep)
