"""Views: rows folded from events, rebuilt beside the old ones and swapped in at once."""

from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, fields, is_dataclass, replace
from datetime import date, datetime
from functools import cached_property
from hashlib import sha256
from operator import attrgetter
from types import NoneType, UnionType
from typing import Any, Generic, TypeVar, get_args, get_origin, get_type_hints

from psycopg import AsyncCursor, sql
from psycopg.rows import RowMaker, class_row
from pydantic import TypeAdapter
from pydantic_core import to_json

from contracts.runtime import REDACTED, Contract
from infra.consumers.filling import Filled, NotFilled
from infra.consumers.handler import Handler
from infra.consumers.records import Delivery, Partition
from infra.consumers.subscriptions import Reads, Subscription, event_classes, merged
from infra.database import Connection, Pool
from infra.locks import Lock
from infra.migrations import apply_migrations
from infra.searching import INDEX, KEPT, Words

Row = TypeVar("Row")
E = TypeVar("E")

Key = tuple[Any, ...]
FORGETTING = ".subject_forgotten"

_COLUMN_TYPES: Mapping[Any, str] = {
    str: "text",
    Words: "text",
    int: "bigint",
    float: "double precision",
    bool: "boolean",
    datetime: "timestamptz",
    date: "date",
}

_SCHEMA = """
create schema if not exists views;
create table if not exists views.generation (
  view        text        not null,
  number      int         not null,
  state       text        not null,
  fingerprint text        not null,
  created_at  timestamptz not null default clock_timestamp(),
  primary key (view, number)
);
alter table views.generation drop constraint if exists generation_state_check;
alter table views.generation add constraint generation_state_check
  check (state in ('filling', 'building', 'active', 'previous', 'dropped'));
create unique index if not exists one_active on views.generation (view) where state = 'active';
"""
# Each release reads tables of its own shape, so each shape has an active generation.
_ONE_ACTIVE_A_SHAPE = """
drop index views.one_active;
create unique index one_active on views.generation (view, fingerprint) where state = 'active';
"""


class OutOfOrder(Exception):
    """An event came for a row that its history has not made yet."""

    def __init__(self, event: object) -> None:
        super().__init__(f"{type(event).__name__} before the event that makes its row")


