"""Makes answers short: 304 for what the caller has, and gzip for what is long.

An answer to a GET that has no `ETag` of its own gets a weak one of its body, so lists have one too.
Only answers to GET are compressed: commands hand out tokens, and the length of a compressed answer
tells of a secret in it. What comes in parts, like files and events, goes on as it is.
"""

import zlib
from base64 import urlsafe_b64encode
from collections.abc import Iterable
from hashlib import blake2b

from starlette.concurrency import run_in_threadpool
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from infra.http.unchanged import names

LEAST_BYTES = 1_000
"""What is shorter fits into one packet anyway."""
LEVEL = 5
MOST_AT_ONCE = 128 * 1024
"""Longer bodies are compressed in a thread: this one has others to answer."""
TYPES = (b"application/json", b"application/javascript", b"image/svg+xml", b"text/")
_OF_BODY = frozenset({b"content-length", b"content-type"})

Headers = Iterable[tuple[bytes, bytes]]


class Shortened:
    """The app, whose answers to GET are as short as the caller takes them."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["method"] == "GET":
            send = _Answer(scope["headers"], send)
        await self._app(scope, receive, send)


class _Answer:
    """The sending end of a GET, which holds the head back until it has seen the body."""

    __slots__ = ("_given", "_head", "_send")

    def __init__(self, given: Headers, send: Send) -> None:
        self._given = given
        self._send = send
        self._head: Message | None = None

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start" and _is_short_of(message):
            self._head = message
            return
        if (head := self._head) is not None:
            self._head = None
            if not message.get("more_body", False):
                message = await self._shorten(head, message)
            await self._send(head)
        await self._send(message)

    async def _shorten(self, head: Message, message: Message) -> Message:
        body: bytes = message.get("body", b"")
        headers: list[tuple[bytes, bytes]] = head["headers"]
        asked = dict(self._given)
        headers.append((b"vary", b"Accept-Encoding"))
        if not any(name == b"etag" for name, _ in headers):
            etag = _weak(body)
            headers.append((b"etag", etag.encode()))
            if names(asked.get(b"if-none-match", b"").decode("latin-1"), etag):
                head["status"] = 304
                head["headers"] = [one for one in headers if one[0] not in _OF_BODY]
                return {**message, "body": b""}
        if len(body) >= LEAST_BYTES and takes_gzip(asked.get(b"accept-encoding", b"")):
            body = await (
                run_in_threadpool(_gzip, body) if len(body) > MOST_AT_ONCE else _at_once(body)
            )
            head["headers"] = [
                *(one for one in headers if one[0] != b"content-length"),
                (b"content-encoding", b"gzip"),
                (b"content-length", str(len(body)).encode()),
            ]
        return {**message, "body": body}


async def _at_once(body: bytes) -> bytes:
    return _gzip(body)


def _is_short_of(head: Message) -> bool:
    """Whether an answer may become shorter by what is known of it before its body."""
    headers = dict(head["headers"])
    return (
        head["status"] == 200
        and b"content-encoding" not in headers
        and headers.get(b"content-type", b"").startswith(TYPES)
    )


def takes_gzip(accept_encoding: bytes) -> bool:
    """Whether a client takes gzip: it names it, or `*`, and not with a weight of zero."""
    weights: dict[str, bool] = {}
    for one in accept_encoding.decode("latin-1").lower().split(","):
        name, _, weight = one.partition(";")
        weights[name.strip()] = weight.strip().rstrip("0") not in ("q=", "q=0.")
    return weights.get("gzip", weights.get("*", False))


def _weak(body: bytes) -> str:
    digest = blake2b(body, digest_size=16).digest()
    return f'W/"{urlsafe_b64encode(digest).rstrip(b"=").decode()}"'


def _gzip(body: bytes) -> bytes:
    packer = zlib.compressobj(LEVEL, wbits=31)
    return packer.compress(body) + packer.flush()
