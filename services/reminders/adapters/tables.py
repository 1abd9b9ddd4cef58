"""Reads the tables of the service for many commands at once, in the transaction of a reaction."""

from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

from infra.consumers.views import View
from infra.database import Connection

Row = TypeVar("Row")


async def rows_of(
    connection: Connection, view: View[Row, Any], ids: Iterable[str], column: str = ""
) -> list[Row]:
    """The rows of a table whose column, by default the first of the key, is one of these."""
    columns = ", ".join(f'"{name}"' for name in view.columns)
    named = column or view.primary_key[0]
    query = f'select {columns} from {view.name} where "{named}" = any(%s)'
    cursor = connection.cursor(row_factory=view.row_factory)
    await cursor.execute(query.encode(), (sorted({*ids}),))
    return await cursor.fetchall()


async def by_id(
    connection: Connection, view: View[Row, Any], ids: Iterable[str]
) -> Mapping[str, Row]:
    """The rows of a table with a key of one column, by that."""
    [name] = view.primary_key
    return {getattr(row, name): row for row in await rows_of(connection, view, ids)}
