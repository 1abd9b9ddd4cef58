"""Connections to PostgreSQL as every part of the platform holds them."""

from psycopg import AsyncConnection
from psycopg.rows import TupleRow
from psycopg.types.json import set_json_loads
from psycopg_pool import AsyncConnectionPool
from pydantic_core import from_json

Connection = AsyncConnection[TupleRow]
Pool = AsyncConnectionPool[Connection]

# A fifth of the time that a relay spends on a row was the parsing of its `meta`.
set_json_loads(from_json)
