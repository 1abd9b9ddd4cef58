"""Finds how dealerships work now: one query for a batch."""

from collections.abc import Sequence
from dataclasses import replace

from infra.database import Connection
from infra.lookups import dealerships
from services.interventions.case.telling import TellColleagues

_COLUMNS = ", ".join(f'"{name}"' for name in dealerships.lookup.columns)


async def at_dealerships(
    connection: Connection, commands: Sequence[TellColleagues]
) -> list[TellColleagues | None]:
    """The commands with how each dealership works now."""
    cursor = connection.cursor()
    ids = list({one.dealership_id for one in commands})
    query = f"select {_COLUMNS} from {dealerships.lookup.name} where dealership_id = any(%s)"
    await cursor.execute(query.encode(), (ids,))
    make = dealerships.lookup.row_factory(cursor)
    found = {one.dealership_id: one for one in map(make, await cursor.fetchall())}
    known = [found.get(one.dealership_id) for one in commands]
    return [
        replace(one, dealership=there) if there else None
        for one, there in zip(commands, known, strict=True)
    ]
