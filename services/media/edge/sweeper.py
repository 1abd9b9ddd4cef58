"""Clears what nobody needs any more: pieces of what is whole, and all of what is gone."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from uuid import NAMESPACE_URL, uuid5

from contracts.accounts import user_v1
from infra.commands import CommandContext, Commands
from infra.consumers.records import Delivery
from infra.consumers.transports import FaustAgent
from infra.host import Running
from infra.objects import objects_of
from infra.store.postgres import Connection, Pool
from infra.supervisor import Progress
from services.media import file
from services.media.aggregates import FILE
from services.media.edge.scanner import NoScanner
from services.media.edge.shelf import Busy, Shelf

FORGETTING = uuid5(NAMESPACE_URL, "relais:media:forgetting")
POLL_SECONDS = 2.0
LATER = "10 minutes"
PAGE = 50


class Sweeper:
    """Looks at files that ended or are overdue. Several may run; what fails is tried again.

    It deletes first and forgets the row afterwards, so a crash leaves the row to begin from.
    """

    def __init__(self, pool: Pool, commands: Commands, shelf: Shelf) -> None:
        self.progress = Progress()
        self._pool, self._commands, self._shelf = pool, commands, shelf
        self._stopping = asyncio.Event()

    def stop(self) -> None:
        """Finish the page at hand, then return from `run`."""
        self._stopping.set()

    async def run(self) -> None:
        """Sweep until stopped."""
        while not self._stopping.is_set():
            looked = await self.sweep()
            self.progress.tick()
            if looked < PAGE:
                await self._pause()

    async def sweep(self, as_if: datetime | None = None) -> int:
        """Look at one page of files, and say at how many. `as_if` takes another time for now."""
        async with self._pool.connection() as connection:
            # Put off first, so that one that fails does not hold up the others.
            cursor = await connection.execute(
                f"update media.file set look_at = clock_timestamp() + interval '{LATER}'"
                " where file_id in (select file_id from media.file"
                " where look_at <= coalesce(%s, clock_timestamp()) order by look_at limit %s"
                " for update skip locked) returning file_id, forgotten",
                (as_if, PAGE),
            )
            due = await cursor.fetchall()
        for file_id, forgotten in due:
            await self._look(file_id, forgotten)
        return len(due)

    async def _look(self, file_id: str, forgotten: bool) -> None:
        try:
            async with self._shelf.held(file_id):
                state = (await self._commands.load(FILE, file_id)).state
                if forgotten and isinstance(state, file.Uploading | file.Stored):
                    state = await self._remove(file_id, state)
                if isinstance(state, file.Stored):
                    await self._shelf.clear(file_id, whole=False)
                elif isinstance(state, file.Gone):
                    await self._shelf.clear(file_id, whole=True)
        except Busy:
            return

    async def _remove(self, file_id: str, state: file.Uploading | file.Stored) -> file.File:
        now, by = datetime.now(UTC), "media.forgetting"
        context = CommandContext(
            command_id=uuid5(FORGETTING, file_id),
            correlation_id=file_id,
            causation_id=file_id,
            actor=by,
            organisation_id=state.upload.organisation_id,
            at=now,
            fingerprint="",
        )
        command = file.RemoveFile(state.upload.organisation_id, by, now)
        await self._commands.handle(FILE, file_id, command, context)
        return (await self._commands.load(FILE, file_id)).state

    async def _pause(self) -> None:
        try:
            async with asyncio.timeout(POLL_SECONDS):
                await self._stopping.wait()
        except TimeoutError:
            return


class Forgetting:
    """Handles the events of users: the files of who is forgotten are removed by the sweeper."""

    async def handle(
        self, connection: Connection, deliveries: Sequence[Delivery]
    ) -> Mapping[int, Exception]:
        for event in (delivery.event for delivery in deliveries):
            if isinstance(event, user_v1.SubjectForgotten):
                await connection.execute(
                    "update media.file set open = false, forgotten = true,"
                    " look_at = clock_timestamp() where user_id = %s",
                    (event.user_id,),
                )
        return {}

    def forget_cache(self) -> None:
        """Nothing is remembered between batches."""


def sweeping(running: Running) -> Sweeper:
    """The loop that clears."""
    shelf = Shelf(running.pool, objects_of(running.settings), NoScanner())
    return Sweeper(running.pool, running.commands, shelf)


def forgetting(running: Running) -> FaustAgent:
    """The loop that follows the users."""
    name = "media.forgetting"
    consumer = running.consumer(name, [user_v1.contract], Forgetting())
    return FaustAgent(consumer, running.settings.kafka, f"relais.{name}")
