"""Versions for those who must not count: sealed, so that they can only be handed back (ADR 9)."""

import base64

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

KEY_BYTES = 64
VERSION_BYTES = 4


class Versions:
    """Seals the version of a stream, always to the same text; APIs with the same key agree.

    Two sealed versions tell whether they are equal and nothing else: no order, no distance.
    """

    def __init__(self, master: bytes) -> None:
        derived = HKDF(SHA256(), KEY_BYTES, salt=None, info=b"relais versions").derive(master)
        self._cipher = AESSIV(derived)

    def seal(self, stream: str, version: int) -> str:
        """27 characters of base64url, for this stream only."""
        plain = version.to_bytes(VERSION_BYTES, "big")
        sealed = self._cipher.encrypt(plain, [stream.encode()])
        return base64.urlsafe_b64encode(sealed).rstrip(b"=").decode()

    def open(self, stream: str, sealed: str) -> int | None:
        """The version; None when it was not sealed here, or for another stream."""
        try:
            data = base64.urlsafe_b64decode(sealed.encode("ascii") + b"=" * (-len(sealed) % 4))
            return int.from_bytes(self._cipher.decrypt(data, [stream.encode()]), "big")
        except (InvalidTag, ValueError):
            return None
