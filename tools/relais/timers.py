"""Shows the timers that fall due, and those that are late."""

from psycopg.rows import dict_row

from tools.relais import connections
from tools.relais.answers import Answer, rows

COLUMNS = ("service", "stream", "name", "due_at", "late_seconds")


async def listed(service: str | None, late: bool) -> Answer:
    """The timers by due date; only those overdue when asked."""
    found = []
    settings = connections.settings()
    for name in connections.recording(service):
        async with (
            connections.database(settings, name) as pool,
            pool.connection() as connection,
        ):
            cursor = connection.cursor(row_factory=dict_row)
            await cursor.execute(
                "select stream, name, generation, due_at, greatest(0, extract(epoch from"
                " clock_timestamp() - due_at))::float8 as late_seconds from es.timer"
                " where not %s or due_at < clock_timestamp() order by due_at",
                (late,),
            )
            found += [{"service": name, **row} for row in await cursor.fetchall()]
    return rows(found, COLUMNS, "no timer is set" if not late else "no timer is late")