@dataclass(frozen=True)
class View(Generic[Row, E]):
    """One table of a read service: its row, its key, and the pure fold that makes it.

    `key` answers which row an event belongs to, None when it concerns none. `project` takes the
    row as it is (None: there is none) and answers the row as it shall be (None: it goes away).
    Values are set, never incremented, so seeing an event again is harmless. Both take the events
    in `reads`, no more and no less; other events of the contract never reach them.
    """

    name: str
    contract: Contract[Any]
    row: type[Row]
    primary_key: tuple[str, ...]
    key: Callable[[E], Key | None]
    project: Callable[[Row | None, E], Row | None]
    indexes: tuple[str, ...] = ()
    subject: str = ""
    """The column that says whose personal text a row holds, where `project` cannot know it."""
    personal: tuple[str, ...] = ()
    """The columns of that text; they read XXXX once their subject is forgotten."""
    reads: Reads = field(kw_only=True)
    """One event class of the contract, or a union of several."""

    def __post_init__(self) -> None:
        # Asked for once, so that a wrong declaration fails where it stands.
        _ = self.events

    @cached_property
    def events(self) -> frozenset[type[Any]]:
        """The classes of the events that it reads."""
        reader = f"view {self.name}"
        return event_classes(reader, self.contract, self.reads, self.key, self.project)

    @cached_property
    def columns(self) -> tuple[str, ...]:
        """The fields of the row, in order."""
        return tuple(field.name for field in fields(self.row))  # type: ignore[arg-type]

    @cached_property
    def values_of(self) -> Callable[[Row], tuple[Any, ...]]:
        """The values of a row, in the order of the columns."""
        return attrgetter(*self.columns)

    @cached_property
    def key_of(self) -> Callable[[Row], Key]:
        """The primary key of a row, as a tuple."""
        getter = attrgetter(*self.primary_key)
        return getter if len(self.primary_key) > 1 else lambda row: (getter(row),)

    @cached_property
    def hints(self) -> Mapping[str, Any]:
        """The types of the columns."""
        return get_type_hints(self.row)

    @cached_property
    def stream_column(self) -> int | None:
        """Which part of the key is the id of the stream; with one, no two streams share a row."""
        [name] = {kind.key for kind in self.contract.types}
        return self.primary_key.index(name) if name in self.primary_key else None

    @cached_property
    def _readers(self) -> list[tuple[int, Callable[[Any], Any]]]:
        hints = [self.hints[name] for name in self.columns]
        return [(n, _reader(hint)) for n, hint in enumerate(hints) if get_origin(hint) is tuple]

    def row_factory(self, cursor: AsyncCursor[Any]) -> RowMaker[Row]:
        """Rows from a cursor that selects the columns in order; arrays come as tuples."""
        row, names, readers = self.row, self.columns, self._readers
        by_name = any(one.kw_only for one in fields(row))  # type: ignore[arg-type]

        def make(values: Sequence[Any]) -> Row:
            whole = list(values)
            for place, read in readers:
                whole[place] = read(whole[place])
            return row(**dict(zip(names, whole, strict=True))) if by_name else row(*whole)

        return make

    def definition(self) -> str:
        """The column list of the table, from the types of the row."""
        columns = [f'"{name}" {_column(self.hints[name])}' for name in self.columns]
        kept = [KEPT.format(column=name) for name in self._words]
        return ", ".join([*columns, *kept, f"primary key ({', '.join(self.primary_key)})"])

    @cached_property
    def all_indexes(self) -> tuple[str, ...]:
        """The indexes of the table: those of the view, and one over each column of words."""
        return (*self.indexes, *(INDEX.format(column=name) for name in self._words))

    @cached_property
    def _words(self) -> tuple[str, ...]:
        return tuple(name for name in self.columns if self.hints[name] is Words)

    def nested(self) -> list[str]:
        """The fields inside columns that hold values of ours."""
        items = [get_args(hint)[0] for hint in self.hints.values() if get_origin(hint) is tuple]
        return [
            f"{item}.{name}: {hint}"
            for item in items
            if is_dataclass(item)
            for name, hint in get_type_hints(item).items()
        ]


def subscriptions(views: Sequence[View[Any, Any]]) -> tuple[Subscription, ...]:
    """Subscriptions to the events these tables read, and to forgetting where they hold texts."""
    forgets = any(view.personal for view in views)
    return merged(
        Subscription(
            view.contract, view.contract.types_of(view.events) | _forgetting_of(view, forgets)
        )
        for view in views
    )


def _forgetting_of(view: View[Any, Any], forgets: bool) -> frozenset[str]:
    types = (kind.type for kind in view.contract.types if kind.type.endswith(FORGETTING))
    return frozenset(types) if forgets else frozenset()


def _column(hint: Any) -> str:
    if get_origin(hint) is tuple:
        item = get_args(hint)[0]
        return "jsonb not null" if is_dataclass(item) else f"{_COLUMN_TYPES[item]}[] not null"
    if isinstance(hint, UnionType):
        [plain] = [option for option in get_args(hint) if option is not NoneType]
        return _COLUMN_TYPES[plain]
    return f"{_COLUMN_TYPES[hint]} not null"


def _reader(hint: Any) -> Callable[[Any], Any]:
    item = get_args(hint)[0]
    return TypeAdapter(hint).validate_python if is_dataclass(item) else tuple


@dataclass(frozen=True, slots=True)
class Generation:
    """One build of all tables of a read service, in a schema of its own.

    It has its own consumer name, so its positions and parked records are its own.
    """

    view: str
    number: int
    state: str
    fingerprint: str

    @property
    def schema(self) -> str:
        """The schema that holds its tables."""
        return f"{self.view}_{self.number}"

    @property
    def shape(self) -> str:
        """The schema through which queries read the active generation of this shape."""
        return shape_schema(self.view, self.fingerprint)

    @property
    def consumer(self) -> str:
        """Its name as a consumer and as a Kafka group."""
        return f"views.{self.view}.{self.number}"


