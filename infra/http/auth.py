"""Authentication: access tokens (JWT, EdDSA) are checked offline with published keys."""

import asyncio
import json
import logging
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from time import monotonic, time
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import httpx
import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from infra.http.problems import Problem

log = logging.getLogger("relais.http")

PARIS = ZoneInfo("Europe/Paris")
"""Where days are days for whom nothing else is said."""
FRANCE = "FR"
"""Where a phone number is dialled for whom nothing else is said."""

REFRESH_SECONDS = 10.0
"""How often, at most, an unknown key makes us read the published keys again."""
FETCH_SECONDS = 2.0
FAILED_SECONDS = 1.0
"""How soon keys are asked for again after they could not be read."""
CACHED_TOKENS = 10_000
MAX_TOKEN_BYTES = 4096

_COUNTRY = re.compile(r"[A-Z]{2}")
# Neither "/" nor a line break: these names are joined to make other names.
_NAME = re.compile(r"[A-Za-z0-9._~:@-]{1,128}")
_CHALLENGE = 'Bearer realm="relais"'


@dataclass(frozen=True, slots=True)
class Principal:
    """Somebody, for one organisation. `subject` of a driver is the driver's id.

    `authenticated_at` is when they last showed a secret, in seconds since 1970; `session_id` is the
    session that began then. None: not told.
    `zone` is where the organisation's days are days (G-03), `country` where its phone numbers
    without a country code are dialled, by ISO 3166.
    """

    subject: str
    organisation_id: str
    roles: frozenset[str]
    authenticated_at: float | None = None
    zone: ZoneInfo = PARIS
    session_id: str | None = None
    country: str = FRANCE
    dealerships: frozenset[tuple[str, str]] = frozenset()
    """Each role of a dealership with the id of one at which it holds."""
    reads_only: bool = False
    """They look as somebody with these roles, and change nothing."""


class Unreadable(ValueError):
    """The published keys are not a JSON Web Key Set of Ed25519 keys."""


class PublishedKeys:
    """The keys tokens may be signed with: a JWKS, given as JSON, as the path of a file, or none,
    and those at a URL, where the accounts service publishes its own.

    A file or URL is read again when a token names a key we do not know, so keys rotate without a
    restart; a URL is first read then, so that nobody has to start before the others.
    """

    def __init__(
        self, source: str, clock: Callable[[], float] = monotonic, *, url: str = ""
    ) -> None:
        self._source = source.strip()
        self._clock = clock
        self._read_at = clock()
        self._keys = self._read() if self._source or not url else {}
        self.url = url
        self._fetch_from = clock()
        self._fetched: Mapping[str, Ed25519PublicKey] = {}
        self._fetching = asyncio.Lock()

    def find(self, kid: str) -> Ed25519PublicKey | None:
        """The key of that id; None when it is not published."""
        if (fetched := self._fetched.get(kid)) is not None:
            return fetched
        if kid not in self._keys and self._may_refresh():
            self._refresh()
        return self._keys.get(kid)

    async def fetch(self) -> None:
        """Read the URL, if there is one, unless that was done a moment ago.

        The former keys stay when it cannot be read.
        """
        async with self._fetching:
            if not self.url or self._clock() < self._fetch_from:
                return
            self._fetch_from = self._clock() + FAILED_SECONDS
            try:
                async with httpx.AsyncClient(timeout=FETCH_SECONDS) as client:
                    answer = await client.get(self.url)
                self._fetched = _key_set(answer.raise_for_status().text)
            except (httpx.HTTPError, Unreadable):
                log.warning("the keys at %s cannot be read; the former stay", self.url)
                return
            self._fetch_from = self._clock() + REFRESH_SECONDS

    def _refresh(self) -> None:
        self._read_at = self._clock()
        try:
            self._keys = self._read()
        except (OSError, Unreadable):
            log.warning("the published keys cannot be read; the former ones stay", exc_info=True)

    def _may_refresh(self) -> bool:
        if self._is_inline() or not self._source:
            return False
        return self._clock() - self._read_at >= REFRESH_SECONDS

    def _is_inline(self) -> bool:
        return self._source.startswith("{")

    def _read(self) -> Mapping[str, Ed25519PublicKey]:
        return _key_set(self._source if self._is_inline() else Path(self._source).read_text())


def _key_set(text: str) -> Mapping[str, Ed25519PublicKey]:
    try:
        found = json.loads(text)["keys"]
        return {key["kid"]: _public_key(key) for key in found if key.get("crv") == "Ed25519"}
    except (KeyError, TypeError, ValueError, AttributeError, jwt.PyJWTError) as error:
        raise Unreadable(f"not a key set: {type(error).__name__}: {error}") from error


def _public_key(key: Mapping[str, Any]) -> Ed25519PublicKey:
    public = jwt.PyJWK(dict(key), "EdDSA").key
    if not isinstance(public, Ed25519PublicKey):
        raise TypeError("not a public key")
    return public


class KeyNotKnown(Problem):
    """The token is signed with a key we do not know; `Verifier.learn` may help."""


