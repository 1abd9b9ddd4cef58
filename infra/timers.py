"""Timers: rows that fall due; firing records the event and removes the row together."""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from math import inf
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from infra import telemetry
from infra.commands import Aggregate, CommandContext, Commands, Refused
from infra.polling import Polling
from infra.signals import Signal
from infra.store import Fire
from infra.store.protocol import is_away

log = logging.getLogger("relais.timers")

TIMERS = uuid5(NAMESPACE_URL, "relais:timers")
PAGE = 250
"""Timers that are fired together, as far as they are of different streams: what they read and
append travels together."""
RETRY_AFTER = "1 minute"
LONGEST_REST_SECONDS = 4.0


class Timers(Polling):
    """Fires the due timers of one service; any number may run, each timer fires at most once.

    The database's clock says what is due. A timer set, moved or cancelled meanwhile wins. One that
    is refused or fails is postponed, so that it neither gets lost nor holds up the others.
    """

    rest_seconds = 1.0

    def __init__(
        self,
        service: str,
        commands: Commands,
        aggregates: Sequence[Aggregate[Any, Any, Any, Any]],
        appended: Signal | None = None,
    ) -> None:
        """`appended` rings when events were recorded, and maybe timers set."""
        super().__init__(appended)
        self._service = service
        self._commands = commands
        self._aggregates = {a.contract.name: a for a in aggregates if a.on_timer is not None}

    async def turn(self) -> bool:
        fired = await self.fire_due()
        if not fired:
            self.idle_seconds = await self._until_next()
        return fired == PAGE

    async def _until_next(self) -> float:
        """Seconds until the next timer is due, bounded: the clock may be set meanwhile."""
        async with self._commands.store.pool.connection() as connection:
            cursor = await connection.execute(
                "select extract(epoch from min(due_at) - clock_timestamp())::float8 from es.timer"
            )
            row = await cursor.fetchone()
        due_in = inf if row is None or row[0] is None else row[0]
        return min(max(0.0, due_in - self.rest_seconds), LONGEST_REST_SECONDS)

    async def fire_due(self, as_if: datetime | None = None) -> int:
        """Fire one page of due timers and answer how many were looked at.

        `as_if` takes another time for now: what a test or a rehearsal asks for.
        """
        store = self._commands.store
        # A timer that has fired may still be there, and one that is there may not be set.
        await store.settle()
        async with store.pool.connection() as connection:
            cursor = await connection.execute(
                "select stream, name, generation, due_at from es.timer"
                " where due_at <= coalesce(%s, clock_timestamp()) order by due_at limit %s",
                (as_if, PAGE),
            )
            due = await cursor.fetchall()
        streams: dict[str, list[tuple[Fire, datetime]]] = {}
        for stream, name, generation, due_at in due:
            streams.setdefault(stream, []).append((Fire(name, generation), due_at))
        await self._fire_all(streams)
        return len(due)

    async def _fire_all(self, streams: Mapping[str, Sequence[tuple[Fire, datetime]]]) -> None:
        """Fire those of each stream in their order, and streams beside each other."""

        async def of(stream: str, timers: Sequence[tuple[Fire, datetime]]) -> None:
            for timer, due in timers:
                await self._fire(stream, timer, due)

        firing = (of(stream, timers) for stream, timers in streams.items())
        # Nothing is left at work when the store is away: the worker begins anew.
        ended = await asyncio.gather(*firing, return_exceptions=True)
        for failure in filter(None, ended):
            raise failure

    async def _fire(self, stream: str, timer: Fire, due: datetime) -> None:
        try:
            fired = await self._fire_one(stream, timer, due)
        except Exception as error:
            if is_away(error):
                raise  # Nothing is wrong with the timer.
            log.exception("timer %s of %s failed", timer.name, stream)
            fired = False
        if not fired:
            await self._postpone(stream, timer)

    async def _fire_one(self, stream: str, timer: Fire, due: datetime) -> bool:
        name, id = stream.split("-", 1)
        aggregate = self._aggregates[name]
        assert aggregate.on_timer is not None
        command = aggregate.on_timer(timer.name, id, due)
        context = self._context(stream, timer, due)
        result = await self._commands.fire(aggregate, id, command, context, timer)
        if isinstance(result, Refused):
            log.error("timer %s of %s was refused: %s", timer.name, stream, result.rejection)
            return False
        telemetry.timer_fired(self._service, due)
        return True

    async def _postpone(self, stream: str, timer: Fire) -> None:
        async with self._commands.store.pool.connection() as connection:
            await connection.execute(
                f"update es.timer set due_at = clock_timestamp() + interval '{RETRY_AFTER}'"
                " where stream = %s and name = %s and generation = %s",
                (stream, timer.name, timer.generation),
            )

    def _context(self, stream: str, timer: Fire, due: datetime) -> CommandContext:
        cause = f"timer:{stream}:{timer.name}:{timer.generation}"
        return CommandContext(
            command_id=uuid5(TIMERS, f"{self._service}|{cause}"),
            correlation_id=cause,
            causation_id=cause,
            actor=f"timer:{self._service}.{timer.name}",
            organisation_id="",  # That of the stream.
            at=due.astimezone(UTC),
            fingerprint="",
        )
