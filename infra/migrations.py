"""The tables that a part of the platform keeps in a database, brought to what this code needs."""

from hashlib import sha256

from infra.database import Pool
from infra.locks import Lock

_MARKS = """
create schema if not exists relais;
create table if not exists relais.part (name text primary key, mark text not null);
"""


async def apply_migrations(pool: Pool, part: str, ddl: str) -> None:
    """Run the statements that make a part, unless these very ones were the last to do so.

    Safe to repeat, and from several processes. A database that is up to date is left alone: even
    `create index if not exists` waits for every writer, and every writer for it.
    """
    mark = sha256(ddl.encode()).hexdigest()
    async with pool.connection() as connection, connection.transaction():
        await connection.execute("select pg_advisory_xact_lock(%s, 1)", (Lock.MIGRATION,))
        await connection.execute(_MARKS)
        known = await connection.execute(
            "select from relais.part where name = %s and mark = %s", (part, mark)
        )
        if known.rowcount:
            return
        await connection.execute(ddl.encode())
        await connection.execute(
            "insert into relais.part values (%s, %s)"
            " on conflict (name) do update set mark = excluded.mark",
            (part, mark),
        )
