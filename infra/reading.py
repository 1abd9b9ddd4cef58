"""Reading tables: a question names its table, whose rows it may see, which of them, in which order.

    extras = Table(view, "extras")
    OLDEST = extras.order("oldest-extra", "requested_at", "trip_id", "request_id")

    waiting = extras.of(organisation_id).where("status = 'requested'")
    await waiting.page(pool, OLDEST, after=None, limit=50)
    await extras.of(organisation_id, trip_id="T1", request_id="R1").one(pool)

Values are always parameters; names, conditions and orders are constants of the code.
"""

import base64
import json
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from datetime import UTC, date, datetime
from functools import cached_property
from operator import attrgetter
from types import NoneType, UnionType
from typing import Any, Generic, LiteralString, Protocol, TypeVar, get_args, get_type_hints

from psycopg import AsyncCursor
from psycopg.rows import RowMaker

from infra.database import Pool
from infra.searching import Box, sought

Row = TypeVar("Row")
A = TypeVar("A")
B = TypeVar("B")
C = TypeVar("C")
D = TypeVar("D")
Made_co = TypeVar("Made_co", covariant=True)

KeyPart = str | int | float | datetime | date
MOST_HITS = 1_000
"""Rows of a search that are read by their keys."""


class BadCursor(ValueError):
    """A cursor that this order did not give out."""


class RowKind(Protocol[Made_co]):
    """The columns of a table and the way they become a row; a `View` is one."""

    @property
    def columns(self) -> tuple[str, ...]: ...

    @property
    def hints(self) -> Mapping[str, Any]: ...

    def row_factory(self, cursor: AsyncCursor[Any]) -> RowMaker[Made_co]: ...


@dataclass(frozen=True)
class _Plain(Generic[Row]):
    """Rows that are simple dataclasses."""

    row: type[Row]

    @cached_property
    def columns(self) -> tuple[str, ...]:
        return tuple(one.name for one in fields(self.row))  # type: ignore[arg-type]

    @cached_property
    def hints(self) -> Mapping[str, Any]:
        return get_type_hints(self.row)

    def row_factory(self, cursor: AsyncCursor[Any]) -> RowMaker[Row]:
        row, names = self.row, self.columns
        return lambda values: row(**dict(zip(names, values, strict=True)))


@dataclass(frozen=True)
class Table(Generic[Row]):
    """Something to read rows from: a table, with others joined to it where a question needs them.

    `source` begins with the table itself, without a schema: `extras` or
    `extras join trips using (trip_id)`. The connection knows where the tables of this release are
    (`infra.database.open_pool`). `organisation` is the column that
    says whose rows these are. `columns` is SQL for the fields that are no columns of the table.
    `key` is the column that is another one in each row, where pages of a search are read by it.
    """

    row: RowKind[Row] | type[Row]
    source: LiteralString
    organisation: LiteralString = ""
    columns: Mapping[str, LiteralString] = field(default_factory=dict)
    key: LiteralString = ""

    @cached_property
    def kind(self) -> RowKind[Row]:
        """The kind of its rows."""
        return _Plain(self.row) if isinstance(self.row, type) else self.row

    @cached_property
    def name(self) -> str:
        """The table's own name, by which conditions may call it."""
        return self.source.split()[0].rpartition(".")[2]

    def term(self, column: str) -> str:
        """SQL for a field of the rows. Raises ValueError when they have none of that name."""
        if column not in self.kind.columns:
            raise ValueError(f"{self.name} has no column {column}")
        return self.columns.get(column, f"{self.name}.{column}")

    @cached_property
    def select(self) -> str:
        """The beginning of every query."""
        columns = ", ".join(f'{self.term(name)} as "{name}"' for name in self.kind.columns)
        return f"select {columns} from {self.source}"

    def of(self, organisation_id: str, **equal: object) -> "Rows[Row]":
        """The rows of an organisation whose columns equal these values, or one of a list."""
        owner = self.organisation or f"{self.name}.organisation_id"
        mine = Rows(self, (f"{owner} = %(organisation_id)s",), {"organisation_id": organisation_id})
        return mine.only(**equal)

    def of_every_organisation(self, **equal: object) -> "Rows[Row]":
        """The same without a look at whose they are: for work that nobody asked for."""
        return Rows(self, (), {}).only(**equal)

    def order(self, name: str, *columns: str, descending: bool = False) -> "Order[Row]":
        """An order of the rows; together, the columns are different in each of them."""
        types = tuple(_key_type(self.kind.hints[column]) for column in columns)
        terms = tuple(map(self.term, columns))
        return Order(name, columns, types, terms, descending)


def _key_type(hint: Any) -> type[KeyPart]:
    if isinstance(hint, UnionType):
        [hint] = [option for option in get_args(hint) if option is not NoneType]
    if hint not in get_args(KeyPart):
        raise TypeError(f"nothing is put in order by {hint}")
    found: type[KeyPart] = hint
    return found


