"""Clears what nobody needs any more: pieces of what is whole, and all of what is gone."""

import logging
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from uuid import NAMESPACE_URL, uuid5

from contracts.accounts import user_v1
from contracts.media import file_v1
from contracts.media.file_v1 import FileRemoved
from infra.commands import CommandContext, Commands
from infra.consumers.handler import Handler
from infra.consumers.reactions import Follower
from infra.consumers.records import Delivery
from infra.database import Connection, Pool
from infra.host import Running
from infra.objects import objects_of
from infra.polling import Polling
from services.media import file
from services.media.adapters.scanner import NoScanner
from services.media.adapters.upload_store import Busy, UploadStore
from services.media.aggregates import FILE

log = logging.getLogger("relais.media")

FORGETTING = uuid5(NAMESPACE_URL, "relais:media:forgetting")
FORGOTTEN, NOT_HELD = "worker:media.forgetting", "worker:media.sweeper"
"""Who removes a file: its owner is forgotten, or nothing came to rely on it."""
AGAIN = timedelta(minutes=10)
"""When a file is looked at again that could not be settled."""


class Sweeper(Polling):
    """Looks at files that ended or are overdue. Several may run; what fails is tried again.

    It deletes first and forgets the row afterwards, so a crash leaves the row to begin from.
    """

    rest_seconds = 2.0

    def __init__(self, pool: Pool, commands: Commands, uploads: UploadStore) -> None:
        super().__init__()
        self._pool, self._commands, self._uploads = pool, commands, uploads

    async def turn(self) -> bool:
        return await self.sweep()

    async def sweep(self, as_if: datetime | None = None) -> bool:
        """Look at one file, and say whether there was one. `as_if` takes another time for now."""
        async with self._pool.connection() as connection:
            # Put off first, so that one that fails does not hold up the others.
            cursor = await connection.execute(
                "with told as (select coalesce(%s, clock_timestamp()) as now)"
                " update media.file set look_at = now + %s from told"
                " where file_id = (select file_id from media.file, told where look_at <= now"
                " order by look_at limit 1 for update of file skip locked)"
                " returning file_id, forgotten, look_at,"
                " coalesce(unheld_until <= (select now from told), false)",
                (as_if, AGAIN),
            )
            due = await cursor.fetchone()
        if due is None:
            return False
        try:
            async with self._uploads.held(due[0]):
                await self._settle(*due)
        except Busy:
            log.info("%s is looked at again: others are at it", due[0])
        return True

    async def _settle(self, file_id: str, forgotten: bool, until: datetime, unheld: bool) -> None:
        state = (await self._commands.load(FILE, file_id)).state
        if forgotten and isinstance(state, file.Uploading | file.Stored):
            state = await self._remove(file_id, state, FORGOTTEN)
        elif unheld and isinstance(state, file.Stored) and not state.held:
            state = await self._remove(file_id, state, NOT_HELD)
        if isinstance(state, file.Stored):
            await self._uploads.clear_pieces(file_id, until, for_good=unheld)
        elif isinstance(state, file.Gone):
            await self._uploads.clear(file_id)

    async def _remove(
        self, file_id: str, state: file.Uploading | file.Stored, by: str
    ) -> file.File:
        """The file without its bytes. What is held goes with its owner alone: a hold that comes in
        between is the stronger one."""
        now, forgetting = datetime.now(UTC), by == FORGOTTEN
        context = CommandContext(
            command_id=uuid5(FORGETTING, file_id if forgetting else f"unheld/{file_id}"),
            correlation_id=file_id,
            causation_id=file_id,
            actor=by,
            organisation_id=state.upload.organisation_id,
            at=now,
            fingerprint="",
        )
        command = file.RemoveFile(
            organisation_id=state.upload.organisation_id, by=by, at=now, forgetting=forgetting
        )
        await self._commands.handle(FILE, file_id, command, context)
        return (await self._commands.load(FILE, file_id)).state


class Forgetting(Handler):
    """Handles the events of users: the sweeper removes the files of somebody who is forgotten."""

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


class Removing(Handler):
    """Handles the ends of files: what let go of a file removes it, and the sweeper its bytes."""

    async def handle(
        self, connection: Connection, deliveries: Sequence[Delivery]
    ) -> Mapping[int, Exception]:
        gone = [one.event.file_id for one in deliveries if isinstance(one.event, FileRemoved)]
        await connection.execute(
            "update media.file set open = false, look_at = clock_timestamp()"
            " where file_id = any(%s)",
            (gone,),
        )
        return {}


def sweeping(running: Running) -> Sweeper:
    """The loop that clears."""
    uploads = UploadStore(running.pool, objects_of(running.settings), NoScanner())
    return Sweeper(running.pool, running.commands, uploads)


forgetting = Follower("forgetting", user_v1.contract, user_v1.SubjectForgotten, Forgetting())
removing = Follower("removing", file_v1.contract, FileRemoved, Removing())
