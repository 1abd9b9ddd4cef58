"""Makes answers short: 304 for what the caller has, and gzip for what is long.

An answer to a GET gets a weak `ETag` of its body, so lists have one too. What has an ETag of its
own goes as it is: a strong one, which `If-Match` takes, is not that of the compressed form (RFC
9110, 8.8.3). So does what comes in parts, like files and events. The length of a compressed answer
tells of a secret in it: commands are never compressed, nor what its route lets nobody keep.
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
TYPES = (b"application/json", b"text/")
_OF_BODY = frozenset({b"content-length", b"content-type"})
_OWN = frozenset({b"content-encoding", b"etag"})

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
        etag = _weak(body)
        headers += [(b"vary", b"Accept-Encoding"), (b"etag", etag.encode())]
        if names(asked.get(b"if-none-match", b"").decode("latin-1"), etag):
            head["status"] = 304
            head["headers"] = [one for one in headers if one[0] not in _OF_BODY]
            return {**message, "body": b""}
        if len(body) < LEAST_BYTES or not takes_gzip(asked.get(b"accept-encoding", b"")):
            return message
        packed = _gzip(body) if len(body) <= MOST_AT_ONCE else await run_in_threadpool(_gzip, body)
        head["headers"] = [
            *(one for one in headers if one[0] != b"content-length"),
            (b"content-encoding", b"gzip"),
            (b"content-length", str(len(packed)).encode()),
        ]
        return {**message, "body": packed}


def _is_short_of(head: Message) -> bool:
    """Whether an answer may become shorter by what is known of it before its body."""
    headers = dict(head["headers"])
    return (
        head["status"] == 200
        and not _OWN.intersection(headers)
        and headers.get(b"content-type", b"").startswith(TYPES)
        and b"no-store" not in headers.get(b"cache-control", b"")
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
