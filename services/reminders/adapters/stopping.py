"""Stops the reminders of customers who are not to be reminded any more (R2).

A follower notes whose facts have changed; this loop looks at all reminders of theirs.
"""

from datetime import UTC, datetime
from uuid import NAMESPACE_URL, uuid5

from contracts.customers import customer_v1
from contracts.customers.customer_v1 import (
    ChannelsBlocked,
    ConsentWithdrawn,
    CustomerErased,
    VehicleRemoved,
)
from contracts.reminders.reminder_v1 import StopReason
from infra.commands import CommandContext, Refused
from infra.consumers.reactions import CommandRefused, Follower
from infra.host import Running
from infra.lookups import Lookups, customers
from services.reminders.adapters.looking import Looking, Noted, Notes
from services.reminders.adapters.terms import About, people_of, stop_reasons
from services.reminders.aggregates import REMINDER
from services.reminders.lookups import customers_customer
from services.reminders.read_models.live import LiveReminder, view
from services.reminders.reminder.ending import StopReminder

STOPPING = uuid5(NAMESPACE_URL, "relais:reminders:stopping")
ACTOR = "worker:reminders.stopping"
Reads = ChannelsBlocked | ConsentWithdrawn | CustomerErased | VehicleRemoved
LOST = Noted("reminders.customer_to_look_at", "customer_id")


def customer_of(event: Reads) -> str:
    """The customer who may be lost to reminders."""
    return event.customer_id


notes = Follower("customers_to_look_at", customer_v1.contract, Reads, Notes(LOST, customer_of))


class Stopping(Looking):
    """Stops the reminders of the customers who were noted."""

    noted = LOST

    def __init__(self, running: Running) -> None:
        super().__init__(running)
        self._lookups = Lookups(running.pool, running.service.shape)

    async def look_at(self, id: str) -> None:
        """Stop all reminders of a customer that have a reason to."""
        now = datetime.now(UTC)
        reminders = await self._reminders_of(id)
        abouts = [
            About(
                reminder_id=one.reminder_id,
                dealership_id=one.dealership_id,
                brand=one.brand,
                customer_id=one.customer_id,
                case_id=one.case_id,
            )
            for one in reminders
        ]
        people = await people_of(self._lookups, abouts, now)
        reasons = await stop_reasons(self._lookups, abouts, people)
        for one, reason in zip(reminders, reasons, strict=True):
            if reason is not None:
                await self._stop(one, reason, now)

    async def _reminders_of(self, customer_id: str) -> list[LiveReminder]:
        records = await customers.family(self._lookups, customer_id)
        ids = sorted({customer_id, *(one.customer_id for one in records)})
        schema = self._lookups.schema
        columns = ", ".join(f'live."{name}"' for name in view.columns)
        query = f"""
            select {columns} from {schema}.{view.name} as live where live.customer_id = any(%(ids)s)
            union
            select {columns} from {schema}.{view.name} as live
              join {schema}.{customers_customer.cases.name} as linked using (case_id)
             where linked.customer_id = any(%(ids)s)
        """
        async with self._pool.connection() as connection:
            cursor = connection.cursor(row_factory=view.row_factory)
            await cursor.execute(query.encode(), {"ids": ids})
            return await cursor.fetchall()

    async def _stop(self, one: LiveReminder, reason: StopReason, at: datetime) -> None:
        command = StopReminder(
            reminder_id=one.reminder_id,
            organisation_id=one.organisation_id,
            reason=reason,
            at=at,
        )
        id = uuid5(STOPPING, f"{one.reminder_id}/{reason.name}")
        context = CommandContext(
            command_id=id,
            correlation_id=str(id),
            causation_id=one.customer_id,
            actor=ACTOR,
            organisation_id=one.organisation_id,
            at=at,
            fingerprint="",
        )
        done = await self._commands.handle(REMINDER, one.reminder_id, command, context)
        if isinstance(done, Refused):
            raise CommandRefused(f"{one.reminder_id}: {done.rejection}")
