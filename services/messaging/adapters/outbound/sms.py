"""Text messages through an HTTP gateway, and the signature of its receipts."""

import hashlib
import hmac
from contextlib import nullcontext
from datetime import datetime, timedelta

import httpx

from services.messaging.adapters.outbound import (
    Accepted,
    Failure,
    NeverThere,
    NotNow,
    OutboundMessage,
    Why,
)

SECONDS = 10.0
OURS = frozenset({401, 402, 403, 404, 405})
"""Answers that speak of us, not of the message."""
AGAIN = frozenset({408, 409, 425, 429})
"""Answers that speak of the moment."""
TOLERANCE = timedelta(minutes=5)


class AbsurdClock(ValueError):
    """A signature names a time that no calendar has."""


class Sms:
    """Posts each message as JSON; the gateway knows a repetition by its Idempotency-Key."""

    gives_receipts = True

    def __init__(self, url: str, token: str) -> None:
        self._url = url
        self._token = token

    def following(self) -> nullcontext[None]:
        """Each message takes a connection of its own."""
        return nullcontext()

    async def send(self, message: OutboundMessage) -> Accepted:
        """One request. Raises `NotNow` or `NeverThere`."""
        headers = {"Authorization": f"Bearer {self._token}", "Idempotency-Key": message.key}
        body = {"to": list(message.to), "text": message.content.short, "reference": message.key}
        try:
            async with httpx.AsyncClient(timeout=SECONDS) as client:
                answer = await client.post(self._url, json=body, headers=headers)
        except httpx.HTTPError as error:
            kind = type(error).__name__
            raise NotNow(Why.SERVER, f"{kind}: {error}", kind) from error
        if answer.is_success:
            return Accepted(_id_of(answer) or message.key)
        raise refusal(answer.status_code, answer.text[:200])


def refusal(status: int, text: str) -> Failure:
    """The failure that the gateway's no is."""
    detail, said = f"{status} {text}", str(status)
    if status in OURS:
        return NotNow(Why.SETUP, detail, said)
    if status in AGAIN:
        return NotNow(Why.BUSY, detail, said)
    if status < 500:
        return NeverThere(Why.RECIPIENT, detail, said)
    return NotNow(Why.SERVER, detail, said)


def _id_of(answer: httpx.Response) -> str | None:
    try:
        found = answer.json()["id"]
    except (ValueError, KeyError, TypeError):
        return None
    return str(found)[:200]


def signature(secret: str, body: bytes, at: datetime) -> str:
    """The gateway's value for `Relais-Signature`: when it signed, and an HMAC of it all."""
    seconds = int(at.timestamp())
    signed = hmac.new(secret.encode(), f"{seconds}.".encode() + body, hashlib.sha256)
    return f"t={seconds},v1={signed.hexdigest()}"


def is_signed(secret: str, body: bytes, given: str, now: datetime) -> bool:
    """Whether the gateway signed this body a moment ago. Never without a secret.

    Raises `AbsurdClock`.
    """
    first = given.partition(",")[0].removeprefix("t=")
    if not secret or not first.isascii() or not first.isdigit() or len(first) > 12:
        return False
    try:
        at = datetime.fromtimestamp(int(first), now.tzinfo)
    except (ValueError, OverflowError, OSError) as error:
        raise AbsurdClock from error
    expected = signature(secret, body, at)
    return abs(now - at) <= TOLERANCE and hmac.compare_digest(expected.encode(), given.encode())
