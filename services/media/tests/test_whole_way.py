"""From the announcement to the forgetting, with every worker, a broker, S3 and a scanner."""

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from fastapi import APIRouter

from contracts.accounts import user_v1
from contracts.accounts.user_v1 import SubjectForgotten
from infra import host
from infra.commands import Aggregate, CommandContext, Done
from infra.host import Service
from infra.stack.broker import Broker
from infra.testing.brokers import emptied
from infra.testing.eventually import eventually
from infra.topics import create_topics
from services.media.service import service as media
from services.media.tests.caller import Caller, served
from services.media.tests.clamd import EICAR, clamd
from services.media.tests.conftest import Bucket
from services.media.tests.make import PDF

USER: Aggregate[Any, Any, Any, Any] = Aggregate(
    contract=user_v1.contract,
    decide=lambda event, _: [event],
    evolve=lambda state, _: state,
    initial=None,
)
ACCOUNTS = Service(name="accounts", aggregates=(USER,), routes=lambda _: APIRouter())
"""Stands for the service of that name: it records what it is told."""

pytestmark = pytest.mark.any_broker


@asynccontextmanager
async def at_work(
    new_database: Callable[[], str], home: Path, broker: Broker, **named: str
) -> AsyncIterator[tuple[Caller, host.Running]]:
    """Media and accounts with their workers, and a broker between them."""
    await emptied(broker)
    await create_topics(broker.bootstrap, [user_v1.contract, *media.contracts], 1)
    database, named = new_database(), named | {"kafka": broker.bootstrap}
    async with AsyncExitStack() as stack:
        api = await stack.enter_async_context(served(database, home, **named))
        databases = {"accounts": new_database(), "keys": database}
        settings = api.running.settings.model_copy(update={"databases": databases})
        users = await stack.enter_async_context(host.opened(ACCOUNTS, settings))
        for running in (api.running, users):
            await stack.enter_async_context(host.working(running))
        yield api, users


async def forgotten(users: host.Running, who: str) -> None:
    now, key = datetime.now(UTC), uuid4()
    context = CommandContext(key, str(key), str(key), "lea", "hiflow", now, str(key))
    done = await users.commands.handle(
        USER, who, SubjectForgotten(user_id=who, forgotten_at=now), context
    )
    assert isinstance(done, Done)


@pytest.mark.requirement("G-08")
async def test_with_every_worker_files_are_scanned_kept_and_forgotten(
    new_database: Callable[[], str], tmp_path: Path, bucket: Bucket, broker: Broker
) -> None:
    async with (
        clamd() as scanner,
        at_work(new_database, tmp_path, broker, clamd=scanner.address, **bucket.settings) as (
            api,
            users,
        ),
    ):
        file = await api.sent()
        await api.refused("virus", PDF + EICAR)

        async def settled() -> None:
            assert bucket.kept() == ["original"]

        await eventually(settled)
        assert (await api.ask("GET", f"/files/{file}/content")).content == PDF
        await forgotten(users, "ada")

        async def gone() -> None:
            assert (bucket.kept(), await api.rows()) == ([], set())

        await eventually(gone)
        assert await api.status(file) == ("removed", None)
