"""Errands of the archive: rows that say which document is to be put there, or to be removed."""

import logging
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import ClassVar, Generic, TypeVar
from uuid import NAMESPACE_URL, uuid5

from psycopg import sql

from contracts.invoices import invoice_v1
from contracts.invoices.invoice_v1 import (
    CorrectionNumbered,
    DocumentArchived,
    InvoiceNumbered,
    OwnInvoiceAccepted,
    ProofArchived,
)
from infra.commands import CommandContext, Commands, Refused
from infra.consumers.handler import Handler
from infra.consumers.reactions import Follower
from infra.consumers.records import Delivery
from infra.database import Connection, Pool
from infra.objects import ObjectsAway
from infra.polling import Polling
from services.invoices.adapters.archive import Archive
from services.invoices.aggregates import INVOICE
from services.invoices.invoice.archive import Command, over
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
KEPT = """
create table invoices.kept (
  invoice_id         text not null,
  -- 0 for the invoice itself.
  settlement_version int  not null,
  -- When the last day is over on which the law wants it kept.
  look_at            timestamptz not null,
  primary key (invoice_id, settlement_version)
);
create index kept_by_time on invoices.kept (look_at);
"""
AGAIN = timedelta(minutes=1)
"""When an errand is tried again that could not be done."""
C = TypeVar("C", bound=Command)


class Later(Exception):
    """It cannot be done yet; to try again is safe."""


class Errands(Polling, Generic[C]):
    """Does the errands of one table, one by one. Several may run; repeats are safe.

    A row goes when all is done, so a crash leaves the row to begin from.
    """

    rest_seconds = 1.0
    table: ClassVar[str]

    def __init__(self, pool: Pool, commands: Commands, archive: Archive) -> None:
        super().__init__()
        self._pool, self._commands, self._archive = pool, commands, archive

    @abstractmethod
    async def do(self, id: str, settlement: int | None, state: Approved) -> None:
        """Do it, or do it again after a crash. Raises `Later` and `ObjectsAway`."""

    async def turn(self) -> bool:
        """Do one errand that is due, and say whether there was one."""
        table = sql.Identifier("invoices", self.table)
        async with self._pool.connection() as connection:
            # Put off first, so that one that fails does not hold up the others.
            cursor = await connection.execute(
                sql.SQL(
                    "update {table} set look_at = clock_timestamp() + %s"
                    " where (invoice_id, settlement_version) = ("
                    "  select invoice_id, settlement_version from {table}"
                    "  where look_at <= clock_timestamp() order by look_at limit 1"
                    "  for update skip locked)"
                    " returning invoice_id, settlement_version"
                ).format(table=table),
                (AGAIN,),
            )
            due = await cursor.fetchone()
        if due is None:
            return False
        state = (await self._commands.load(INVOICE, due[0])).state
        assert isinstance(state, Approved)
        try:
            await self.do(due[0], due[1] or None, state)
        except (ObjectsAway, Later) as error:
            log.warning("%s: %s is tried again: %s", self.table, due[0], error)
            return True
        async with self._pool.connection() as connection:
            await connection.execute(
                sql.SQL(
                    "delete from {table} where (invoice_id, settlement_version) = (%s, %s)"
                ).format(table=table),
                due,
            )
        return True

    async def record(self, command: C, state: Approved) -> None:
        """Record what was done, or is about to be. Raises `Later` when it is refused."""
        id, worker = command.invoice_id, type(self).__name__.lower()
        context = CommandContext(
            command_id=uuid5(
                NAMESPACE_URL, f"relais:invoices:{worker}/{id}/{command.settlement_version}"
            ),
            correlation_id=id,
            causation_id=id,
            actor=f"worker:invoices.{worker}",
            organisation_id=state.bill.organisation_id,
            at=command.at,
            fingerprint="",
        )
        result = await self._commands.handle(INVOICE, id, command, context)
        if isinstance(result, Refused):
            raise Later(f"it is refused: {result.rejection}")


def now() -> datetime:
    """By the clock of this process."""
    return datetime.now(UTC)


Issued = InvoiceNumbered | CorrectionNumbered
Reads = OwnInvoiceAccepted | DocumentArchived | ProofArchived


class Noting(Handler):
    """Handles what is to be archived, and what was archived and is to be removed one day."""

    async def handle(
        self, connection: Connection, deliveries: Sequence[Delivery]
    ) -> Mapping[int, Exception]:
        for event in (delivery.event for delivery in deliveries):
            match event:
                case InvoiceNumbered():
                    await _to_archive(connection, event.invoice_id, None)
                case CorrectionNumbered() | OwnInvoiceAccepted():
                    await _to_archive(connection, event.invoice_id, event.settlement_version)
                case DocumentArchived() | ProofArchived():
                    await connection.execute(
                        "insert into invoices.kept values (%s, %s, %s) on conflict do nothing",
                        (event.invoice_id, event.settlement_version or 0, over(event.kept_until)),
                    )
                case _:
                    pass
        return {}


async def _to_archive(connection: Connection, id: str, settlement: int | None) -> None:
    await connection.execute(
        "insert into invoices.to_archive (invoice_id, settlement_version)"
        " values (%s, %s) on conflict do nothing",
        (id, settlement or 0),
    )


FOLLOWERS = (
    Follower("archiving", invoice_v1.contract, Issued, Noting()),
    # Of its own, so that it also reads what was recorded before there was one.
    Follower("keeping", invoice_v1.contract, Reads, Noting()),
)
