"""A phone or tablet that pairs with a dealership, for the tests of who lets it in."""

import base64
from dataclasses import dataclass, field
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from infra.proofs import thumbprint


@dataclass
class Phone:
    """Holds a key pair of its own, and signs with it."""

    private: Ed25519PrivateKey = field(default_factory=Ed25519PrivateKey.generate)

    @property
    def x(self) -> str:
        """The public key, as the `x` of its JSON Web Key."""
        raw = self.private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()

    @property
    def key_id(self) -> str:
        return thumbprint(self.x)

    def signs(self, **claims: Any) -> str:
        """A token with these claims, signed with the private key."""
        return jwt.encode(claims, self.private, algorithm="EdDSA")
