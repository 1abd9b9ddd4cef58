"""The database that the tests of a service use, one after the other."""

from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path

import pytest
import pytest_asyncio

from infra.testing.databases import Prepare
from infra.testing.serving import prepare
from services import registry

SERVICES = Path(__file__).parent


@pytest_asyncio.fixture
async def database(
    request: pytest.FixtureRequest, reused_database: Callable[[str, Prepare], Awaitable[str]]
) -> str:
    """The URL of the database of the service whose test this is: migrated, otherwise empty."""
    parts = request.path.relative_to(SERVICES).parts
    name = ".".join(parts[: parts.index("tests")])
    return await reused_database(name, partial(prepare, registry.service(name)))
