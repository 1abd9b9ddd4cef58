"""Pages in browsers: which of them may use the APIs, and the cookies that say who asks."""

from collections.abc import Iterable, Sequence

from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp, Scope

from infra.http.problems import FieldError, Problem

SAFE_METHODS = frozenset({"GET", "HEAD"})
ACCESS_COOKIE = "__Host-relais-access"
REFRESH_COOKIE = "__Host-relais-refresh"
CSRF_HEADER = "Relais-CSRF"
"""No form and no picture can send it, and no page of an origin that is not allowed."""
METHODS = ("GET", "HEAD", "POST", "PUT", "DELETE")
TAKEN = (
    *("Authorization", "Content-Type", "Idempotency-Key", "If-Match", "If-None-Match", "If-Range"),
    *("Last-Event-ID", "Range", "Relais-Correlation-Id", "Relais-Min-Position"),
    *("Relais-Occurred-At", CSRF_HEADER, "Repr-Digest", "Upload-Length", "Upload-Offset"),
)
"""The headers that our routes take."""
SHOWN = (
    *("Content-Disposition", "Content-Range", "ETag", "Link", "Location", "Relais-Correlation-Id"),
    *("Relais-Position", "Retry-After", "Upload-Length", "Upload-Offset", "WWW-Authenticate"),
)
"""The headers of answers that a page may read."""
KEPT_SECONDS = 7_200
"""How long a browser need not ask again whether it may; none keeps it longer."""


def shared_with(app: ASGIApp, origins: Sequence[str]) -> ASGIApp:
    """The app, whose answers pages of these origins may read (CORS), with cookies or a token."""
    if not origins:
        return app
    return CORSMiddleware(
        app,
        allow_origins=origins,
        allow_methods=METHODS,
        allow_headers=TAKEN,
        allow_credentials=True,
        expose_headers=SHOWN,
        max_age=KEPT_SECONDS,
    )


def authorization(scope: Scope) -> bytes | None:
    """The `Authorization` of a request; without one, that of the access token in its cookie.

    Raises a 403 `Problem` for a command with the cookie and without `Relais-CSRF`.
    """
    header, by_cookie = given(scope)
    if by_cookie and scope["method"] not in SAFE_METHODS:
        refuse_forged(scope)
    return header


def given(scope: Scope) -> tuple[bytes | None, bool]:
    """The same for whoever asks, and whether it is that of the cookie: another site may have made
    the request, so nothing is done on its word."""
    headers: Iterable[tuple[bytes, bytes]] = scope["headers"]
    token = None
    for name, value in headers:
        if name == b"authorization":
            return value, False
        if name == b"cookie" and token is None:
            token = _cookie(value)
    return (None, False) if token is None else (b"Bearer " + token, True)


def refuse_forged(scope: Scope) -> None:
    """Raises a 403 `Problem` for a request without `Relais-CSRF`: another site may have made it."""
    if not any(name == _CSRF_HEADER for name, _ in scope["headers"]):
        error = FieldError(f"header:{CSRF_HEADER}", "missing")
        raise Problem(403, "no-csrf-header", facts={"header": CSRF_HEADER}, errors=[error])


def _cookie(header: bytes) -> bytes | None:
    for part in header.split(b";"):
        name, _, value = part.strip().partition(b"=")
        if name == _ACCESS_COOKIE:
            return value
    return None


_ACCESS_COOKIE = ACCESS_COOKIE.encode()
_CSRF_HEADER = CSRF_HEADER.lower().encode()
