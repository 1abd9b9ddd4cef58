"""The browser that a page is open in, told from others: a link that was forwarded only reads."""

import re
from hashlib import sha256
from secrets import token_urlsafe

from starlette.requests import Request
from starlette.responses import Response

COOKIE = "__Host-relais-page"
_KEPT_SECONDS = 400 * 24 * 3_600
"""No browser keeps a cookie for longer."""
_SECRET = re.compile(r"[A-Za-z0-9_-]{22,64}")
DIGITS = 32


def browser_of(request: Request, thing_id: str, link_id: str) -> str | None:
    """The digest of the browser for one link of one thing, so that two links of one browser tell
    nobody that it is the same; None for one that keeps nothing, or a program."""
    if (secret := _secret_of(request)) is None:
        return None
    return sha256(f"{thing_id}/{link_id}/{secret}".encode()).hexdigest()[:DIGITS]


def remember(request: Request, response: Response) -> None:
    """Let the browser be told from others from its first page on. It proves nothing by itself: the
    link lets in, and no page of another site makes the browser send it."""
    if _secret_of(request) is not None:
        return
    secret = token_urlsafe(24)
    response.set_cookie(
        COOKIE,
        secret,
        max_age=_KEPT_SECONDS,
        path="/",
        secure=True,
        httponly=True,
        samesite="lax",
    )


def _secret_of(request: Request) -> str | None:
    """The secret that the browser keeps; None for one that keeps nothing that we gave it."""
    secret = request.cookies.get(COOKIE, "")
    return secret if _SECRET.fullmatch(secret) else None
