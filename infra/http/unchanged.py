"""Spares callers what they have: `If-None-Match`, and the answers remembered for it."""

from collections import OrderedDict
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

MOST = 10_000
"""How many answers one process remembers; those used least recently go first."""

Place = tuple[str, ...]
"""Who asked, in which roles, and for what."""


class NotModified(Exception):
    """The caller has the answer; it is 304 with this ETag."""

    def __init__(self, etag: str) -> None:
        super().__init__(etag)
        self.etag = etag


async def on_not_modified(_: Request, error: Exception) -> Response:
    assert isinstance(error, NotModified)
    return Response(status_code=304, headers={"ETag": error.etag})


def names(if_none_match: str, etag: str) -> bool:
    """Whether the header names the ETag, weak or not, or every one with `*`."""
    given = [one.strip().removeprefix("W/") for one in if_none_match.split(",")]
    return given == ["*"] or etag.removeprefix("W/") in given


@dataclass(frozen=True, slots=True)
class Told:
    """The stream that an answer was made of, at which version, and everybody named in it."""

    stream: str
    version: int
    subjects: frozenset[str]


class Unchanged:
    """The answers a process gave lately, each made of one stream and of who asked alone.

    Who asks again may see the same while the stream is at that version and nobody in it is
    forgotten: the rights were looked at then, and they follow from the same events.
    """

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._told: OrderedDict[Place, Told] = OrderedDict()

    def get(self, place: Place) -> Told | None:
        """The answer that was given there last."""
        if (told := self._told.get(place)) is not None:
            self._told.move_to_end(place)
        return told

    def keep(self, place: Place, told: Told) -> None:
        """Remember an answer."""
        self._told[place] = told
        self._told.move_to_end(place)
        if len(self._told) > self._most:
            self._told.popitem(last=False)
