"""Lookups: other services' facts that commands refer to, in small tables of the service's own.

A lookup is a `View` in the `lookups` of a `Service`: it follows the topic of its owner. A command
asks it before it is decided, so that it never relies on an id that a client made up. A client that
has just written the thing sends its `Relais-Position` as `Relais-Min-Position` with the command.
"""

from dataclasses import dataclass
from typing import Any, TypeVar

from psycopg import sql

from infra.consumers.views import View
from infra.store.postgres import Pool

Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class Lookups:
    """Reads the lookups of one service by their key."""

    pool: Pool
    schema: str

    async def find(self, lookup: View[Row, Any], *key: object) -> Row | None:
        """The row of the key; None where the owner's events made none, or not yet."""
        query = sql.SQL("select {columns} from {table} where ({key}) = ({values})").format(
            columns=sql.SQL(", ").join(map(sql.Identifier, lookup.columns)),
            table=sql.Identifier(self.schema, lookup.name),
            key=sql.SQL(", ").join(map(sql.Identifier, lookup.primary_key)),
            values=sql.SQL(", ").join(sql.Placeholder() * len(lookup.primary_key)),
        )
        async with self.pool.connection() as connection:
            cursor = connection.cursor(row_factory=lookup.row_factory)
            await cursor.execute(query, key)
            return await cursor.fetchone()