@dataclass(frozen=True)
class Order(Generic[Row]):
    """How a list is sorted: its name, its SQL, and the key of a row that a cursor holds.

    A cursor is the sort key of the last row shown, readable only as a cursor of the same order, so
    what comes back is always of these types. It grants nothing: the question is scoped as ever.
    A query of its own (`Asked`) has an order without terms, and sorts by the same key itself.
    """

    name: str
    columns: tuple[str, ...]
    types: tuple[type[KeyPart], ...]
    terms: tuple[str, ...] = ()
    descending: bool = False

    @cached_property
    def by(self) -> str:
        """The terms after `order by`."""
        return ", ".join(f"{term} desc" if self.descending else term for term in self.terms)

    @cached_property
    def beyond(self) -> str:
        """The condition that leaves the rows after a key, in the parameters `after_0` and so on."""
        places = ", ".join(f"%(after_{n})s" for n in range(len(self.terms)))
        return f"({', '.join(self.terms)}) {'<' if self.descending else '>'} ({places})"

    @cached_property
    def key(self) -> Callable[[Row], tuple[KeyPart, ...]]:
        """The sort key of a row."""
        getter: Callable[[Row], Any] = attrgetter(*self.columns)
        return getter if len(self.columns) > 1 else lambda row: (getter(row),)

    def cursor(self, row: Row) -> str:
        """The opaque place of a row in this order."""
        return pack(self.name, self.key(row))

    def read(self, cursor: str) -> tuple[KeyPart, ...]:
        """The sort key behind a cursor. Raises `BadCursor` when it is none of this order."""
        return unpack(self.name, self.types, cursor)


@dataclass(frozen=True)
class Rows(Generic[Row]):
    """The rows that a question is about."""

    table: Table[Row]
    conditions: tuple[str, ...]
    values: Mapping[str, object]
    by_index: bool = False
    """Whether a page is read by the keys of what an index found, where that is little."""

    def where(self, condition: LiteralString, **values: object) -> "Rows[Row]":
        """Those that meet the condition too: SQL with `%(name)s` for each of the values."""
        if taken := self.values.keys() & values.keys():
            raise ValueError(f"a value is already called {', '.join(sorted(taken))}")
        return replace(
            self,
            conditions=(*self.conditions, f"({condition})"),
            values={**self.values, **values},
        )

    def only(self, **equal: object) -> "Rows[Row]":
        """Those whose columns equal the values, or one of the values of a list.

        Raises ValueError for None: an id that is missing must not open the whole table.
        """
        found = self
        for column, value in equal.items():
            if value is None:
                raise ValueError(f"{column} is not given")
            if isinstance(value, list | tuple | set | frozenset):
                condition = f"{self.table.term(column)} = any(%({column})s)"
                found = found.where(condition, **{column: list(value)})
            else:
                found = found.where(f"{self.table.term(column)} = %({column})s", **{column: value})
        return found

    def filtered(self, filters: Mapping[str, object]) -> "Rows[Row]":
        """Those that match the filters that somebody chose; None: not chosen."""
        return self.only(**{name: value for name, value in filters.items() if value is not None})

    def searched(self, *typed: str) -> "Rows[Row]":
        """Those whose words meet what somebody typed, in one of these forms of it; all when no word
        was typed."""
        if not (asked := sought(*typed)):
            return self
        condition = asked.met_by(self.table.term("search"))
        return self.found_by_index(condition, **asked.values)

    def found_by_index(self, condition: LiteralString, **values: object) -> "Rows[Row]":
        """Those that meet a condition that has an index of its own."""
        return replace(self.where(condition, **values), by_index=bool(self.table.key))

    async def hits(self, pool: Pool) -> "Rows[Row]":
        """The same rows, by their keys where an index finds few of them.

        Beginnings of words look like those of very many rows to the planner, so that it walks
        through all rows in the order of a page. Where few rows meet the condition, they are found
        by the index first and then read by their keys.
        """
        if not self.by_index:
            return self
        found, rows = await self.keys(pool, MOST_HITS + 1), replace(self, by_index=False)
        if len(found) > MOST_HITS:
            # So many are met soon in any order.
            return rows
        return rows.where(f"{self.table.term(self.table.key)} = any(%(hits)s)", hits=found)

    async def keys(self, pool: Pool, most: int | None = None) -> list[Any]:
        """The keys of the rows, or of so many of them, found by the index of a condition."""
        term, conditions = self.table.term(self.table.key), " and ".join(self.conditions)
        # A limit of its own would have the planner walk as well.
        query = (
            f"with hits as materialized (select {term} as id from {self.table.source}"
            f" where {conditions}) select id from hits limit %(most)s"
        )
        async with pool.connection() as connection:
            values = {**self.values, "most": most}
            cursor = await connection.execute(query.encode(), values, prepare=False)
            return [id for (id,) in await cursor.fetchall()]

    def within(self, box: Box, latitude: str, longitude: str) -> "Rows[Row]":
        """Those whose two columns name a place in the box."""
        return self.where(
            f"{self.table.term(latitude)} between %(south)s and %(north)s"
            f" and {self.table.term(longitude)} between %(west)s and %(east)s",
            **asdict(box),
        )

    async def one(self, pool: Pool) -> Row | None:
        """The row; None when there is none."""
        found = await self._fetch(pool, "")
        return found[0] if found else None

    async def many(self, pool: Pool, order: Order[Row]) -> list[Row]:
        """All of the rows, in order."""
        return await self._fetch(pool, f" order by {order.by}")

    async def page(
        self, pool: Pool, order: Order[Row], after: Sequence[KeyPart] | None, limit: int
    ) -> list[Row]:
        """The first rows after a key of the order, or from its beginning."""
        rows = await self.hits(pool)
        if after is not None:
            rows = rows.where(order.beyond, **{f"after_{n}": part for n, part in enumerate(after)})
        return await rows._fetch(pool, f" order by {order.by} limit {limit:d}", prepare=False)

    async def _fetch(self, pool: Pool, rest: str, *, prepare: bool | None = None) -> list[Row]:
        # A plan that is kept does not know what is asked for. A page of the few rows of a status
        # would walk through all rows in the order of the page, which seems cheap for a common one.
        conditions = " and ".join(self.conditions) or "true"
        query = f"{self.table.select} where {conditions}{rest}"
        async with pool.connection() as connection:
            cursor = connection.cursor(row_factory=self.table.kind.row_factory)
            await cursor.execute(query.encode(), self.values, prepare=prepare)
            return await cursor.fetchall()


