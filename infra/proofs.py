"""Proofs that a device holds a private key: short JSON Web Tokens signed with it (RFC 7523).

The public key is Ed25519, told as the `x` of its JSON Web Key (RFC 8037).
"""

import base64
import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

import jwt
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

LONGEST_PROOF = 2_000
"""Characters; a longer one is refused unread."""


class NotProved(Exception):
    """It is no token that this key signed for that audience with these claims."""


def thumbprint(x: str) -> str:
    """The RFC 7638 thumbprint of the public key, by which tokens name it."""
    canonical = json.dumps(
        {"crv": "Ed25519", "kty": "OKP", "x": x}, sort_keys=True, separators=(",", ":")
    )
    return _base64(hashlib.sha256(canonical.encode()).digest())


def public_key(x: str) -> Ed25519PublicKey:
    """The key with that `x`. Raises ValueError when there is none, or `x` spells it otherwise."""
    raw = base64.urlsafe_b64decode(x + "=" * (-len(x) % 4))
    if _base64(raw) != x:
        raise ValueError("x is not the base64url of its bytes")
    try:
        return Ed25519PublicKey.from_public_bytes(raw)
    except UnsupportedAlgorithm as error:
        raise ValueError("no Ed25519 here") from error


def claims_of(proof: str, x: str, audience: str, needed: Sequence[str]) -> Mapping[str, Any]:
    """The claims of a proof that the key of `x` signed for an audience. They have all that are
    needed; whether they are true, and of now, is for the caller. Raises `NotProved`."""
    if len(proof) > LONGEST_PROOF:
        raise NotProved
    options: Any = {
        "require": ["aud", *needed],
        # By the platform's clock, which is the caller's.
        "verify_exp": False,
        "verify_nbf": False,
        "verify_iat": False,
    }
    try:
        claims: Mapping[str, Any] = jwt.decode(
            proof, public_key(x), algorithms=["EdDSA"], audience=audience, options=options
        )
    except (jwt.InvalidTokenError, ValueError, TypeError) as error:
        raise NotProved from error
    return claims


def _base64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
