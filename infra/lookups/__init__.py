"""Lookups: other services' facts that commands refer to, in small tables of the service's own.

A lookup is a `View` in the `lookups` of a `Service`: it follows the topic of its owner. A command
asks it before it is decided, so that it never relies on an id that a client made up. A client that
has just written the thing sends its `Relais-Position` as `Relais-Min-Position` with the command.
"""

from dataclasses import dataclass
from typing import Any, TypeVar

from infra.consumers.views import View
from infra.database import Pool
from infra.reading import Table

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

    async def find(self, lookup: View[Row, Any], *key: object) -> Row | None:
        """The row of the key; None where the owner's events made none, or not yet."""
        table = Table(lookup, f"{self.schema}.{lookup.name}")
        values = dict(zip(lookup.primary_key, key, strict=True))
        return await table.of_every_organisation(**values).one(self.pool)

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