@dataclass(frozen=True)
class First(Generic[Row]):
    """The first of some rows in an order; without one, their only row."""

    rows: Rows[Row]
    order: Order[Row] | None = None

    def select(self, part: str) -> str:
        """The query, whose values are called by the name of the part."""
        rows, order = self.rows, f" order by {self.order.by}" if self.order else ""
        conditions = " and ".join(rows.conditions or ("true",)).replace("%(", f"%({part}_")
        columns = rows.table.select.removeprefix("select ")
        return f"select true as is_there, {columns} where {conditions}{order} limit 1"


async def together(
    pool: Pool, a: First[A], b: First[B], c: First[C], d: First[D]
) -> tuple[A | None, B | None, C | None, D | None]:
    """Each row, None where there is none, all in one round trip and of one moment."""
    asked: Sequence[First[Any]] = (a, b, c, d)
    parts = {f"part_{n}": one for n, one in enumerate(asked)}
    joined = [
        f"left join lateral ({one.select(part)}) {part} on true" for part, one in parts.items()
    ]
    columns = ", ".join(f"{part}.*" for part in parts)
    query = f"select {columns} from (select) as nothing {' '.join(joined)}"
    values = {
        f"{part}_{name}": value
        for part, one in parts.items()
        for name, value in one.rows.values.items()
    }
    async with pool.connection() as connection:
        cursor = await connection.execute(query.encode(), values)
        [found] = await cursor.fetchall()
        first, second, third, fourth = _split(cursor, found, asked)
    return first, second, third, fourth


def _split(
    cursor: AsyncCursor[Any], found: Sequence[Any], asked: Sequence[First[Any]]
) -> Iterator[Any]:
    start = 0
    for one in asked:
        kind = one.rows.table.kind
        end = start + 1 + len(kind.columns)
        yield kind.row_factory(cursor)(found[start + 1 : end]) if found[start] else None
        start = end


class Readable(Protocol[Row]):
    """Rows that can be read page by page, like `Rows`."""

    async def page(
        self, pool: Pool, order: Any, after: Sequence[KeyPart] | None, limit: int
    ) -> list[Row]: ...


@dataclass(frozen=True, slots=True)
class Asked(Generic[Row]):
    """Rows that a query of its own reads: those after a key of the order, up to so many."""

    read: Callable[[Pool, Sequence[KeyPart] | None, int], Awaitable[list[Row]]]

    async def page(
        self, pool: Pool, _: "Order[Row]", after: Sequence[KeyPart] | None, limit: int
    ) -> list[Row]:
        """The first rows after a key of the order, or from its beginning."""
        return await self.read(pool, after, limit)


# --- Cursors ------------------------------------------------------------------------------------


def pack(name: str, key: Sequence[KeyPart]) -> str:
    """The opaque form of a sort key of the order of that name."""
    parts = [part.isoformat() if isinstance(part, date) else part for part in key]
    packed = json.dumps([name, *parts], ensure_ascii=False, separators=(",", ":"))
    return base64.urlsafe_b64encode(packed.encode()).rstrip(b"=").decode()


def unpack(name: str, types: Sequence[type[KeyPart]], cursor: str) -> tuple[KeyPart, ...]:
    """The sort key that was packed. Raises `BadCursor` for what no order of that name gave out."""
    try:
        padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
        given, *parts = json.loads(base64.b64decode(padded, b"-_", validate=True))
        if given != name:
            raise BadCursor(cursor)
        return tuple(_part(expected, part) for expected, part in zip(types, parts, strict=True))
    except (OverflowError, RecursionError, TypeError, ValueError) as error:
        raise BadCursor(cursor) from error


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
