"""Stops the reminders of customers who are not to be reminded any more (R2).

A follower notes whose facts have changed; this loop looks at all reminders of theirs. The tables of
the service are filled beside it, so each customer is looked at twice, a while apart.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
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
from infra.consumers.handler import Handler
from infra.consumers.reactions import CommandRefused, Follower
from infra.consumers.records import Delivery
from infra.database import Connection
from infra.host import Running
from infra.lookups import Lookups, customers
from infra.polling import Polling
from services.reminders.adapters.terms import About, person_of, stop_reason
from services.reminders.aggregates import REMINDER
from services.reminders.lookups import customers_customer
from services.reminders.read_models.live import LiveReminder, view
from services.reminders.reminder.ending import StopReminder

STOPPING = uuid5(NAMESPACE_URL, "relais:reminders:stopping")
ACTOR = "worker:reminders.stopping"
AGAIN = timedelta(minutes=1)
LOOKS = 2
"""How often a customer is looked at after a fact about them."""
Reads = ChannelsBlocked | ConsentWithdrawn | CustomerErased | VehicleRemoved
TABLES = """
create schema if not exists reminders;
create table if not exists reminders.customer_to_look_at (
  customer_id text primary key,
  looks       int not null default 0,
  look_at     timestamptz not null default clock_timestamp()
);
create index if not exists customer_to_look_at_next on reminders.customer_to_look_at (look_at);
"""
_NEXT = """
update reminders.customer_to_look_at set looks = looks + 1, look_at = clock_timestamp() + %s
 where customer_id = (
   select customer_id from reminders.customer_to_look_at where look_at <= clock_timestamp()
    order by look_at limit 1 for update skip locked)
returning customer_id
"""


class Notes(Handler):
    """Handles the facts by which a customer may be lost to reminders."""

    async def handle(
        self, connection: Connection, deliveries: Sequence[Delivery]
    ) -> Mapping[int, Exception]:
        for event in (delivery.event for delivery in deliveries):
            if isinstance(event, Reads):
                await connection.execute(
                    "insert into reminders.customer_to_look_at (customer_id) values (%s)"
                    " on conflict (customer_id) do update set looks = 0,"
                    " look_at = clock_timestamp()",
                    (event.customer_id,),
                )
        return {}


notes = Follower("customers_to_look_at", customer_v1.contract, Reads, Notes())


class Stopping(Polling):
    """Works off the customers who were noted. Several may run, and each step may be repeated."""

    rest_seconds = 0.5
    idle_seconds = 5.0

    def __init__(self, running: Running) -> None:
        super().__init__(running.seen)
        self._pool, self._commands = running.pool, running.commands
        self._lookups = Lookups(running.pool, running.service.shape)

    async def turn(self) -> bool:
        return await self.look_at_one()

    async def look_at_one(self) -> bool:
        """Look at the reminders of one customer, and say whether there was one."""
        async with self._pool.connection() as connection:
            cursor = await connection.execute(_NEXT.encode(), (AGAIN,))
            found = await cursor.fetchone()
        if found is None:
            return False
        await self.look_at(found[0])
        async with self._pool.connection() as connection:
            await connection.execute(
                "delete from reminders.customer_to_look_at where customer_id = %s and looks >= %s",
                (found[0], LOOKS),
            )
        return True

    async def look_at(self, customer_id: str) -> None:
        """Stop all reminders of a customer that have a reason to."""
        now = datetime.now(UTC)
        for one in await self._reminders_of(customer_id):
            about = About(
                reminder_id=one.reminder_id,
                dealership_id=one.dealership_id,
                brand=one.brand,
                customer_id=one.customer_id,
                case_id=one.case_id,
            )
            person = await person_of(self._lookups, about, now)
            reason = await stop_reason(self._lookups, about, person)
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
