"""From a fact in a topic to a mail, with every worker and a broker between them."""

import base64
import json
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest
from fastapi import APIRouter

from contracts.accounts import user_v1
from contracts.accounts.user_v1 import PasswordResetRequested, Role, UserActivated
from contracts.messaging.message_v1 import MessageDelivered
from infra import host, serving
from infra.commands import Aggregate, CommandContext, Done
from infra.host import Running, Service
from infra.settings import Settings
from infra.stack.broker import Broker
from infra.testing.brokers import emptied
from infra.testing.eventually import eventually
from infra.topics import create_topics
from services.messaging.aggregates import MESSAGE
from services.messaging.reactions.notices import KEEPS
from services.messaging.read_models import outbox
from services.messaging.service import service as messaging

USER: Aggregate[Any, Any, Any, Any] = Aggregate(
    contract=user_v1.contract,
    decide=lambda event, _: [event],
    evolve=lambda state, _: state,
    initial=None,
)
ACCOUNTS = Service(name="accounts", aggregates=(USER,), routes=lambda _: APIRouter())
"""Stands for the service of that name: it records what it is told."""

pytestmark = pytest.mark.any_broker


@dataclass
class Way:
    """Both services at work, and where their APIs are."""

    accounts: Running
    messaging: Running
    url: str

    async def happened(self, event: UserActivated | PasswordResetRequested) -> None:
        key, at = uuid4(), datetime.now(UTC)
        context = CommandContext(key, str(key), str(key), "lea", "hiflow", at, str(key))
        done = await self.accounts.commands.handle(USER, event.user_id, event, context)
        assert isinstance(done, Done)

    async def inbox(self) -> str:
        async with httpx.AsyncClient() as client:
            return (await client.get(f"{self.url}/messaging/inbox")).text

    async def delivered(self, user_id: str) -> list[outbox.Line]:
        rows = outbox.table.of("hiflow", user_id=user_id, status="delivered")
        return await rows.many(self.messaging.pool, outbox.NEWEST)

    async def outcomes(self, user_id: str) -> list[str]:
        # A message that was never planned is of no organisation yet.
        rows = outbox.table.of_every_organisation(user_id=user_id)
        return [line.status for line in await rows.many(self.messaging.pool, outbox.NEWEST)]


@asynccontextmanager
async def at_work(broker: Broker, new_database: Callable[[], str]) -> AsyncIterator[Way]:
    await emptied(broker)
    topics = {r.contract.topic: r.contract for r in messaging.reactions}
    await create_topics(broker.bootstrap, [*topics.values(), *messaging.contracts], 1)
    settings = Settings.model_validate(
        {
            "databases": {name: new_database() for name in ("keys", "accounts", "messaging")},
            "kafka": broker.bootstrap,
            "master_keys": json.dumps({"test": base64.b64encode(bytes(range(32))).decode()}),
            "jwks": '{"keys": []}',
            "port": 0,
        }
    )
    async with AsyncExitStack() as stack:
        opened = [
            await stack.enter_async_context(host.opened(one, settings))
            for one in (ACCOUNTS, messaging)
        ]
        for running in opened:
            await stack.enter_async_context(host.working(running))
        site = serving.site(opened, settings)
        url = await stack.enter_async_context(serving.serving(site, settings))
        yield Way(opened[0], opened[1], url)


def activated(user_id: str = "ada", ago: timedelta = timedelta()) -> UserActivated:
    return UserActivated(
        user_id=user_id,
        organisation_id="hiflow",
        email=f"{user_id}@example.org",
        name="Ada Martin",
        language="fr",
        roles=(Role.DRIVER,),
        activated_at=datetime.now(UTC) - ago,
        phone=None,
        has_password=None,
    )


@pytest.mark.requirement("HIF-03", "G-06", "N-01", "T-03")
async def test_an_activated_account_is_told_at_once(
    broker: Broker, new_database: Callable[[], str]
) -> None:
    async with at_work(broker, new_database) as way:
        await way.happened(activated())

        async def arrived() -> None:
            assert "Votre compte est activé" in await way.inbox()

        await eventually(arrived)

        async def known() -> None:
            lines = await way.delivered("ada")
            assert [line.topic for line in lines] == ["security"]
            history = await way.messaging.commands.history(MESSAGE, lines[0].message_id)
            assert isinstance(history[-1].event, MessageDelivered)

        await eventually(known)


async def test_history_that_is_played_into_an_empty_installation_sends_nothing(
    broker: Broker, new_database: Callable[[], str]
) -> None:
    async with at_work(broker, new_database) as way:
        await way.happened(activated("bea", ago=KEEPS + timedelta(minutes=1)))
        await way.happened(activated("ada"))

        async def known() -> None:
            assert await way.outcomes("ada") == ["delivered"]
            assert await way.outcomes("bea") == ["failed"]

        await eventually(known)
        assert "bea@example.org" not in await way.inbox()
