"""Connections to PostgreSQL as every part of the platform holds them."""

from psycopg import AsyncConnection
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.rows import TupleRow
from psycopg.types.json import set_json_loads
from psycopg_pool import AsyncConnectionPool
from pydantic_core import from_json

Connection = AsyncConnection[TupleRow]
Pool = AsyncConnectionPool[Connection]

# A fifth of the time that a relay spends on a row was the parsing of its `meta`.
set_json_loads(from_json)


async def open_pool(url: str, size: int, name: str, shape: str = "") -> Pool:
    """A pool of autocommit connections, opened; waits for the first one.

    `shape` is the schema in which queries find tables folded from events, by their plain names.
    """
    pool = closed_pool(url, size, name, shape)
    await pool.open(wait=True, timeout=30.0)
    return pool


def closed_pool(url: str, size: int, name: str, shape: str = "") -> Pool:
    """A pool of autocommit connections that is not opened yet."""
    return AsyncConnectionPool(
        make_conninfo(url, application_name=f"relais-{name}", options=_options(url, shape)),
        min_size=1,
        max_size=size,
        open=False,
        timeout=10.0,
        kwargs={"autocommit": True},
        name=name,
    )


def _options(url: str, shape: str) -> str:
    given = str(conninfo_to_dict(url).get("options", ""))
    return f"{given} -c search_path={shape}" if shape else given
