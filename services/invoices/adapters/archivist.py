"""Puts each document into the archive once it has its number."""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from uuid import NAMESPACE_URL, uuid5

from contracts.invoices import invoice_v1
from contracts.invoices.invoice_v1 import CorrectionNumbered, InvoiceNumbered
from contracts.runtime import REDACTED
from infra.commands import CommandContext, Commands
from infra.consumers.handler import Handler
from infra.consumers.reactions import Follower
from infra.consumers.records import Delivery
from infra.database import Connection, Pool
from infra.host import Running
from infra.objects import ObjectsAway
from infra.polling import Polling
from services.invoices.adapters import issuing
from services.invoices.adapters.archive import Archive, archive_of
from services.invoices.adapters.document import Paper
from services.invoices.aggregates import INVOICE
from services.invoices.invoice.archive import RecordArchived
from services.invoices.invoice.situations import Approved

log = logging.getLogger("relais.invoices")

TABLES = """
create schema if not exists invoices;
create table if not exists invoices.to_archive (
  invoice_id         text not null,
  -- 0 for the invoice itself.
  settlement_version int  not null,
  look_at            timestamptz not null default clock_timestamp(),
  primary key (invoice_id, settlement_version)
);
create index if not exists to_archive_by_time on invoices.to_archive (look_at);
"""
ARCHIVING = uuid5(NAMESPACE_URL, "relais:invoices:archiving")
AGAIN = timedelta(minutes=1)
"""When a document is tried again that could not be archived."""


class Archivist(Polling):
    """Archives what is numbered, and records the digests. Several may run; repeats are safe.

    The row goes when the event is recorded, so a crash leaves the row to begin from.
    """

    rest_seconds = 1.0

    def __init__(self, pool: Pool, commands: Commands, archive: Archive) -> None:
        super().__init__()
        self._pool, self._commands, self._archive = pool, commands, archive

    async def turn(self) -> bool:
        """Archive one document that is due, and say whether there was one."""
        async with self._pool.connection() as connection:
            # Put off first, so that one that fails does not hold up the others.
            cursor = await connection.execute(
                "update invoices.to_archive set look_at = clock_timestamp() + %s"
                " where (invoice_id, settlement_version) = ("
                "  select invoice_id, settlement_version from invoices.to_archive"
                "  where look_at <= clock_timestamp() order by look_at limit 1"
                "  for update skip locked)"
                " returning invoice_id, settlement_version",
                (AGAIN,),
            )
            due = await cursor.fetchone()
        if due is None:
            return False
        id, settlement = due[0], due[1] or None
        try:
            await self._archived(id, settlement)
        except ObjectsAway as error:
            log.warning("a document of %s is archived later: %s", id, error)
            return True
        async with self._pool.connection() as connection:
            await connection.execute(
                "delete from invoices.to_archive where (invoice_id, settlement_version) = (%s, %s)",
                (id, due[1]),
            )
        return True

    async def _archived(self, id: str, settlement: int | None) -> None:
        state = (await self._commands.load(INVOICE, id)).state
        assert isinstance(state, Approved)
        if settlement in state.archive:
            return
        settled = next((s for s in state.bill.settlements if s.version == settlement), None)
        paper = await issuing.paper(self._commands, state, settled)
        if paper.seller.legal_name == REDACTED:
            log.warning("%s cannot be archived any more: its driver was forgotten", id)
            return
        await self._keep(id, settlement, paper)

    async def _keep(self, id: str, settlement: int | None, paper: Paper) -> None:
        assert paper.number is not None
        xml = await self._archive.keep(paper.xml()) if paper.is_facturx else None
        pdf = await self._archive.keep(await asyncio.to_thread(paper.pdf))
        now = datetime.now(UTC)
        command = RecordArchived(
            invoice_id=id,
            settlement_version=settlement,
            number=paper.number,
            pdf_sha256=pdf,
            xml_sha256=xml,
            issued_on=paper.issued_on,
            at=now,
        )
        context = CommandContext(
            command_id=uuid5(ARCHIVING, f"{id}/{settlement}"),
            correlation_id=id,
            causation_id=id,
            actor="worker:invoices.archivist",
            organisation_id=paper.approval.organisation_id,
            at=now,
            fingerprint="",
        )
        await self._commands.handle(INVOICE, id, command, context)


Reads = InvoiceNumbered | CorrectionNumbered


class Noting(Handler):
    """Handles numbered invoices and corrections: their documents are to be archived."""

    async def handle(
        self, connection: Connection, deliveries: Sequence[Delivery]
    ) -> Mapping[int, Exception]:
        for event in (delivery.event for delivery in deliveries):
            if not isinstance(event, Reads):
                continue
            settlement = event.settlement_version if isinstance(event, CorrectionNumbered) else 0
            await connection.execute(
                "insert into invoices.to_archive (invoice_id, settlement_version)"
                " values (%s, %s) on conflict do nothing",
                (event.invoice_id, settlement),
            )
        return {}


def archiving(running: Running) -> Archivist:
    """The loop that archives."""
    return Archivist(running.pool, running.commands, archive_of(running))


noting = Follower("archiving", invoice_v1.contract, Reads, Noting())
