"""Long lists, page by page, in an order that stays: each page says where the next begins (G-09)."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, ClassVar, TypeVar, cast
from urllib.parse import parse_qsl, urlencode

from fastapi import Depends, Query
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import Response

from infra import reading
from infra.database import Pool
from infra.http import sheets
from infra.http.answers import Answered, Listed, item_of
from infra.http.models import Reference
from infra.http.problems import FieldError, Problem, malformed
from infra.http.readable_ids import referenced_id
from infra.http.request_context import AppState
from infra.http.sheets import ListFormat
from infra.reading import KeyPart

MOST = 200
USUAL = 50
MOST_CURSOR_BYTES = 1024

T = TypeVar("T")
Row = TypeVar("Row")


def _too_long() -> Problem:
    facts = {"most": sheets.MOST_ROWS}
    field = FieldError("query:format", "too_long", facts=facts, says="list_too_long")
    return Problem(422, "list-too-long", facts=facts, errors=[field])


def _read(order: reading.Order[Row], cursor: str) -> tuple[KeyPart, ...]:
    try:
        return order.read(cursor)
    except reading.BadCursor as error:
        raise malformed("query:cursor", "cursor") from error


class Filters(BaseModel):
    """The filters of a list, each called like the column it compares; all of them may be left out.

    A route takes them as `Annotated[MessageFilters, Query()]`. What somebody types and the order
    that they choose stand among them too, as `no_columns`.
    """

    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)

    no_columns: ClassVar[frozenset[str]] = frozenset()
    """Fields that compare no column; `narrow` of the list's own filters looks at them."""

    def narrow(self, rows: reading.Rows[Row]) -> reading.Rows[Row]:
        """The rows that match what was chosen."""
        return rows.filtered({name: one for name, one in self if name not in self.no_columns})


Typed = Annotated[str, Field(max_length=100)]
"""What somebody types to find a row, each word from its beginning."""


@dataclass(frozen=True, slots=True)
class Page:
    """Which part of a list is asked for; `limit` items at most."""

    limit: int
    cursor: str | None
    request: Request
    format: ListFormat = ListFormat.JSON

    async def show(
        self,
        rows: reading.Readable[Row],
        order: reading.Order[Row],
        present: Callable[[Row], T],
    ) -> Answered[Listed[T]]:
        """The page of these rows in this order, each presented by itself."""

        async def each(found: Sequence[Row]) -> list[T]:
            return [present(row) for row in found]

        return await self.show_together(rows, order, each)

    async def show_together(
        self,
        rows: reading.Readable[Row],
        order: reading.Order[Row],
        present: Callable[[Sequence[Row]], Awaitable[Sequence[T]]],
    ) -> Answered[Listed[T]]:
        """The same, where the rows of a page are presented together: by what belongs to them."""
        if self.format is not ListFormat.JSON:
            # Another form of the same list, which the document tells of beside it.
            return cast(Answered[Listed[T]], await self._sheet(rows, order, present))
        after = _read(order, self.cursor) if self.cursor is not None else None
        # One more than is shown tells whether there is a next page.
        found = await rows.page(self.pool, order, after, self.limit + 1)
        following = order.cursor(found[self.limit - 1]) if len(found) > self.limit else None
        items = await present(found[: self.limit])
        return Answered(Listed(items=list(items), next=following), headers=self._link(following))

    async def _sheet(
        self,
        rows: reading.Readable[Row],
        order: reading.Order[Row],
        present: Callable[[Sequence[Row]], Awaitable[Sequence[T]]],
    ) -> Response:
        """The whole list as a file. Raises a 422 `Problem` for one that is too long."""
        items: list[T] = []
        after: Sequence[KeyPart] | None = None
        while found := await rows.page(self.pool, order, after, MOST):
            items += await present(found)
            if len(items) > sheets.MOST_ROWS:
                raise _too_long()
            after = order.key(found[-1])
        route = self.request.scope["route"]
        name = route.name.replace("_", "-")
        return sheets.response(self.format, name, item_of(route.answer), items)

    @property
    def pool(self) -> Pool:
        """Where the service's tables are."""
        app_state: AppState = self.request.scope["app"].state.app_state
        return app_state.tables

    def _link(self, following: str | None) -> dict[str, str]:
        return {"Link": f'<{self._url(following)}>; rel="next"'} if following else {}

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
    format: Annotated[
        ListFormat,
        Query(
            description="`csv` or `xlsx`: the whole list as a file, whatever `limit` and `cursor`"
            f" say, up to {sheets.MOST_ROWS} items."
        ),
    ] = ListFormat.JSON,
) -> Page:
    return Page(limit, cursor, request, format)


ByReference = Annotated[
    Reference | None,
    Query(description="Only what belongs to what the organisation calls by this reference."),
]
"""A route's parameter for `of_reference`."""


def of_reference(
    rows: reading.Rows[Row],
    column: str,
    prefix: str,
    organisation_id: str,
    reference: str | None,
) -> reading.Rows[Row]:
    """The rows whose column has the id of what the organisation calls by the reference; without
    one, all rows."""
    if reference is None:
        return rows
    return rows.only(**{column: referenced_id(prefix, organisation_id, reference)})


Paging = Annotated[Page, Depends(_page)]
"""A route's parameter that gives it a `Page`."""