def fingerprint_of(tables: Sequence[View[Any, Any]]) -> str:
    """Changes with the shape of the tables: code feeds and reads only tables of its own shape."""
    shape = to_json([(t.name, t.definition(), t.nested(), t.all_indexes) for t in tables])
    return sha256(shape).hexdigest()[:16]


def shape_schema(view: str, fingerprint: str) -> str:
    """The schema that shows the active generation of a shape, by the plain names of its tables."""
    return f"{view}_shape_{fingerprint}"


class Generations:
    """The generations of one read service, as the code of one release sees them.

    Releases with tables of different shapes run side by side. Each feeds the generations of its
    shape, and its queries read the active one of them through a schema of their own (`shape`).
    Schema `<view>` shows people, and releases before that, what was activated last.
    """

    def __init__(self, view: str, tables: Sequence[View[Any, Any]], pool: Pool) -> None:
        self.view = view
        self.tables = tables
        self._pool = pool

    @cached_property
    def fingerprint(self) -> str:
        """The shape of this code's tables."""
        return fingerprint_of(self.tables)

    @property
    def shape(self) -> str:
        """The schema that queries of this code read."""
        return shape_schema(self.view, self.fingerprint)

    async def migrate(self) -> None:
        """Create the registry and the first generation of all. Safe to repeat, also at once.

        A shape that is new beside others is not made here: a rebuild fills it first.
        """
        await apply_migrations(self._pool, "views", [_SCHEMA, _ONE_ACTIVE_A_SHAPE])
        async with self._changing() as connection:
            known = await connection.execute(
                "select from views.generation where view = %s", (self.view,)
            )
            if known.rowcount == 0:
                await self._activate(connection, await self._create(connection, "building"))
            # Releases before this one kept no schema for each shape.
            active = self._active(await self._all(connection))
            if active is not None and await _lacks(connection, self.shape):
                await self._show(connection, active, self.shape)

    @asynccontextmanager
    async def _changing(self) -> AsyncIterator[Connection]:
        """A transaction that changes generations; one at a time."""
        async with self._pool.connection() as connection, connection.transaction():
            await connection.execute("select pg_advisory_xact_lock(%s, 0)", (Lock.GENERATIONS,))
            yield connection

    async def all(self) -> list[Generation]:
        """Every generation there is, oldest first."""
        async with self._pool.connection() as connection:
            return await self._all(connection)

    async def _all(self, connection: Connection) -> list[Generation]:
        cursor = connection.cursor(row_factory=class_row(Generation))
        await cursor.execute(
            "select view, number, state, fingerprint from views.generation"
            " where view = %s and state <> 'dropped' order by number",
            (self.view,),
        )
        return await cursor.fetchall()

    async def fed(self) -> list[Generation]:
        """The generations to feed from the topics: of this code's shape, and done filling."""
        return [
            g
            for g in await self.all()
            if g.fingerprint == self.fingerprint and g.state != "filling"
        ]

    async def active(self) -> Generation | None:
        """The generation that queries of this code read; None while its shape has none filled."""
        return self._active(await self.all())

    def _active(self, known: Sequence[Generation]) -> Generation | None:
        ours = (g for g in known if g.fingerprint == self.fingerprint and g.state == "active")
        return next(ours, None)

    async def unfilled(self) -> str | None:
        """Why queries of this code have nothing to read; None when they have."""
        if await self.active() is not None:
            return None
        return (
            f"no tables of {self.view} in the shape of this release are filled yet:"
            " `relais views rebuild` of this release fills them"
        )

    async def seen(self, streams: Sequence[str]) -> dict[str, int]:
        """The version of each stream that queries of this code show; 0 when they show none yet."""
        async with self._pool.connection() as connection:
            cursor = await connection.execute(
                "select s, coalesce(v.version, 0) from unnest(%s::text[]) s"
                " left join views.generation g"
                "   on g.view = %s and g.fingerprint = %s and g.state = 'active'"
                " left join consumer.stream v"
                "   on v.consumer = format('views.%%s.%%s', g.view, g.number) and v.stream = s",
                (list(streams), self.view, self.fingerprint),
            )
            return dict(await cursor.fetchall())

    async def reached(self) -> tuple[int, ...]:
        """How far the tables are that queries of this code read; other numbers when they moved on,
        also by what was parked and is not any more."""
        async with self._pool.connection() as connection:
            cursor = await connection.execute(
                "select number,"
                " (select coalesce(sum(next_offset), 0)::bigint from consumer.position"
                "   where consumer = format('views.%%s.%%s', view, number)),"
                " (select count(*) from consumer.parked"
                "   where consumer = format('views.%%s.%%s', view, number))"
                " from views.generation where view = %s and fingerprint = %s and state = 'active'",
                (self.view, self.fingerprint),
            )
            return tuple(await cursor.fetchone() or ())

    async def create(self, *, indexed: bool = True) -> Generation:
        """A new, empty generation beside the others; nothing reads or feeds it yet.

        Much is filled in sooner before there are indexes: `index` makes them afterwards.
        """
        async with self._changing() as connection:
            return await self._create(connection, "filling", indexed=indexed)

    async def _create(
        self, connection: Connection, state: str, *, indexed: bool = True
    ) -> Generation:
        cursor = await connection.execute(
            "insert into views.generation (view, number, state, fingerprint)"
            " select %s, coalesce(max(number), 0) + 1, %s, %s"
            " from views.generation where view = %s returning number",
            (self.view, state, self.fingerprint, self.view),
        )
        row = await cursor.fetchone()
        assert row is not None
        made = Generation(self.view, row[0], state, self.fingerprint)
        await connection.execute(_ddl("create schema {schema}", made))
        for table in self.tables:
            text = "create table {schema}.{table} (" + table.definition() + ")"
            await connection.execute(_ddl(text, made, table))
            if indexed:
                await _index(connection, made, table)
        return made

    async def index(self, generation: Generation) -> None:
        """Make the indexes of one that was created without them, and the planner know its rows."""
        for table in self.tables:
            async with self._pool.connection() as connection:
                await _index(connection, generation, table)
                await connection.execute(_ddl("analyze {schema}.{table}", generation, table))

    async def filled(
        self, generation: Generation, ends: Mapping[Partition, tuple[int, int]]
    ) -> Generation:
        """Let it be fed from the topics: each partition from an offset on, in a timeline."""
        async with self._changing() as connection:
            for (topic, partition), (next_offset, timeline) in ends.items():
                await connection.execute(
                    "insert into consumer.position"
                    " (consumer, topic, partition, next_offset, timeline)"
                    " values (%s, %s, %s, %s, %s)",
                    (generation.consumer, topic, partition, next_offset, timeline),
                )
            await connection.execute(
                "update views.generation set state = 'building' where view = %s and number = %s",
                (generation.view, generation.number),
            )
        return replace(generation, state="building")

    async def activate(self, generation: Generation) -> None:
        """Let queries read this generation, in one transaction; the former one stays.

        Called with the former one, it swaps back. What releases of other shapes read stays as it
        is. Raises ValueError for one of another shape, still filling, or gone.
        """
        async with self._changing() as connection:
            await self._activate(connection, generation)

    async def _activate(self, connection: Connection, generation: Generation) -> None:
        if generation.fingerprint != self.fingerprint:
            raise ValueError(f"{generation.schema} has tables of another release, which reads it")
        await connection.execute(
            "update views.generation set state = 'previous'"
            " where view = %s and fingerprint = %s and state = 'active' and number <> %s",
            (self.view, self.fingerprint, generation.number),
        )
        cursor = await connection.execute(
            "update views.generation set state = 'active'"
            " where view = %s and number = %s and state <> 'filling'",
            (self.view, generation.number),
        )
        if cursor.rowcount == 0:
            raise ValueError(f"{generation.schema} is still filling, or gone")
        await self._show(connection, generation, self.shape)
        await self._show(connection, generation, self.view)

    async def _show(self, connection: Connection, generation: Generation, schema: str) -> None:
        """Let a schema show the tables of a generation."""
        await connection.execute(_ddl("create schema if not exists {to}", generation, to=schema))
        for table in self.tables:
            for text in (
                "drop view if exists {to}.{table}",
                "create view {to}.{table} as select * from {schema}.{table}",
            ):
                await connection.execute(_ddl(text, generation, table, schema))

    async def drop(self, generation: Generation, *, of_another_release: bool = False) -> None:
        """Remove a generation that is not active, with its positions and parked records.

        Its number is not used again: who feeds it may not have noticed yet. One that is active for
        releases of another shape goes only when asked for as such, once none of them runs any more.
        Raises ValueError for one that stays.
        """
        async with self._changing() as connection:
            cursor = await connection.execute(
                "update views.generation set state = 'dropped' where view = %s and number = %s"
                " and state <> 'dropped' and (state <> 'active' or %s and fingerprint <> %s)",
                (self.view, generation.number, of_another_release, self.fingerprint),
            )
            if cursor.rowcount == 0:
                raise ValueError(f"{generation.schema} is active, or gone")
            await connection.execute(_ddl("drop schema {schema} cascade", generation))
            if generation.state == "active":
                await connection.execute(_ddl("drop schema if exists {shape} cascade", generation))
            for table in ("position", "stream", "parked"):
                await connection.execute(
                    sql.SQL("delete from consumer.{} where consumer = %s").format(
                        sql.Identifier(table)
                    ),
                    (generation.consumer,),
                )


