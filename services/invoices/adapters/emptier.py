"""Empties the archive of what the law does not want kept any longer."""

from collections.abc import Callable
from datetime import datetime

from infra.commands import Commands
from infra.database import Pool
from infra.host import Running
from services.invoices.adapters.archive import Archive, archive_of, entries
from services.invoices.adapters.errands import Errands, now
from services.invoices.invoice.archive import RecordEmptied
from services.invoices.invoice.situations import Approved


class Emptier(Errands[RecordEmptied]):
    """Removes documents and proofs whose day is over, by both clocks.

    The database says that a row is due, this process that the day is over. What is about to go is
    recorded first: nothing is missing of which no event tells.
    """

    table = "kept"
    rest_seconds = 60.0

    def __init__(
        self,
        pool: Pool,
        commands: Commands,
        archive: Archive,
        clock: Callable[[], datetime] = now,
    ) -> None:
        super().__init__(pool, commands, archive)
        self._clock = clock

    async def do(self, id: str, settlement: int | None, state: Approved) -> None:
        command = RecordEmptied(invoice_id=id, settlement_version=settlement, at=self._clock())
        await self.record(command, state)
        for entry in entries(state.archive[settlement]):
            await self._archive.remove(entry)


def emptying(running: Running) -> Emptier:
    """The loop that empties."""
    return Emptier(running.pool, running.commands, archive_of(running))
