"""The service over a real database, without a broker: tests hand it the events."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from contracts.alerts.alert_v1 import DriverAlerted
from contracts.missions import trip_v1
from infra.consumers.reactions import ReactionHandler
from infra.host import Running, opened
from infra.testing.deliveries import deliveries
from infra.testing.following import follow
from infra.testing.serving import settings_of
from services.alerts.aggregates import ALERT
from services.alerts.service import service
from services.alerts.tests.make import NOON


@dataclass
class Stage:
    """Takes events as the topics would bring them, in the order they are given."""

    running: Running
    versions: Any = field(default_factory=lambda: count(1))

    async def saw(self, *events: Any) -> None:
        """Facts about drivers and their searches."""
        await follow(self.running, *events)

    async def published(self, *trips: trip_v1.TripPublished) -> None:
        """Facts about trips, in one batch."""
        [matcher] = (one for one in service.reactions if one.contract is trip_v1.contract)
        handler = ReactionHandler(matcher, self.running.commands, "alerts")
        batch = deliveries([trip_v1.contract], trips, self.versions, NOON)
        async with self.running.pool.connection() as connection, connection.transaction():
            assert await handler.handle(connection, batch) == {}

    async def alerted(self, trip_id: str = "t-1") -> list[tuple[str, str]]:
        """The drivers who were told of a trip, each with the search it was for."""
        entries = await self.running.commands.history(ALERT, trip_id)
        alerts = [entry.event for entry in entries if isinstance(entry.event, DriverAlerted)]
        return [(alert.driver_id, alert.search_id) for alert in alerts]


@asynccontextmanager
async def staged(database: str) -> AsyncIterator[Stage]:
    async with opened(service, settings_of(service, database)) as running:
        yield Stage(running)
