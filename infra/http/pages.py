"""Long lists, page by page, in an order that stays: each page says where the next begins (G-09)."""

import base64
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Annotated, Any, Generic, TypeVar
from urllib.parse import parse_qsl, urlencode

from fastapi import Depends, Query
from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import Response

from infra.http.models import to_json
from infra.http.problems import Problem, malformed

MOST = 200
USUAL = 50
MOST_CURSOR_BYTES = 1024

T = TypeVar("T")
KeyPart = str | int | float | datetime | date


@dataclass(frozen=True, slots=True)
class Order:
    """How a list is sorted: its name, and the types of its sort key, the last part unique.

    A cursor is the sort key of the last item, readable only as a cursor of the same order, so
    what comes back is always of these types. It grants nothing: the query is scoped as ever.
    """

    name: str
    key: tuple[type[KeyPart], ...]

    def cursor(self, key: Sequence[KeyPart]) -> str:
        """The opaque form of a sort key."""
        parts = [part.isoformat() if isinstance(part, date) else part for part in key]
        packed = json.dumps([self.name, *parts], ensure_ascii=False, separators=(",", ":"))
        return base64.urlsafe_b64encode(packed.encode()).rstrip(b"=").decode()

    def read(self, cursor: str) -> tuple[Any, ...]:
        """The sort key behind a cursor. Raises a 400 `Problem` when it is none of this order."""
        try:
            padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
            name, *parts = json.loads(base64.b64decode(padded, b"-_", validate=True))
            if name != self.name:
                raise _bad_cursor()
            return tuple(_part(t, part) for t, part in zip(self.key, parts, strict=True))
        except (OverflowError, RecursionError, TypeError, ValueError) as error:
            raise _bad_cursor() from error


def _part(expected: type[KeyPart], value: Any) -> KeyPart:
    """The value as the type it was made of; a made-up cursor must not break a query."""
    if expected is datetime:
        return _aware(datetime.fromisoformat(value))
    if expected is date:
        return date.fromisoformat(value)
    if expected is float and type(value) is int:
        return float(value)
    # `type`, not `isinstance`: true is no number.
    if type(value) is not expected:
        raise TypeError("not of the type of this key")
    _refuse_what_no_database_takes(value)
    part: KeyPart = value
    return part


def _aware(at: datetime) -> datetime:
    if at.tzinfo is None:
        raise ValueError("a time without its offset")
    return at.astimezone(UTC)


def _refuse_what_no_database_takes(value: object) -> None:
    if isinstance(value, str):
        value.encode()
        if "\0" in value:
            raise ValueError("a NUL")
    elif isinstance(value, int) and not -(2**63) <= value < 2**63:
        raise ValueError("no bigint")


def _bad_cursor() -> Problem:
    return malformed("query:cursor", "cursor", "The cursor is not one this list gave out.")


class Listed(BaseModel, Generic[T]):
    """What a page looks like: `response_model=Listed[TripBody]`."""

    items: list[T]
    next: str | None


@dataclass(frozen=True, slots=True)
class Page:
    """Which part of a list is asked for; `limit` items at most."""

    limit: int
    cursor: str | None
    request: Request

    def after(self, order: Order) -> tuple[Any, ...] | None:
        """The sort key after which the page begins; None for the first page."""
        return order.read(self.cursor) if self.cursor is not None else None

    @property
    def fetch(self) -> int:
        """How many rows to ask for: one more than shown tells whether there is a next page."""
        return self.limit + 1

    def answer(
        self,
        rows: Sequence[T],
        order: Order,
        key: Callable[[T], Sequence[KeyPart]],
        present: Callable[[T], object] = lambda row: row,
    ) -> Response:
        """The page, from up to `fetch` rows; a `Link` header names the next one."""
        shown = rows[: self.limit]
        following = order.cursor(key(shown[-1])) if len(rows) > self.limit else None
        body = to_json({"items": [present(row) for row in shown], "next": following})
        headers = {"Link": f'<{self._url(following)}>; rel="next"'} if following else None
        return Response(body, headers=headers, media_type="application/json")

    def _url(self, cursor: str) -> str:
        url = self.request.url
        kept = [(k, v) for k, v in parse_qsl(url.query) if k not in ("cursor", "limit")]
        return f"{url.path}?{urlencode([*kept, ('limit', str(self.limit)), ('cursor', cursor)])}"


async def _page(
    request: Request,
    limit: Annotated[int, Query(ge=1, le=MOST, description="Items a page.")] = USUAL,
    cursor: Annotated[
        str | None,
        Query(max_length=MOST_CURSOR_BYTES, description="`next` of the page before."),
    ] = None,
) -> Page:
    return Page(limit, cursor, request)


Paging = Annotated[Page, Depends(_page)]
"""A route's parameter that gives it a `Page`."""
