"""Sends a file, or the range of it that was asked for, without holding it in memory."""

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from infra.http.problems import Problem
from infra.http.unchanged import names
from infra.objects import Objects

_RANGE = re.compile(r"bytes=(\d{0,15})-(\d{0,15})")


@dataclass(frozen=True, slots=True)
class Content:
    """The content that is sent: an object, its type, and the name it is to be saved by."""

    object: str
    size: int
    sha256: str
    media_type: str
    filename: str
    cache: str


async def send(objects: Objects, content: Content, request: Request) -> Response:
    """200 with all of it, 206 with a range, 304 or 416. Raises `ObjectMissing` before it begins."""
    etag = f'"{content.sha256}"'
    headers = {
        "ETag": etag,
        "Accept-Ranges": "bytes",
        "Cache-Control": content.cache,
        "Content-Disposition": f"attachment; filename*=UTF-8''{quote(content.filename, safe='')}",
        # What somebody sent us is never run as a page of ours.
        "Content-Security-Policy": "sandbox",
        "X-Content-Type-Options": "nosniff",
    }
    if names(request.headers.get("if-none-match", ""), etag):
        return Response(status_code=304, headers=headers)
    wanted = request.headers.get("range", "")
    if request.headers.get("if-range", etag) != etag:
        wanted = ""
    asked = part(wanted, content.size)
    start, end = asked or (0, content.size)
    headers["Content-Length"] = str(end - start)
    if asked is not None:
        headers["Content-Range"] = f"bytes {start}-{end - 1}/{content.size}"
    pieces = await _begun(objects.read(content.object, start, end))
    status = 200 if asked is None else 206
    return StreamingResponse(pieces, status, headers, media_type=content.media_type)


def part(wanted: str, size: int) -> tuple[int, int] | None:
    """The first byte asked for and the one after the last; None for all of the file.

    What is not one range of bytes is not taken notice of. Raises 416.
    """
    match = _RANGE.fullmatch(wanted)
    if match is None or match[1] == match[2] == "":
        return None
    first, last = match[1], match[2]
    if first == "":
        start, end = max(size - int(last), 0), size
    else:
        start, end = int(first), min(int(last or size) + 1, size)
    if last and first and int(last) < int(first):
        return None
    if start >= end:
        headers = {"Content-Range": f"bytes */{size}"}
        raise Problem(416, "no-such-range", facts={"size_bytes": size}, headers=headers)
    return start, end


async def _begun(pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """The same pieces, the first of them read: what fails, fails before the answer begins."""
    first = await anext(pieces)

    async def rest() -> AsyncIterator[bytes]:
        yield first
        async for piece in pieces:
            yield piece

    return rest()
