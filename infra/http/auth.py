"""Authentication: access tokens (JWT, EdDSA) are checked offline with published keys."""

import asyncio
import base64
import hashlib
import json
import logging
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from time import monotonic, time
from typing import Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import httpx
import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from infra.http.problems import Problem

log = logging.getLogger("relais.http")

PARIS = ZoneInfo("Europe/Paris")
"""Where days are days for whom nothing else is said."""

Role = Literal[
    "driver", "logistics", "administration", "analyst", "operator", "billing", "enrolling"
]
"""Permissions within an organisation. Who is `enrolling` has yet to prove a second factor."""

REFRESH_SECONDS = 10.0
"""How often, at most, an unknown key makes us read the published keys again."""
FETCH_SECONDS = 2.0
FAILED_SECONDS = 1.0
"""How soon keys are asked for again after they could not be read."""
CACHED_TOKENS = 10_000
MAX_TOKEN_BYTES = 4096

# Neither "/" nor a line break: these names are joined to make other names.
_NAME = re.compile(r"[A-Za-z0-9._~:@-]{1,128}")
_CHALLENGE = 'Bearer realm="relais"'
_NOT_VALID = "The access token is not valid here."


@dataclass(frozen=True, slots=True)
class Principal:
    """Somebody, for one organisation. `subject` of a driver is the driver's id.

    `authenticated_at` is when they last showed a secret, in seconds since 1970; None: not told.
    `zone` is where the organisation's days are days (G-03).
    """

    subject: str
    organisation_id: str
    roles: frozenset[str]
    authenticated_at: float | None = None
    zone: ZoneInfo = PARIS


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
            raise _unauthorised("no-token", "An access token is needed.", error=None)
        if (known := self._known.get(header)) is None:
            known = self._verify(header)
            self._remember(header, known)
        principal, expires_at = known
        if self._clock() >= expires_at:
            self._known.pop(header, None)
            raise _unauthorised("token-expired", "The access token has expired.")
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
            raise _unauthorised("bad-token", "Authorization must be 'Bearer' and a token.")
        try:
            return _principal_of(self._claims(token.strip()))
        except (jwt.InvalidTokenError, TypeError, ValueError) as error:
            raise _unauthorised("bad-token", _NOT_VALID) from error

    def _claims(self, token: str) -> Mapping[str, Any]:
        kid = jwt.get_unverified_header(token).get("kid")
        key = self._keys.find(kid) if isinstance(kid, str) else None
        if key is None:
            raise _unauthorised("bad-token", _NOT_VALID, kind=KeyNotKnown)
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
    zone = _zone_of(claims.get("zoneinfo"))
    return Principal(subject, organisation, frozenset(roles), shown, zone), float(expires_at)


def _zone_of(claim: object) -> ZoneInfo:
    if claim is None:
        return PARIS
    try:
        return ZoneInfo(str(claim))
    except ZoneInfoNotFoundError as error:
        raise ValueError("zoneinfo must be the IANA name of a time zone") from error


def _unauthorised(
    slug: str, detail: str, error: str | None = "invalid_token", kind: type[Problem] = Problem
) -> Problem:
    challenge = f'{_CHALLENGE}, error="{error}", error_description="{detail}"'
    return kind(401, slug, detail, headers={"WWW-Authenticate": challenge if error else _CHALLENGE})


# --- Signing: the accounts service, and a laptop's own tokens ------------------------------------


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A key pair that signs access tokens. Its id is the RFC 7638 thumbprint."""

    private: Ed25519PrivateKey

    @staticmethod
    def generate() -> "SigningKey":
        """A new key."""
        return SigningKey(Ed25519PrivateKey.generate())

    @staticmethod
    def from_pem(text: str) -> "SigningKey":
        """The key that `pem` wrote."""
        private = load_pem_private_key(text.encode(), None)
        if not isinstance(private, Ed25519PrivateKey):
            raise TypeError("not an Ed25519 key")
        return SigningKey(private)

    @property
    def pem(self) -> str:
        """The private key as PEM, unencrypted; keep it where nobody else reads."""
        encoded = self.private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        return encoded.decode()

    @property
    def kid(self) -> str:
        """The id tokens name it by."""
        canonical = json.dumps(self._public, sort_keys=True, separators=(",", ":"))
        return _base64(hashlib.sha256(canonical.encode()).digest())

    @property
    def published(self) -> dict[str, str]:
        """The public key as a JSON Web Key."""
        return {**self._public, "kid": self.kid, "alg": "EdDSA", "use": "sig"}

    @property
    def _public(self) -> dict[str, str]:
        raw = self.private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        return {"crv": "Ed25519", "kty": "OKP", "x": _base64(raw)}


def jwks(*keys: SigningKey) -> str:
    """A JSON Web Key Set that publishes the keys."""
    return json.dumps({"keys": [key.published for key in keys]})


def issue(
    key: SigningKey,
    subject: str,
    organisation_id: str,
    roles: Iterable[str],
    *,
    issuer: str = "relais-accounts",
    audience: str = "relais",
    lifetime: float = 900.0,
    now: float | None = None,
    authenticated_at: float | None = None,
    time_zone: str | None = None,
) -> str:
    """An access token valid for `lifetime` seconds.

    `authenticated_at` is when the subject last showed a secret, for what asks for that anew.
    `time_zone` is the organisation's, by its IANA name; Europe/Paris when not said.
    The accounts service issues them; a laptop and tests may with a key of their own, which no
    API elsewhere publishes.
    """
    at = time() if now is None else now
    claims = {
        "sub": subject,
        "org": organisation_id,
        "roles": sorted(roles),
        "iss": issuer,
        "aud": audience,
        "iat": int(at),
        "exp": int(at + lifetime),
    }
    if authenticated_at is not None:
        claims["auth_time"] = int(authenticated_at)
    if time_zone is not None:
        claims["zoneinfo"] = time_zone
    return jwt.encode(claims, key.private, algorithm="EdDSA", headers={"kid": key.kid})


def _base64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