async def _index(connection: Connection, made: Generation, table: View[Any, Any]) -> None:
    for index in table.all_indexes:
        await connection.execute(_ddl("create index on {schema}.{table} " + index, made, table))


async def _lacks(connection: Connection, schema: str) -> bool:
    cursor = await connection.execute("select to_regnamespace(%s) is null", (schema,))
    return await cursor.fetchone() == (True,)


def _ddl(
    text: str, generation: Generation, table: View[Any, Any] | None = None, to: str = ""
) -> sql.Composed:
    return sql.SQL(text).format(
        schema=sql.Identifier(generation.schema),
        shape=sql.Identifier(generation.shape),
        table=sql.Identifier(table.name if table else ""),
        to=sql.Identifier(to),
    )


class ViewHandler(Handler):
    """Folds a batch into the tables of one generation: load once, fold, write once."""

    can_be_repeated = True
    refolds = True

    def __init__(
        self, generation: Generation, tables: Iterable[View[Any, Any]], *, filling: bool = False
    ) -> None:
        """`filling`: into tables that only this handler writes, each stream whole and once."""
        chosen = list(tables)
        self._tables = [_Table(generation, table, filling) for table in chosen]
        self._forgetting = frozenset(
            kind.cls
            for table in chosen
            for kind in table.contract.types
            if kind.type.endswith(FORGETTING)
        )

    async def prefetch(self, connection: Connection, events: Sequence[Any]) -> None:
        self._clear()
        for table in self._tables:
            await table.ask(connection, events)

    async def handle(
        self, connection: Connection, deliveries: Sequence[Delivery]
    ) -> Mapping[int, Exception]:
        try:
            return await self._handle(connection, deliveries)
        finally:
            self._clear()

    async def fill(self, connection: Connection, events: Sequence[Filled]) -> None:
        """Fold whole streams; see `filling.Filler`."""
        forgotten = [
            one.stream.partition("/")[2] for one in events if type(one.event) in self._forgetting
        ]
        await self.prefetch(connection, [one.event for one in events])
        try:
            for table in self._tables:
                await table.load()
                table.fold(events)
                # The database writes these rows while those of the next table are folded.
                await table.write(connection)
            await self._forget(connection, forgotten)
        finally:
            self._clear()

    async def refold(
        self, connection: Connection, topic: str, key: str, deliveries: Sequence[Delivery]
    ) -> Exception | None:
        self._clear()
        shared = [table for table in self._tables if table.is_shared]
        for table in shared:
            await table.ask(connection, [delivery.event for delivery in deliveries])
        for table in shared:
            await table.load()
        try:
            if failed := self._fold(deliveries):
                return next(iter(failed.values()))
            for table in self._tables:
                await table.replace(connection, topic, key)
            await self._forget(connection, _forgotten(deliveries))
        finally:
            self._clear()
        return None

    def _clear(self) -> None:
        for table in self._tables:
            table.clear()

    async def _handle(
        self, connection: Connection, deliveries: Sequence[Delivery]
    ) -> Mapping[int, Exception]:
        events = [delivery.event for delivery in deliveries]
        # All questions leave before the first answer is waited for.
        for table in self._tables:
            await table.ask(connection, events)
        for table in self._tables:
            await table.load()
        failed = self._fold(deliveries)
        for table in self._tables:
            await table.write(connection)
        await self._forget(connection, _forgotten(deliveries))
        return failed

    async def _forget(self, connection: Connection, forgotten: Sequence[str]) -> None:
        if forgotten:
            for table in self._tables:
                await table.forget(connection, forgotten)

    def _fold(self, deliveries: Sequence[Delivery]) -> dict[int, Exception]:
        failed: dict[int, Exception] = {}
        broken: set[str] = set()
        readers: dict[type[Any], list[_Table]] = {}
        for index, delivery in enumerate(deliveries):
            if delivery.stream in broken:
                continue
            kind = type(delivery.event)
            if (tables := readers.get(kind)) is None:
                tables = readers[kind] = [table for table in self._tables if kind in table.events]
            try:
                changes = [table.project(delivery.event) for table in tables]
            except Exception as error:  # noqa: BLE001
                broken.add(delivery.stream)
                failed[index] = error
                continue
            for table, change in zip(tables, changes, strict=True):
                table.accept(change)
        return failed


