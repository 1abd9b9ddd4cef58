"""Destroys the keys of erased customers and of their cases, and records that this was done."""

from datetime import UTC, datetime
from uuid import NAMESPACE_URL, uuid5

from infra.commands import CommandContext, Refused
from infra.consumers.reactions import CommandRefused
from infra.host import Running
from infra.polling import Polling
from services.customers.aggregates import CUSTOMER
from services.customers.customer import Erased
from services.customers.customer.commands import EraseWith, ForgetCustomer

ERASING = uuid5(NAMESPACE_URL, "relais:customers:erasing")
ACTOR = "worker:customers.erasing"


class Erasing(Polling):
    """Works off what the confirmed erasures left to be done. Several may run.

    Each step may be repeated: a key is destroyed once, and a fact is recorded once. So a crash
    leaves nothing undone for longer than it takes to start again.
    """

    rest_seconds = 1.0
    idle_seconds = 60.0

    def __init__(self, running: Running) -> None:
        super().__init__(running.appended)
        self._pool, self._commands = running.pool, running.commands
        self._keyring = running.keyring

    async def turn(self) -> bool:
        return await self.erase_one()

    async def erase_one(self) -> bool:
        """Finish the erasure of one record, and say whether there was one."""
        async with self._pool.connection() as connection, connection.transaction():
            cursor = await connection.execute(
                "select customer_id, organisation_id, with_customer_id, requested_by, requested_at"
                " from customers.erasing order by requested_at, customer_id limit 1"
                " for update skip locked"
            )
            row = await cursor.fetchone()
            if row is None:
                return False
            await self.finish(*row)
            await connection.execute(
                "delete from customers.erasing where customer_id = %s", (row[0],)
            )
        return True

    async def finish(
        self,
        customer_id: str,
        organisation_id: str,
        with_customer_id: str | None,
        by: str,
        at: datetime,
    ) -> None:
        """Erase a record that goes with another one, destroy the keys, and say so."""
        if with_customer_id is not None:
            erase = EraseWith(
                customer_id=customer_id,
                organisation_id=organisation_id,
                erased_id=with_customer_id,
                by=by,
                at=at,
            )
            await self._perform(customer_id, organisation_id, erase, at)
        state = (await self._commands.load(CUSTOMER, customer_id)).state
        assert isinstance(state, Erased)
        # What somebody records about a case from now on is refused, in whichever service.
        for subject in (customer_id, *state.erased.case_ids):
            await self._keyring.forget(subject, by)
        now = datetime.now(UTC)
        forget = ForgetCustomer(customer_id=customer_id, organisation_id=organisation_id, at=now)
        await self._perform(customer_id, organisation_id, forget, now)

    async def _perform(
        self,
        customer_id: str,
        organisation_id: str,
        command: EraseWith | ForgetCustomer,
        at: datetime,
    ) -> None:
        id = uuid5(ERASING, f"{type(command).__name__}/{customer_id}")
        context = CommandContext(
            command_id=id,
            correlation_id=str(id),
            causation_id=customer_id,
            actor=ACTOR,
            organisation_id=organisation_id,
            at=at,
            fingerprint="",
        )
        done = await self._commands.handle(CUSTOMER, customer_id, command, context)
        if isinstance(done, Refused):
            raise CommandRefused(f"{customer_id}: {done.rejection}")
