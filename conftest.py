"""The servers every test may use: one PostgreSQL and one broker a session, fresh names a test."""

import os
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import uuid4

import pytest
import pytest_asyncio
from hypothesis import settings

from infra.stack.broker import Broker
from infra.stack.choice import LIBRARIES, broker_of
from infra.stack.objects import ObjectServer
from infra.stack.postgres import PostgresServer
from infra.testing.databases import Prepare, ReusedDatabase, administer

# No assertion on a clock: a busy machine is not a bug.
settings.register_profile("relais", deadline=None)
settings.load_profile("relais")

pytest.register_assert_rewrite("infra.testing.spec")
pytest_plugins = ["infra.testing.requirements"]


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what is to be run on each kind of broker; one platform does for all it shows."""
    for item in items:
        fixtures = getattr(item, "fixturenames", ())
        if "broker" in fixtures and item.get_closest_marker("any_broker") is None:
            item.add_marker("broker")
        if "platform" in fixtures:
            item.add_marker(pytest.mark.xdist_group("platform"))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say on which EventStoreDB the suite of the store ran."""
    where = os.environ.get("RELAIS_EVENTSTORE", "the double of infra/testing/esdb.py")
    terminalreporter.write_line(f"EventStoreDB: {where.rpartition('@')[2]}")


def pytest_make_parametrize_id(val: object) -> str | None:
    """Contents do not name a test: each process may make them anew, with the time in them."""
    return "bytes" if isinstance(val, bytes) else None


@pytest.fixture(scope="session")
def event_store_url() -> str | None:
    """A real EventStoreDB or KurrentDB, when `RELAIS_EVENTSTORE` names one."""
    return os.environ.get("RELAIS_EVENTSTORE")


@pytest.fixture(scope="session")
def broker_kind() -> str:
    """The kind of broker of the run, `noida` or `apache`."""
    return os.environ.get("RELAIS_BROKER", "noida")


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def postgres() -> AsyncIterator[PostgresServer]:
    """The server of the session. A test may restart or kill it, and leaves it running."""
    with TemporaryDirectory(prefix="relais-") as folder:
        # A process that is killed leaves its writes to the system: only a power cut needs these.
        settings = {"fsync": "off", "full_page_writes": "off"}
        server = PostgresServer(Path(folder) / "postgres", settings=settings)
        await server.start()
        yield server
        await server.stop()


@pytest.fixture(scope="session")
def postgres_url(postgres: PostgresServer) -> str:
    """The superuser's URL of the maintenance database."""
    return postgres.url()


@pytest.fixture
def new_database(postgres: PostgresServer) -> Iterator[Callable[[], str]]:
    """Makes empty databases and answers their URLs; all are dropped after the test."""
    names: list[str] = []

    def create() -> str:
        names.append(f"test_{uuid4().hex}")
        administer(postgres, f"create database {names[-1]} template template0")
        return postgres.url(names[-1])

    yield create
    for name in names:
        administer(postgres, f"drop database {name} with (force)")


@pytest.fixture
def database(new_database: Callable[[], str]) -> str:
    """The URL of an empty database of this test alone."""
    return new_database()


@pytest.fixture(scope="session")
def reused_database(
    postgres: PostgresServer,
) -> Iterator[Callable[[str, Prepare], Awaitable[str]]]:
    """Answers the URL of the database of a name, as its preparation has left it.

    The preparation runs once a process; what tests have written since is removed.
    """
    databases: dict[str, ReusedDatabase] = {}

    def ready(name: str, prepare: Prepare) -> Awaitable[str]:
        if name not in databases:
            databases[name] = ReusedDatabase(postgres, prepare)
        return databases[name].ready()

    yield ready
    for database in databases.values():
        database.drop()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def broker(broker_kind: str) -> AsyncIterator[Broker]:
    """The broker of the session, as RELAIS_BROKER says. Topics of other tests may be on it.

    A test may restart, kill or wipe it, and leaves it running.
    """
    with TemporaryDirectory(prefix="relais-") as folder:
        server = broker_of(broker_kind, Path(folder) / "broker")
        await server.start()
        yield server
        await server.kill()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def object_server() -> AsyncIterator[ObjectServer]:
    """A server that speaks S3, as RELAIS_OBJECT_SERVER says: moto, or versitygw built by Go."""
    with TemporaryDirectory(prefix="relais-") as folder:
        kind = os.environ.get("RELAIS_OBJECT_SERVER", "moto")
        server = ObjectServer(kind, Path(folder), LIBRARIES)
        await server.start()
        yield server
        await server.stop()


@pytest.fixture
def topic_prefix() -> str:
    """Begins the names of topics and groups that no other test uses."""
    return f"test-{uuid4().hex[:12]}."