Change = tuple[Key, Any] | None


class _Table:
    """The rows of one table while a batch is folded."""

    def __init__(self, generation: Generation, view: View[Any, Any], filling: bool) -> None:
        self._view = view
        self.events = view.events
        # Then no row is there before its stream comes, and none is written again after it.
        self._new = filling and view.stream_column is not None
        self._rows: dict[Key, Any] = {}
        self._changed: set[Key] = set()
        self._asked_for: set[Key] = set()
        self._answers: list[AsyncCursor[Any]] = []
        name = sql.Identifier(generation.schema, view.name)
        keys = sql.SQL(", ").join(map(sql.Identifier, view.primary_key))
        columns = sql.SQL(", ").join(map(sql.Identifier, view.columns))
        self._select = (
            sql.SQL(
                "select {columns} from {name} t join (select {keys} from"
                " json_populate_recordset(null::{name}, %s::text::json)) k using ({keys})"
            )
            .format(columns=columns, name=name, keys=keys)
            .as_bytes()
        )
        insert = sql.SQL(
            "insert into {name} ({columns}) select {columns} from"
            " json_populate_recordset(null::{name}, %s::text::json)"
        ).format(columns=columns, name=name)
        upsert = insert + sql.SQL(" on conflict ({keys}) do update set {assignments}").format(
            keys=keys, assignments=self._assignments()
        )
        self._write = (insert if self._new else upsert).as_bytes()
        self._delete = (
            sql.SQL(
                "delete from {name} where ({keys}) in (select {keys} from"
                " json_populate_recordset(null::{name}, %s::text::json))"
            )
            .format(name=name, keys=keys)
            .as_bytes()
        )
        self._forget = _forgetting(view, name) if view.personal else None
        self._delete_all = None
        self.is_shared = view.stream_column is None
        if view.stream_column is not None:
            column = sql.Identifier(view.primary_key[view.stream_column])
            text = sql.SQL("delete from {} where {} = %s").format(name, column)
            self._delete_all = text.as_bytes()

    def _assignments(self) -> sql.Composed:
        return sql.SQL(", ").join(
            sql.SQL("{column} = excluded.{column}").format(column=sql.Identifier(column))
            for column in self._view.columns
        )

    def clear(self) -> None:
        self._rows.clear()
        self._changed.clear()
        self._asked_for.clear()
        self._answers.clear()

    async def ask(self, connection: Connection, events: Iterable[Any]) -> None:
        """Ask for the rows of these events that were not asked for since `clear`."""
        if self._new:
            return
        ours = (event for event in events if type(event) in self.events)
        keys = {key for event in ours if (key := self._view.key(event)) is not None}
        if new := keys - self._asked_for:
            self._asked_for |= new
            cursor = connection.cursor(row_factory=self._view.row_factory, binary=True)
            self._answers.append(cursor)
            await cursor.execute(self._select, (self._keys_json(new),))

    async def load(self) -> None:
        for cursor in self._answers:
            for row in await cursor.fetchall():
                self._rows[self._view.key_of(row)] = row

    def project(self, event: Any) -> Change:
        key = self._view.key(event)
        return None if key is None else (key, self._view.project(self._rows.get(key), event))

    def fold(self, filled: Iterable[Filled]) -> None:
        """Project and accept all that is read of it. Raises `NotFilled`."""
        for one in filled:
            if type(one.event) in self.events:
                try:
                    self.accept(self.project(one.event))
                except Exception as error:
                    raise NotFilled(one) from error

    def accept(self, change: Change) -> None:
        if change is None:
            return
        key, row = change
        if row is None:
            self._rows.pop(key, None)
        else:
            self._rows[key] = row
        self._changed.add(key)

    async def write(self, connection: Connection) -> None:
        # In one order everywhere, so that two writers cannot wait for each other.
        changed = sorted(self._changed)
        kept = [self._rows[key] for key in changed if key in self._rows]
        gone = [key for key in changed if key not in self._rows]
        if kept:
            await connection.execute(self._write, (_json(kept),))
        if gone:
            await connection.execute(self._delete, (self._keys_json(gone),))

    async def replace(self, connection: Connection, topic: str, key: str) -> None:
        """Write the rows that were folded, in the place of all rows of their stream.

        Where streams share rows, what the events set is written over what is there.
        """
        if topic != self._view.contract.topic:
            return
        if self._delete_all is not None:
            await connection.execute(self._delete_all, (key,))
        await self.write(connection)

    async def forget(self, connection: Connection, subjects: Sequence[str]) -> None:
        """Drop what rows still say about people who were forgotten since they were written."""
        if self._forget is not None:
            await connection.execute(self._forget, (REDACTED, list(subjects)))

    def _keys_json(self, keys: Iterable[Key]) -> str:
        return _json([dict(zip(self._view.primary_key, key, strict=True)) for key in keys])


def _forgetting(view: View[Any, Any], name: sql.Identifier) -> sql.Composed:
    columns = [sql.Identifier(column) for column in view.personal]
    redacted = sql.SQL(", ").join(
        sql.SQL("{0} = case when {0} is null then null else word end").format(c) for c in columns
    )
    return sql.SQL(
        "update {} set {} from (values (%s::text)) as forgotten(word) where {} = any(%s)"
    ).format(name, redacted, sql.Identifier(view.subject))


def _forgotten(deliveries: Sequence[Delivery]) -> list[str]:
    """The subjects of streams which say that they are forgotten."""
    return [d.envelope.subject for d in deliveries if d.envelope.type.endswith(FORGETTING)]


def _json(rows: Sequence[Any]) -> str:
    """Rows as PostgreSQL reads them: a dataclass is an object, a tuple an array."""
    return to_json(rows).decode()
