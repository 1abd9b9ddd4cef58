"""Puts each document into the archive when it has its number, each proof when it is accepted."""

import asyncio
from hashlib import sha256

from contracts.invoices.invoice_v1 import OwnInvoiceAccepted
from contracts.runtime import REDACTED
from infra.commands import Commands
from infra.database import Pool
from infra.host import Running
from infra.lookups import Lookups, files
from infra.objects import ObjectMissing, Objects, objects_of
from services.invoices.adapters import issuing
from services.invoices.adapters.archive import Archive, archive_of, document, proof
from services.invoices.adapters.document import Paper
from services.invoices.adapters.errands import Errands, Later, log, now
from services.invoices.invoice.archive import RecordArchived, RecordProof
from services.invoices.invoice.situations import Approved


class Archivist(Errands[RecordArchived | RecordProof]):
    """Archives what is numbered or accepted, and records the digests when it is durable."""

    table = "to_archive"

    def __init__(
        self,
        pool: Pool,
        commands: Commands,
        archive: Archive,
        sent: Objects,
        lookups: Lookups,
    ) -> None:
        """`sent` has the files of drivers."""
        super().__init__(pool, commands, archive)
        self._sent, self._lookups = sent, lookups

    async def do(self, id: str, settlement: int | None, state: Approved) -> None:
        if settlement in state.archive:
            return
        settled = next((s for s in state.bill.settlements if s.version == settlement), None)
        paper = await issuing.paper(self._commands, state, settled)
        own = state.own.get(settlement)
        if paper.seller.legal_name == REDACTED:
            log.warning("%s cannot be archived any more: its driver was forgotten", id)
        elif isinstance(own, OwnInvoiceAccepted):
            await self._prove(own, state)
        else:
            await self._issue(paper, settlement, state)

    async def _issue(self, paper: Paper, settlement: int | None, state: Approved) -> None:
        assert paper.number is not None
        xml = await self._kept(paper.xml()) if paper.is_facturx else None
        pdf = await self._kept(await asyncio.to_thread(paper.pdf))
        command = RecordArchived(
            invoice_id=state.bill.invoice_id,
            settlement_version=settlement,
            number=paper.number,
            pdf_sha256=pdf,
            xml_sha256=xml,
            issued_on=paper.issued_on,
            at=now(),
        )
        await self.record(command, state)

    async def _kept(self, content: bytes) -> str:
        digest = sha256(content).hexdigest()
        await self._archive.keep(document(digest), content)
        return digest

    async def _prove(self, own: OwnInvoiceAccepted, state: Approved) -> None:
        file = await self._lookups.find(files.lookup, own.file_id)
        if file is None:
            raise Later(f"file {own.file_id} is not known")
        try:
            content = await files.content(self._sent, file)
        except ObjectMissing as error:
            raise Later(f"file {own.file_id} is not there") from error
        digest, size = sha256(content).hexdigest(), len(content)
        entry = proof(own.invoice_id, own.settlement_version, digest, size)
        await self._archive.keep(entry, content)
        command = RecordProof(
            invoice_id=own.invoice_id,
            settlement_version=own.settlement_version,
            sha256=digest,
            size_bytes=size,
            at=now(),
        )
        await self.record(command, state)


def archiving(running: Running) -> Archivist:
    """The loop that archives."""
    return Archivist(
        running.pool,
        running.commands,
        archive_of(running),
        objects_of(running.settings),
        Lookups(running.pool, running.service.shape),
    )
