"""Hands photos over to Planet VO that were asked for, and records what became of them (FLB-135).

A row is written together with the event that asks. It goes when the end is recorded, so that a
crash leaves it to begin from; Planet VO knows the same export again.
"""

import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import NAMESPACE_URL, uuid5

from contracts.interventions.case_v1 import PhotoExportFailure
from infra import file_links
from infra.commands import CommandContext
from infra.database import Connection
from infra.host import Running
from infra.polling import Polling
from infra.vault import Vault
from services.interventions import case
from services.interventions.adapters.photo_credentials import PhotoCredentials
from services.interventions.adapters.planet_vo import (
    CredentialsNotTaken,
    Export,
    Photo,
    PhotosNotTaken,
    planet_vo,
)
from services.interventions.adapters.vendors import Away, NotUnderstood
from services.interventions.aggregates import CASE
from services.interventions.case.dossier import Dossier, PhotoExport
from services.interventions.case.exporting import EndPhotoExport

log = logging.getLogger("relais.interventions")

TABLES = """
create table photos.waiting (
  case_id    text not null,
  export_id  text not null,
  tries      int  not null default 0,
  look_at    timestamptz not null default clock_timestamp(),
  primary key (case_id, export_id)
);
create index waiting_by_time on photos.waiting (look_at);
"""
FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=30), timedelta(hours=1)
"""Between two attempts; pauses double."""
GIVEN_UP_AFTER: Final = timedelta(days=1)
GOOD_FOR: Final = timedelta(days=1)
"""How long Planet VO may take to fetch the photos."""
ACTOR = "worker:interventions.photos"
ENDING = uuid5(NAMESPACE_URL, "relais:interventions:photos")
_NEXT = """
update photos.waiting set tries = tries + 1,
  look_at = clock_timestamp() + least(%(first)s * power(2, least(tries, 20)), %(longest)s)
 where (case_id, export_id) = (
   select case_id, export_id from photos.waiting where look_at <= clock_timestamp()
    order by look_at limit 1 for update skip locked)
returning case_id, export_id, tries
"""


class NotYet(Exception):
    """Planet VO is away; it is tried again."""


@dataclass(frozen=True, slots=True)
class Due:
    """An export that is on its way, of a case that is not forgotten."""

    held: Dossier
    export: PhotoExport


def noting(case_id: str, export_id: str) -> Callable[[Connection], Awaitable[None]]:
    """Notes that an export waits, together with the event that asks for it."""

    async def note(connection: Connection) -> None:
        await connection.execute(
            "insert into photos.waiting (case_id, export_id) values (%s, %s)"
            " on conflict (case_id, export_id) do update set tries = 0,"
            " look_at = clock_timestamp()",
            (case_id, export_id),
        )

    return note


def now() -> datetime:
    """By the clock of this process."""
    return datetime.now(UTC)


class PhotoSender(Polling):
    """Works off the exports that wait. Several may run, and each step may be repeated."""

    rest_seconds = 0.5
    idle_seconds = 5.0

    def __init__(self, running: Running, now: Callable[[], datetime] = now) -> None:
        super().__init__(running.seen)
        self._now = now
        self._pool, self._commands = running.pool, running.commands
        self._masters = running.settings.masters
        self._site = running.settings.pages_url
        vault = Vault(running.pool, running.settings.masters)
        self._credentials = PhotoCredentials(running.pool, vault)
        self._planet_vo = planet_vo(running.settings)

    async def turn(self) -> bool:
        """Try one export that is due, and say whether there was one."""
        async with self._pool.connection() as connection:
            cursor = await connection.execute(
                _NEXT.encode(), {"first": FIRST_PAUSE, "longest": LONGEST_PAUSE}
            )
            found = await cursor.fetchone()
        if found is None:
            return False
        case_id, export_id, _ = found
        due = await self._due(case_id, export_id)
        if due is not None:
            try:
                failure = await self._tried(due)
            except NotYet as error:
                log.warning("photos %s of case %s wait: %s", export_id, case_id, error)
                return True
            await self._end(due, failure)
        async with self._pool.connection() as connection:
            # Whoever asked anew meanwhile set the count back.
            await connection.execute(
                "delete from photos.waiting where case_id = %s and export_id = %s and tries = %s",
                found,
            )
        return True

    async def _due(self, case_id: str, export_id: str) -> Due | None:
        """None where nothing is to go out any more."""
        state = (await self._commands.load(CASE, case_id)).state
        if isinstance(state, case.Uncreated | case.Deleted) or state.dossier.forgotten:
            return None
        export = state.dossier.photo_exports.get(export_id)
        return None if export is None or export.end is not None else Due(state.dossier, export)

    async def _tried(self, due: Due) -> PhotoExportFailure | None:
        """None once Planet VO has the photos, else why it never will. Raises `NotYet`."""
        credentials = await self._credentials.of(due.held.created.dealership_id)
        if credentials is None:
            return PhotoExportFailure.NO_CREDENTIALS
        try:
            await self._planet_vo.hand_over(credentials, self._export(due))
        except CredentialsNotTaken:
            return PhotoExportFailure.CREDENTIALS_REFUSED
        except PhotosNotTaken:
            return PhotoExportFailure.PHOTOS_REFUSED
        except (Away, NotUnderstood) as error:
            if self._now() - due.export.asked.asked_at >= GIVEN_UP_AFTER:
                return PhotoExportFailure.NO_ANSWER
            raise NotYet(str(error)) from error
        return None

    def _export(self, due: Due) -> Export:
        """The photos as they are in the case now; those that were taken out since stay behind."""
        vehicle, asked = due.held.vehicle, due.export.asked
        files = {one.media_id: one.file_id for one in due.held.public}
        until = self._now() + GOOD_FOR
        return Export(
            case_id=asked.case_id,
            export_id=asked.export_id,
            reference=due.held.reference,
            plate=vehicle.plate if vehicle else None,
            vin=vehicle.vin if vehicle else None,
            photos=[
                Photo(one, self._site + file_links.address(self._masters, files[one], until))
                for one in asked.media_ids
                if one in files
            ],
        )

    async def _end(self, due: Due, failure: PhotoExportFailure | None) -> None:
        asked = due.export.asked
        command = EndPhotoExport(
            case_id=asked.case_id,
            export_id=asked.export_id,
            asked_at=asked.asked_at,
            failure=failure,
            at=self._now(),
        )
        id = uuid5(ENDING, f"{asked.case_id}/{asked.export_id}/{asked.asked_at.isoformat()}")
        context = CommandContext(
            command_id=id,
            correlation_id=str(id),
            causation_id=asked.case_id,
            actor=ACTOR,
            organisation_id=asked.organisation_id,
            at=command.at,
            fingerprint="",
        )
        await self._commands.handle(CASE, asked.case_id, command, context)
