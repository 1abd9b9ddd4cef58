"""Access tokens: the keys that sign them, how keys are published, and how a token is issued.

The accounts service signs tokens; a laptop and tests may with keys of their own. Nothing here is
about requests: `infra.http.auth` checks what comes in.
"""

import base64
import hashlib
import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from time import time
from typing import Literal

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

Role = Literal[
    "driver",
    "logistics",
    "administration",
    "analyst",
    "operator",
    "billing",
    "courier",
    "depot_agent",
    "dealership_manager",
    "administrative_agent",
    "sales_representative",
    "technician",
    "auditor",
    "audit_manager",
    "group_manager",
    "marketplace_manager",
    "provider_manager",
    "device",
    "enrolling",
    "pending",
    "rejected",
]
"""Permissions within an organisation. Who is `enrolling` has yet to prove a second factor; the
organisation of who is `pending` or `rejected` is not let in. Those of dealerships, from
`dealership_manager` to `audit_manager`, hold where the claim `dealerships` says, that of a
`group_manager` at each; a paired `device` holds its own at one."""


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
    session_id: str | None = None,
    country: str | None = None,
    dealerships: Mapping[str, Collection[str]] | None = None,
    reads_only: bool = False,
) -> str:
    """An access token valid for `lifetime` seconds.

    `authenticated_at` is when the subject last showed a secret, for what asks for that anew;
    `session_id` is the session that began then, for what asks whether it is over.
    `time_zone` is the organisation's, by its IANA name; Europe/Paris when not said. So is
    `country`, by ISO 3166; France when not said.
    `dealerships` are the ids of those at which a role holds, by the role.
    With one that `reads_only` no API changes anything: it shows somebody what a role sees.
    The accounts service issues them; a laptop and tests may with a key of their own, which no
    API elsewhere publishes.
    """
    at = time() if now is None else now
    claims: dict[str, object] = {
        "sub": subject,
        "org": organisation_id,
        "roles": sorted(roles),
        "iss": issuer,
        "aud": audience,
        "iat": int(at),
        "exp": int(at + lifetime),
    }
    if authenticated_at is not None:
        # To the microsecond: a session may begin in the second in which all others ended.
        claims["auth_time"] = round(authenticated_at, 6)
    if session_id is not None:
        claims["sid"] = session_id
    if time_zone is not None:
        claims["zoneinfo"] = time_zone
    if country is not None:
        claims["country"] = country
    if dealerships:
        claims["dealerships"] = {role: sorted(ids) for role, ids in sorted(dealerships.items())}
    if reads_only:
        claims["reads_only"] = True
    return jwt.encode(claims, key.private, algorithm="EdDSA", headers={"kid": key.kid})


def _base64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
