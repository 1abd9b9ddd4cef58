"""Versions for those who must not count: opaque, so that they can only be handed back (ADR 9)."""

import base64

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

KEY_BYTES = 64
VERSION_BYTES = 4


class OpaqueVersions:
    """Gives the version of a stream an opaque form, always the same; APIs with one key agree.

    Two opaque versions tell whether they are equal and nothing else: no order, no distance.
    """

    def __init__(self, master: bytes) -> None:
        derived = HKDF(SHA256(), KEY_BYTES, salt=None, info=b"relais versions").derive(master)
        self._cipher = AESSIV(derived)

    def of(self, stream: str, version: int, *bound_to: str) -> str:
        """27 characters of base64url, for this stream only, and for what else it is bound to."""
        plain = version.to_bytes(VERSION_BYTES, "big")
        sealed = self._cipher.encrypt(plain, _bound(stream, *bound_to))
        return base64.urlsafe_b64encode(sealed).rstrip(b"=").decode()

    def read(self, stream: str, opaque: str, *bound_to: str) -> int | None:
        """The version; None when it was not made here, or for another stream or anything else."""
        try:
            data = base64.urlsafe_b64decode(opaque.encode("ascii") + b"=" * (-len(opaque) % 4))
            plain = self._cipher.decrypt(data, _bound(stream, *bound_to))
        except (InvalidTag, ValueError):
            return None
        return int.from_bytes(plain, "big")


def _bound(*names: str) -> list[bytes]:
    return [name.encode() for name in names]
