"""Passes: a page of one service lets whoever looks at it, without an account, into one of another.

Whoever has the master keys makes one without asking anybody, and the other service reads it so. A
pass says nothing but what it was made of; whether that still opens anything is asked at each use.
"""

import base64
import hmac
from collections.abc import Mapping
from hashlib import sha256

SIGNATURE_BYTES = 16


def made(masters: Mapping[str, bytes], purpose: str, text: str) -> str:
    """The text with its signature. Both are safe in an address where the text is."""
    return f"{text}.{signature(masters, purpose, text)}"


def read(masters: Mapping[str, bytes], purpose: str, given: str) -> str | None:
    """The text of a pass for that purpose, signed with one of the keys; None for any other."""
    text, _, signed = given.rpartition(".")
    return text if is_signed(masters, purpose, text, signed) else None


def signature(masters: Mapping[str, bytes], purpose: str, text: str) -> str:
    """The signature of the text for that purpose, by the current master key; the same each time."""
    return _signature(next(iter(masters.values())), purpose, text)


def is_signed(masters: Mapping[str, bytes], purpose: str, text: str, given: str) -> bool:
    """Whether it is the signature of one of the keys, the former ones too."""
    wanted = [_signature(key, purpose, text) for key in masters.values()]
    return any(hmac.compare_digest(one.encode(), given.encode()) for one in wanted)


def _signature(master: bytes, purpose: str, text: str) -> str:
    # The master key seals; what signs is another key that follows from it, one a purpose.
    key = hmac.digest(master, f"pass/{purpose}".encode(), sha256)
    signed = hmac.digest(key, text.encode(), sha256)[:SIGNATURE_BYTES]
    return base64.urlsafe_b64encode(signed).decode().rstrip("=")
