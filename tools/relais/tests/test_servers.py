"""Commands that need servers, and no service, start those of the home when nobody runs them."""

import asyncio
from pathlib import Path

import psycopg
import pytest

from infra.settings import Settings
from infra.stack.postgres import PostgresServer
from tools.relais.keys import with_keys
from tools.relais.tests.conftest import Line


async def left_behind(home: Path) -> None:
    """A home as `relais up` leaves it, with two databases in which nothing was made."""
    with_keys(home, Settings())
    server = PostgresServer(home / "postgres")
    await server.start()
    with psycopg.connect(server.url(), autocommit=True) as connection:
        for name in ("keys", "missions"):
            connection.execute(f"create database relais_{name}".encode())
    await server.stop()


class TestServersAtHand:
    def test_adopting_works_while_no_platform_runs(self, nowhere: Line) -> None:
        asyncio.run(left_behind(nowhere.home))
        found = nowhere.facts("adopt", "missions", "--reason", "restored", "--yes")
        assert [one["service"] for one in found["adopted"]] == ["missions"]
        assert not (nowhere.home / "run.json").exists()
        assert not (nowhere.home / "postgres" / "postmaster.pid").exists()

    def test_a_command_that_records_something_finds_them_as_well(self, nowhere: Line) -> None:
        asyncio.run(left_behind(nowhere.home))
        [found] = nowhere.facts("messages", "again", "m-1", code=1)
        assert found["outcome"] == "There is no such message."

    @pytest.mark.parametrize("words", [("doctor",), ("relay", "status"), ("topics", "list")])
    def test_a_home_without_data_is_named_and_nothing_is_made(
        self, nowhere: Line, words: tuple[str, ...]
    ) -> None:
        said = nowhere.say(*words)
        assert said.exit_code == 3
        assert f"no platform runs in {nowhere.home}" in said.stderr
        assert list(nowhere.home.iterdir()) == []
