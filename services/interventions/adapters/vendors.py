"""Requests to systems of others: with a deadline, and an answer that has an end."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import httpx

SECONDS: Final = 10.0
"""For all of a request, from the connection to the last byte of the answer."""
MOST_BYTES: Final = 1_048_576
PASSES: Final = frozenset({408, 425, 429})
"""Answers that speak of the moment."""

NO_HEADERS: Final[Mapping[str, str]] = {}
PLAIN: Final = {"Accept": "application/json", "Accept-Encoding": "identity"}
"""What is compressed may have no end once it is opened."""


class Away(Exception):
    """The other side did not answer in time, is not well, or has no time: to ask again is safe."""


class NotUnderstood(Exception):
    """The answer is not what was agreed on, or has no end."""


@dataclass(frozen=True, slots=True)
class Said:
    """An answer: its status, and its whole body."""

    status: int
    body: bytes


async def asked(
    method: str,
    url: str,
    *,
    headers: Mapping[str, str] = NO_HEADERS,
    query: Mapping[str, str] | None = None,
    content: Any = None,
    auth: tuple[str, str] | None = None,
    seconds: float = SECONDS,
) -> Said:
    """The answer to one request, `content` of which goes as JSON. Raises `Away`, and
    `NotUnderstood` for an answer of more than `MOST_BYTES`. No redirect is followed: the words by
    which we are known would go along."""
    body = {} if content is None else {"json": content}
    try:
        async with asyncio.timeout(seconds), httpx.AsyncClient(timeout=seconds) as client:
            credentials = httpx.BasicAuth(*auth) if auth else None
            async with client.stream(
                method, url, headers={**headers, **PLAIN}, params=query, auth=credentials, **body
            ) as answer:
                if answer.status_code >= 500 or answer.status_code in PASSES:
                    raise Away(f"it answered {answer.status_code}")
                return Said(answer.status_code, await _whole(answer))
    except (TimeoutError, httpx.TransportError) as error:
        raise Away(type(error).__name__) from error


async def _whole(answer: httpx.Response) -> bytes:
    found = bytearray()
    async for chunk in answer.aiter_raw():
        found += chunk
        if len(found) > MOST_BYTES:
            raise NotUnderstood(f"its answer has more than {MOST_BYTES} bytes")
    return bytes(found)
