"""The workers of the archive over a served API, and how they are stopped half way."""

from collections.abc import Callable
from datetime import datetime
from itertools import count
from typing import Any

from contracts.invoices.invoice_v1 import contract
from infra.lookups import Lookups
from infra.objects import KeptObjects, Objects, objects_of
from infra.testing.deliveries import deliveries
from infra.vault import Vault
from services.invoices.adapters.archive import Archive, Entry, archive_of
from services.invoices.adapters.archivist import Archivist
from services.invoices.adapters.emptier import Emptier
from services.invoices.adapters.errands import Issued, Noting, Reads, now
from services.invoices.aggregates import INVOICE
from services.invoices.tests.make import NOON
from services.invoices.tests.stage import Caller


class Killed(BaseException):
    """As a signal ends a process: nobody catches it."""


class DiesOnceKept(Archive):
    """Its process is killed when all bytes are there."""

    async def keep(self, entry: Entry, content: bytes) -> None:
        await super().keep(entry, content)
        raise Killed


class DiesBeforeRemoving(Archive):
    """Its process is killed before the first bytes go."""

    async def remove(self, entry: Entry) -> None:
        raise Killed


def objects(api: Caller) -> KeptObjects:
    return objects_of(api.running.settings)


def archive(
    api: Caller, kind: Callable[[Objects, Vault], Archive], kept: Objects | None = None
) -> Archive:
    return kind(kept or objects(api), Vault(api.running.pool, api.running.settings.masters))


async def noted(api: Caller) -> None:
    """The followers read what was recorded of the invoice."""
    told = [
        entry.event
        for entry in await api.running.commands.history(INVOICE, "inv-t-1")
        if isinstance(entry.event, Issued | Reads)
    ]
    batch = deliveries([contract], told, count(1), NOON)
    async with api.running.pool.connection() as connection, connection.transaction():
        assert await Noting().handle(connection, batch) == {}


async def all_due(api: Caller) -> None:
    """The time of every errand has come, by the clock of the database."""
    async with api.running.pool.connection() as connection:
        await connection.execute("update invoices.to_archive set look_at = now()")
        await connection.execute("update invoices.kept set look_at = now()")


def archivist(api: Caller, into: Archive | None = None) -> Archivist:
    running = api.running
    lookups = Lookups(running.pool, running.service.shape)
    kept = into or archive_of(running)
    return Archivist(running.pool, running.commands, kept, objects(api), lookups)


def emptier(api: Caller, of: Archive | None = None, clock: Callable[[], datetime] = now) -> Emptier:
    running = api.running
    return Emptier(running.pool, running.commands, of or archive_of(running), clock)


async def archived(api: Caller, into: Archive | None = None) -> None:
    """Do what the followers and the archivist do after a number, or an acceptance."""
    await noted(api)
    worker = archivist(api, into)
    while await worker.turn():
        pass
    await noted(api)


async def last_fact(api: Caller) -> dict[str, Any]:
    facts = (await api.ask("GET", "/invoices/inv-t-1/history")).json()["items"]
    found: dict[str, Any] = facts[-1]
    return found
