"""One database for many tests gives each what a new one would."""

from collections.abc import Iterator

import psycopg
import pytest

from infra.stack.postgres import PostgresServer
from infra.testing.databases import ReusedDatabase

PREPARATION = """
create table owner (id int generated always as identity primary key, name text);
create table thing (id int primary key, owner int references owner);
create table migrated (part text);
insert into migrated values ('things');
"""
USE = """
insert into owner (name) values ('ada');
insert into thing values (1, 1);
"""


@pytest.fixture
def reused(postgres: PostgresServer) -> Iterator[ReusedDatabase]:
    async def prepare(url: str) -> None:
        run(url, PREPARATION)

    database = ReusedDatabase(postgres, prepare)
    yield database
    database.drop()


def run(url: str, statements: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(statements.encode())


def ask(url: str, query: str) -> list[tuple[object, ...]]:
    with psycopg.connect(url) as connection:
        return connection.execute(query.encode()).fetchall()


async def test_rows_of_an_earlier_test_are_gone_and_those_of_the_preparation_stay(
    reused: ReusedDatabase,
) -> None:
    run(await reused.ready(), USE)
    url = await reused.ready()
    assert ask(url, "select name from owner") == ask(url, "select id from thing") == []
    assert ask(url, "select part from migrated") == [("things",)]


async def test_it_is_the_same_database_and_counts_from_the_beginning(
    reused: ReusedDatabase,
) -> None:
    first = await reused.ready()
    oid = ask(first, "select 'owner'::regclass::oid")
    run(first, USE)
    url = await reused.ready()
    run(url, USE)
    assert ask(url, "select id from owner") == [(1,)]
    assert ask(url, "select 'owner'::regclass::oid") == oid


async def test_nobody_stays_connected(reused: ReusedDatabase) -> None:
    with psycopg.connect(await reused.ready()) as left_over:
        left_over.execute("lock table owner")
        await reused.ready()
        with pytest.raises(psycopg.OperationalError):
            left_over.execute("select 1")


@pytest.mark.parametrize(
    "change",
    [
        "create table another ()",
        "drop table thing",
        "delete from migrated",
        "insert into migrated values ('more')",
        "update migrated set part = 'others'",
    ],
)
async def test_after_any_other_change_it_is_made_anew(reused: ReusedDatabase, change: str) -> None:
    run(await reused.ready(), change)
    url = await reused.ready()
    assert ask(url, "select part from migrated") == [("things",)]
    assert ask(url, "select to_regclass('another')") == [(None,)]
    assert ask(url, "select count(*) from thing") == [(0,)]
