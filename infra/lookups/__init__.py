"""Lookups: other services' facts that commands refer to, in small tables of the service's own.

A lookup is a `View` in the `lookups` of a `Service`: it follows the topic of its owner. A command
asks it before it is decided, so that it never relies on an id that a client made up. A client that
has just written the thing sends its `Relais-Position` as `Relais-Min-Position` with the command.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from infra.consumers.views import View
from infra.database import Pool
from infra.reading import Rows, Table

Row = TypeVar("Row")

_VERSION = """
(select coalesce(max(v.version), 0)
   from views.generation g
   join consumer.stream v on v.consumer = format('views.%%s.%%s', g.view, g.number)
  where g.view = %(view)s and g.fingerprint = %(fingerprint)s and g.state = 'active'
    and v.stream = %(stream)s)
"""


@dataclass(frozen=True, slots=True)
class Lookups:
    """Reads the lookups of one service by their key."""

    pool: Pool
    schema: str
    _tables: dict[str, Table[Any]] = field(default_factory=dict, init=False, compare=False)

    async def find(self, lookup: View[Row, Any], *key: object) -> Row | None:
        """The row of the key; None where the owner's events made none, or not yet."""
        return await self.rows(lookup, *key).one(self.pool)

    def rows(self, lookup: View[Row, Any], *key: object) -> Rows[Row]:
        """The row of the key, to be asked for."""
        values = dict(zip(lookup.primary_key, key, strict=True))
        return self.table(lookup).of_every_organisation(**values)

    async def find_all(self, lookup: View[Row, Any], ids: Iterable[str]) -> dict[str, Row]:
        """The rows of several ids, by these, in one statement. The key has one column."""
        [column] = lookup.primary_key
        return {getattr(one, column): one for one in await self.among(lookup, column, ids)}

    async def among(self, lookup: View[Row, Any], column: str, ids: Iterable[str]) -> list[Row]:
        """The rows of which a column is one of these ids, in the order of their keys."""
        if not (wanted := sorted({*ids})):
            return []
        table = self.table(lookup)
        rows = table.of_every_organisation(**{column: wanted})
        return await rows.many(self.pool, table.order(lookup.name, *lookup.primary_key))

    def table(self, lookup: View[Row, Any]) -> Table[Row]:
        """The table of the lookup, for questions of its own."""
        if (table := self._tables.get(lookup.name)) is None:
            table = Table(lookup, f"{self.schema}.{lookup.name}")
            self._tables[lookup.name] = table
        return table

    async def standing(
        self, lookup: View[Row, Any], stream: str, **key: object
    ) -> tuple[Row, int] | None:
        """The row of the key, and the version of its stream (`missions.trip/T1`) that it shows.

        Both are of one moment. None where there is no row.
        """
        columns = ", ".join(f'"{name}"' for name in lookup.columns)
        condition = " and ".join(f"{name} = %({name})s" for name in lookup.primary_key)
        view, _, fingerprint = self.schema.partition("_shape_")
        values = {**key, "view": view, "fingerprint": fingerprint, "stream": stream}
        query = f"select {columns}, {_VERSION} from {self.schema}.{lookup.name} where {condition}"
        async with self.pool.connection() as connection:
            cursor = connection.cursor()
            await cursor.execute(query.encode(), values)
            found = await cursor.fetchone()
            make = lookup.row_factory(cursor)
        return None if found is None else (make(found[:-1]), found[-1])