class Verifier:
    """Turns an Authorization header into a principal.

    A verified header is remembered until the token expires: checking a signature costs more than
    all the rest of a small request. A key that is withdrawn therefore works until its tokens end.
    """

    def __init__(
        self,
        keys: PublishedKeys,
        issuer: str,
        audience: str,
        clock: Callable[[], float] = time,
        remembered: int = CACHED_TOKENS,
    ) -> None:
        self._remembered = remembered
        self._keys = keys
        self._issuer = issuer
        self._audience = audience
        self._clock = clock
        self._known: dict[bytes, tuple[Principal, float]] = {}

    def principal(self, header: bytes | None) -> Principal:
        """The sender of the header. Raises a 401 `Problem` for an uncertain one, `KeyNotKnown` when
        the published keys may have changed."""
        if header is None:
            raise _unauthorised("no-token", error=None)
        if (known := self._known.get(header)) is None:
            known = self._verify(header)
            self._remember(header, known)
        principal, expires_at = known
        if self._clock() >= expires_at:
            self._known.pop(header, None)
            raise _unauthorised("token-expired")
        return principal

    async def learn(self) -> None:
        """Read the keys again where they are published at a URL; then `principal` may know more."""
        await self._keys.fetch()

    def _remember(self, header: bytes, known: tuple[Principal, float]) -> None:
        while len(self._known) >= self._remembered:
            self._known.pop(next(iter(self._known)))
        self._known[header] = known

    def _verify(self, header: bytes) -> tuple[Principal, float]:
        scheme, _, token = header.decode("latin-1").partition(" ")
        if scheme.lower() != "bearer" or not token or len(token) > MAX_TOKEN_BYTES:
            raise _unauthorised("bad-token")
        try:
            return _principal_of(self._claims(token.strip()))
        except (jwt.InvalidTokenError, TypeError, ValueError) as error:
            raise _unauthorised("bad-token") from error

    def _claims(self, token: str) -> Mapping[str, Any]:
        kid = jwt.get_unverified_header(token).get("kid")
        key = self._keys.find(kid) if isinstance(kid, str) else None
        if key is None:
            raise _unauthorised("bad-token", kind=KeyNotKnown)
        # Whether it has expired is asked at every use, with our own clock.
        options: Any = {
            "require": ["sub", "org", "roles", "exp", "iss", "aud"],
            "verify_exp": False,
            "verify_nbf": False,
            "verify_iat": False,
        }
        claims: Mapping[str, Any] = jwt.decode(
            token,
            key,
            algorithms=["EdDSA"],
            issuer=self._issuer,
            audience=self._audience,
            options=options,
        )
        return claims


def _principal_of(claims: Mapping[str, Any]) -> tuple[Principal, float]:
    subject, organisation, roles, expires_at = (claims[k] for k in ("sub", "org", "roles", "exp"))
    for name in (subject, organisation):
        if not isinstance(name, str) or not _NAME.fullmatch(name):
            raise ValueError("sub and org must be names")
    if not isinstance(roles, list) or not all(isinstance(role, str) for role in roles):
        raise TypeError("roles must be a list of names")
    if not isinstance(expires_at, int | float):
        raise TypeError("exp must be a number of seconds")
    shown = claims.get("auth_time")
    if shown is not None and not isinstance(shown, int | float):
        raise TypeError("auth_time must be a number of seconds")
    session_id = claims.get("sid")
    if session_id is not None and not isinstance(session_id, str):
        raise TypeError("sid must be a name")
    zone = _zone_of(claims.get("zoneinfo"))
    country = claims.get("country", FRANCE)
    if not isinstance(country, str) or not _COUNTRY.fullmatch(country):
        raise ValueError("country must be a code of two letters")
    principal = Principal(
        subject,
        organisation,
        frozenset(roles),
        shown,
        zone,
        session_id,
        country,
        _dealerships_of(claims.get("dealerships", {})),
        _is_said(claims.get("reads_only", False)),
    )
    return principal, float(expires_at)


def _dealerships_of(claim: object) -> frozenset[tuple[str, str]]:
    if not isinstance(claim, dict) or not all(isinstance(ids, list) for ids in claim.values()):
        raise TypeError("dealerships must be lists by role")
    held = frozenset((role, one) for role, ids in claim.items() for one in ids)
    if not all(isinstance(one, str) and _NAME.fullmatch(one) for _, one in held):
        raise ValueError("dealerships must have names")
    return held


def _is_said(claim: object) -> bool:
    if not isinstance(claim, bool):
        raise TypeError("reads_only must be true or false")
    return claim


def _zone_of(claim: object) -> ZoneInfo:
    if claim is None:
        return PARIS
    try:
        return ZoneInfo(str(claim))
    except ZoneInfoNotFoundError as error:
        raise ValueError("zoneinfo must be the IANA name of a time zone") from error


def _unauthorised(
    slug: str, error: str | None = "invalid_token", kind: type[Problem] = Problem
) -> Problem:
    challenge = f'{_CHALLENGE}, error="{error}", error_description="{slug}"'
    return kind(401, slug, headers={"WWW-Authenticate": challenge if error else _CHALLENGE})
