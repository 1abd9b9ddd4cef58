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
