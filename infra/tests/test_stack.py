"""The servers of a laptop and of the tests keep what they promise."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg
import pytest
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from infra.stack.broker import Broker
from infra.stack.choice import broker_of
from infra.stack.keeping import keep_running
from infra.stack.ports import free_port
from infra.stack.postgres import PostgresServer
from infra.stack.process import Child, ServerFailed, launcher

ENTERS = "import os, sys; sys.exit(not os.access(sys.argv[1], os.X_OK))"
PREPARES = """
import pathlib, sys
from infra.stack.postgres import initialise
initialise(pathlib.Path(sys.argv[1]))
"""
PARENT = """
import os, pathlib, sys
from infra.stack.process import Child
print(Child(["sleep", "600"], pathlib.Path(sys.argv[1])).pid, flush=True)
os.kill(os.getpid(), 9)
"""


@pytest.fixture
def folder() -> Iterator[Path]:
    with TemporaryDirectory(prefix="relais-") as name:
        yield Path(name)


def ask(url: str, question: str) -> list[tuple[object, ...]]:
    with psycopg.connect(url, autocommit=True) as connection:
        return connection.execute(question.encode()).fetchall()


def answers(url: str) -> bool:
    """Whether a server takes connections."""
    try:
        return ask(url, "select 1") == [(1,)]
    except psycopg.OperationalError:
        return False


def prepared_by(folder: Path, last_words: str) -> str:
    """The words of a preparation of PostgreSQL whose launcher ends with these."""
    launching = folder / "setpriv"
    launching.write_text(f"#!/bin/sh\necho '{last_words}' >&2\nexit 1\n")
    launching.chmod(0o755)
    done = subprocess.run(
        [sys.executable, "-c", PREPARES, str(folder / "data")],
        cwd=Path(__file__).parents[2],
        env={"PATH": f"{folder}:/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode != 0
    return done.stderr


async def topics_of(broker: Broker, *new: str) -> set[str]:
    admin = AIOKafkaAdminClient(bootstrap_servers=broker.bootstrap)
    await admin.start()
    try:
        await admin.create_topics([NewTopic(name, 2, 1) for name in new])
        return set(await admin.list_topics())
    finally:
        await admin.close()


class TestPostgres:
    async def test_a_restart_keeps_the_address_and_the_data(
        self, postgres: PostgresServer, database: str
    ) -> None:
        with psycopg.connect(database) as connection:
            connection.execute("create table kept as select 42 as answer")
        await postgres.restart()
        assert ask(database, "select answer from kept") == [(42,)]

    async def test_a_crash_keeps_what_was_committed(
        self, postgres: PostgresServer, database: str
    ) -> None:
        with psycopg.connect(database) as connection:
            connection.execute("create table kept as select 42 as answer")
        await postgres.kill()
        await postgres.start()
        assert ask(database, "select answer from kept") == [(42,)]

    async def test_a_commit_is_durable(self, folder: Path) -> None:
        server = PostgresServer(folder / "data")
        await server.start()
        for setting in ("fsync", "synchronous_commit", "full_page_writes"):
            assert ask(server.url(), f"show {setting}") == [("on",)]
        await server.stop()

    async def test_tcp_asks_for_the_password(self, folder: Path) -> None:
        server = PostgresServer(folder / "data", port=free_port())
        await server.start()
        url = server.tcp_url()
        assert ask(url, "select 1") == [(1,)]
        with pytest.raises(psycopg.OperationalError, match="password"):
            ask(f"{url}?password=guessed", "select 1")
        await server.stop()

    async def test_a_folder_with_other_things_is_left_alone(self, folder: Path) -> None:
        (folder / "letter.txt").write_text("dear")
        with pytest.raises(ServerFailed, match="neither empty"):
            await PostgresServer(folder).start()
        assert (folder / "letter.txt").read_text() == "dear"

    def test_its_programs_may_be_where_only_the_owner_enters(self, folder: Path) -> None:
        private = folder / "with a blank"
        private.mkdir(mode=0o700)
        program = private / "initdb"
        program.touch(mode=0o755)
        looking = launcher(signal.SIGTERM, unprivileged=True)
        done = subprocess.run([*looking, sys.executable, "-c", ENTERS, str(program)], check=False)
        assert done.returncode == 0

    def test_a_root_that_may_not_become_somebody_else_is_told_what_to_do(
        self, folder: Path
    ) -> None:
        said = prepared_by(folder, "setpriv: setresuid failed")
        assert "do it as another user, or allow the capabilities" in said
        assert "setresuid failed" in said

    def test_initdb_says_why_it_failed(self, folder: Path) -> None:
        assert "initdb: error: no space left" in prepared_by(folder, "initdb: error: no space left")

    def test_every_database_of_a_test_is_its_own(self, new_database: Callable[[], str]) -> None:
        first, second = new_database(), new_database()
        with psycopg.connect(first) as connection:
            connection.execute("create table here ()")
        assert ask(second, "select to_regclass('here')") == [(None,)]


class TestBroker:
    async def test_a_restart_keeps_the_address_and_the_topics(
        self, broker: Broker, topic_prefix: str
    ) -> None:
        await topics_of(broker, topic_prefix + "kept")
        await broker.restart()
        assert topic_prefix + "kept" in await topics_of(broker)

    async def test_a_killed_broker_answers_again_on_its_address(self, broker: Broker) -> None:
        before = broker.bootstrap
        await broker.kill()
        await broker.start()
        assert broker.bootstrap == before
        assert isinstance(await topics_of(broker), set)

    async def test_a_wiped_broker_is_empty(self, broker: Broker, topic_prefix: str) -> None:
        await topics_of(broker, topic_prefix + "lost")
        await broker.wipe()
        assert topic_prefix + "lost" not in await topics_of(broker)

    def test_only_two_kinds_are_known(self, folder: Path) -> None:
        with pytest.raises(ServerFailed, match="noida or apache"):
            broker_of("rabbit", folder)


class Broken:
    """A server that has ended and does not start."""

    running = False

    async def start(self) -> None:
        raise ServerFailed("no memory")


class TestKeeping:
    async def test_a_killed_server_is_started_again_and_leaves_no_zombie(
        self, folder: Path
    ) -> None:
        server = PostgresServer(folder / "data")
        await server.start()
        keeping = asyncio.create_task(keep_running("PostgreSQL", server))
        killed = server.pid
        os.kill(killed, signal.SIGKILL)
        async with asyncio.timeout(60):
            while server.pid == killed or not answers(server.url()):
                await asyncio.sleep(0.05)
        keeping.cancel()
        assert server.pid != killed
        assert not (Path("/proc") / str(killed)).exists()
        await server.stop()

    async def test_a_server_that_does_not_start_again_is_given_up(self) -> None:
        with pytest.raises(ServerFailed, match="no memory"):
            await keep_running("PostgreSQL", Broken(), within_seconds=0)


class TestChild:
    async def test_a_program_that_ends_is_reported_with_its_last_words(self, folder: Path) -> None:
        child = Child(["sh", "-c", "echo goodbye >&2; exit 3"], folder / "log")
        while child.running:
            await asyncio.sleep(0.01)
        with pytest.raises(ServerFailed, match="ended with 3\ngoodbye"):
            child.check()

    def test_a_server_does_not_outlive_a_killed_parent(self, folder: Path) -> None:
        done = subprocess.run(
            [sys.executable, "-c", PARENT, str(folder / "log")],
            cwd=Path(__file__).parents[2],
            capture_output=True,
            check=False,
        )
        assert done.returncode == -signal.SIGKILL
        server = Path("/proc") / done.stdout.decode().strip()
        while server.exists() and "(zombie)" not in (server / "status").read_text():
            time.sleep(0.01)
