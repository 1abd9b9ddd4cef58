"""The service over real databases, without a broker: tests hand it the events."""

import base64
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from contracts.missions import trip_v1
from infra.consumers.core import Handler
from infra.consumers.reactions import ReactionHandler
from infra.consumers.views import ViewHandler
from infra.host import Running, opened
from infra.settings import Settings
from infra.testing.deliveries import deliveries
from services.alerts.aggregates import ALERT
from services.alerts.service import service
from services.alerts.tests.make import NOON

MASTER = json.dumps({"test": base64.b64encode(b"m" * 32).decode()})
SOURCES = (*service.sources, trip_v1.contract)


@dataclass
class Stage:
    """Takes events as the topics would bring them, in the order they are given."""

    running: Running
    tables: ViewHandler
    versions: Any = field(default_factory=lambda: count(1))

    async def saw(self, *events: Any) -> None:
        """Facts about drivers and their searches."""
        await self._handle(self.tables, events)

    async def published(self, *trips: trip_v1.TripEvent) -> None:
        """Facts about trips, in one batch."""
        [matcher] = (one for one in service.reactions if one.contract is trip_v1.contract)
        await self._handle(ReactionHandler(matcher, self.running.commands, "alerts"), trips)

    async def alerted(self, trip_id: str = "t-1") -> list[tuple[str, str]]:
        """Who was told of a trip, and for which search."""
        entries = await self.running.commands.history(ALERT, trip_id)
        return [(entry.event.driver_id, entry.event.search_id) for entry in entries]

    async def _handle(self, handler: Handler, events: Any) -> None:
        batch = deliveries(SOURCES, events, self.versions, NOON)
        async with self.running.pool.connection() as connection, connection.transaction():
            assert await handler.handle(connection, batch) == {}


@asynccontextmanager
async def staged(new_database: Callable[[], str]) -> AsyncIterator[Stage]:
    settings = Settings.model_validate(
        {
            "databases": {"alerts": new_database(), "keys": new_database()},
            "master_keys": MASTER,
            "jwks": '{"keys": []}',
        }
    )
    async with opened(service, settings) as running:
        assert running.generations is not None
        active = await running.generations.active()
        assert active is not None
        yield Stage(running, ViewHandler(active, service.views))
