"""Sessions of browsers: the tokens are in cookies, which no script can read."""

from datetime import datetime

from starlette.requests import Request

from infra.http.answers import Answer, Answered, Router
from infra.http.browsers import ACCESS_COOKIE, REFRESH_COOKIE, refuse_forged
from infra.http.models import Instant
from services.accounts.http.access import NO_STORE, Access, PublicContext
from services.accounts.http.problems import SessionOver
from services.accounts.http.sessions import SignedOut, end_session, refresh_session
from services.accounts.http.sign_in import SHORT, SignInBody, signed_in
from services.accounts.http.tokens import GrantedRole, Tokens


class SignedIn(Answer):
    """Somebody who is signed in by cookies."""

    user_id: str
    organisation_id: str
    roles: list[GrantedRole]
    """Without a second factor, none that needs one."""
    expires_in: int
    """Seconds until the session must be refreshed."""
    session_expires_at: Instant


def routes(access: Access) -> Router:
    router = access.router("Sessions of browsers")

    @router.post("/browser/sign-in")
    async def sign_in_browser(
        body: SignInBody, context: PublicContext, request: Request
    ) -> Answered[SignedIn]:
        """Open a session whose tokens are in cookies; pages of the same site are signed in by them.

        Everything else is as for `/sign-in`. Commands need the header `Relais-CSRF` then.
        """
        return _with_cookies(await signed_in(access, body, context, request.scope), context.at)

    @router.post("/browser/refresh")
    async def refresh_browser(context: PublicContext, request: Request) -> Answered[SignedIn]:
        """Renew the cookies of a session, before or after the access token in them has expired."""
        refuse_forged(request.scope)
        if (token := request.cookies.get(REFRESH_COOKIE)) is None:
            raise context.refuse(SessionOver())
        return _with_cookies(await refresh_session(access, context, token), context.at)

    @router.post("/browser/sign-out")
    async def sign_out_browser(context: PublicContext, request: Request) -> Answered[SignedOut]:
        """End the session of the cookies, and take them away."""
        refuse_forged(request.scope)
        if (token := request.cookies.get(REFRESH_COOKIE)) is not None:
            await end_session(access, context, token)
        answer = Answered(SignedOut(), headers=NO_STORE)
        for name in (ACCESS_COOKIE, REFRESH_COOKIE):
            answer.delete_cookie(name, secure=True, httponly=True, samesite="strict")
        return answer

    return router


def _with_cookies(tokens: Tokens, at: datetime) -> Answered[SignedIn]:
    """The answer without the tokens, which are in its cookies.

    A session of half a day, or the last half day of a long one, ends with the browser.
    """
    assert tokens.refresh_token is not None
    assert tokens.session_expires_at is not None
    left = tokens.session_expires_at - at
    answer = Answered(SignedIn.of(tokens), headers=NO_STORE)
    for name, value, seconds in (
        (ACCESS_COOKIE, tokens.access_token, tokens.expires_in),
        (REFRESH_COOKIE, tokens.refresh_token, int(left.total_seconds()) if left > SHORT else None),
    ):
        answer.set_cookie(name, value, seconds, secure=True, httponly=True, samesite="strict")
    return answer
