"""One database for many tests: prepared once, and as it was then before each of them."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import psycopg
from psycopg import sql

from infra.stack.postgres import PostgresServer

_TABLES = """
select nspname, relname from pg_class c join pg_namespace n on n.oid = c.relnamespace
 where relkind = 'r' and nspname !~ '^pg_' and nspname <> 'information_schema'
 order by nspname, relname
"""
_DISCONNECT_OTHERS = """
select pg_terminate_backend(pid, 5000) from pg_stat_activity
 where datname = current_database() and pid <> pg_backend_pid()
"""
# Every table is emptied, so it does not matter which refers to which.
_ANY_ORDER = sql.SQL("set session_replication_role = replica")
_RESTART_SEQUENCES = sql.SQL("""
select setval(format('%I.%I', schemaname, sequencename)::regclass, start_value, false)
  from pg_sequences where last_value is not null
""")

Prepare = Callable[[str], Awaitable[None]]
"""Brings the empty database of a URL to what tests begin with."""
Table = tuple[str, str]
"""The schema of a table and its name."""
Connection = psycopg.Connection[tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class Contents:
    """The rows of every table, as text."""

    tables: tuple[tuple[Table, tuple[str, ...]], ...]

    @classmethod
    def read(cls, connection: Connection) -> "Contents":
        tables = _tables(connection)
        found: list[list[str]] = [[] for _ in tables]
        # Asked in one statement: a question takes longer than its answer.
        each = [
            sql.SQL("select {}, t::text from {} t").format(number, sql.Identifier(*table))
            for number, table in enumerate(tables)
        ]
        for number, row in connection.execute(sql.SQL(" union all ").join(each)) if each else ():
            found[number].append(row)
        rows = (tuple(sorted(one)) for one in found)
        return cls(tuple(zip(tables, rows, strict=True)))


def _tables(connection: Connection) -> list[Table]:
    return [(schema, name) for schema, name in connection.execute(_TABLES)]


class ReusedDatabase:
    """The database of one process for the tests of one service.

    Before each test the tables that the preparation left empty are emptied. When a test has changed
    anything else, such as the rows that tell what is migrated, the database is made anew.
    """

    def __init__(self, server: PostgresServer, prepare: Prepare) -> None:
        self._server = server
        self._prepare = prepare
        self._name = f"test_{uuid4().hex}"
        self._prepared: Contents | None = None

    async def ready(self) -> str:
        """Its URL, once it holds what the preparation left and nothing else."""
        if self._prepared is None or not self._emptied(self._prepared):
            self.drop()
            administer(self._server, f"create database {self._name} template template0")
            await self._prepare(self._server.url(self._name))
            with self._connection() as connection:
                self._prepared = Contents.read(connection)
        return self._server.url(self._name)

    def drop(self) -> None:
        """Drop it with whatever is in it."""
        administer(self._server, f"drop database if exists {self._name} with (force)")

    def _emptied(self, prepared: Contents) -> bool:
        with self._connection() as connection:
            # What an earlier test left connected would act in the next one.
            connection.execute(_DISCONNECT_OTHERS)
            kept = {table for table, rows in prepared.tables if rows}
            # For a few rows quicker than `truncate`, which makes new files.
            emptied = [
                sql.SQL("delete from {}").format(sql.Identifier(*table))
                for table in _tables(connection)
                if table not in kept
            ]
            connection.execute(sql.SQL("; ").join([_ANY_ORDER, *emptied, _RESTART_SEQUENCES]))
            return Contents.read(connection) == prepared

    def _connection(self) -> Connection:
        return psycopg.connect(self._server.url(self._name), autocommit=True)


def administer(server: PostgresServer, statement: str) -> None:
    """Run a statement that no transaction can hold, as the superuser."""
    with psycopg.connect(server.url(), autocommit=True) as connection:
        connection.execute(statement.encode())
