"""Finds the customer of each case by their phone or e-mail, or records a new one (G-76).

A follower notes which cases have told something of their customer; this loop takes them one by one.
Two cases that tell of one phone at the same time make one customer: who comes second finds under
the lock of the dealership that the register has changed, and looks again.
"""

import logging
from collections.abc import Sequence
from datetime import timedelta
from uuid import NAMESPACE_URL, uuid5

from contracts.customers.customer_v1 import LinkReason
from infra.commands import CommandContext, Refused
from infra.consumers.reactions import CommandRefused
from infra.database import Connection
from infra.host import Running
from infra.polling import Polling
from infra.store import InTransaction
from infra.vault import Vault
from services.customers.adapters import register
from services.customers.adapters.register import Holder, Link, Marks, marks_of
from services.customers.aggregates import CUSTOMER
from services.customers.customer import Active, Merged
from services.customers.customer.commands import (
    CorrectFromCase,
    CustomerIsErased,
    LinkCase,
    NoSuchCustomer,
    OfCases,
    RecordFromCase,
    UnlinkCase,
)
from services.customers.customer.record import Details
from services.customers.lookups.interventions_case import CaseContact, lookup

log = logging.getLogger("relais.customers")

MATCHING = uuid5(NAMESPACE_URL, "relais:customers:matching")
ACTOR = "worker:customers.matching"
AGAIN = timedelta(minutes=10)
"""When a case is looked at again that could not be settled."""
OfCase = RecordFromCase | OfCases
_NEXT = f"""
update customers.case_to_match as noted set look_at = clock_timestamp() + %s
  from cases
 where noted.case_id = cases.case_id
   and noted.case_id = (
     select case_id from customers.case_to_match as due join cases using (case_id)
      where due.look_at <= clock_timestamp() and cases.told_at >= due.told_at
      order by due.look_at limit 1 for update of due skip locked)
returning {", ".join(f"cases.{name}" for name in lookup.columns)}
"""


class Moved(Exception):
    """The register has changed since it was looked at."""


class Matching(Polling):
    """Works off the cases that told something of their customer. Several may run."""

    rest_seconds = 0.25
    idle_seconds = 5.0

    def __init__(self, running: Running) -> None:
        super().__init__(running.seen)
        self._pool, self._commands = running.pool, running.commands
        self._vault = Vault(running.pool, running.settings.masters)

    async def turn(self) -> bool:
        return await self.match_one()

    async def match_one(self) -> bool:
        """Settle one case, and say whether there was one.

        It is put off first, so that one that fails holds up no other; it is noted until it is
        settled, so a crash loses nothing.
        """
        async with self._pool.connection() as connection:
            cursor = connection.cursor(row_factory=lookup.row_factory)
            # The lookup may be behind the follower.
            await cursor.execute(_NEXT, (AGAIN,))
            contact = await cursor.fetchone()
        if contact is None:
            return False
        await self.settle(contact)
        async with self._pool.connection() as connection:
            await connection.execute(
                "delete from customers.case_to_match where case_id = %s and told_at <= %s",
                (contact.case_id, contact.told_at),
            )
        return True

    async def settle(self, contact: CaseContact) -> None:
        """Link a case to its customer, and to nobody else. Safe to repeat, and at once."""
        if contact.forgotten_at is not None:
            return
        while True:
            try:
                await self._settle(contact)
            except Moved:
                continue
            return

    async def _settle(self, contact: CaseContact) -> None:
        details = details_of(contact)
        marks = await marks_of(self._vault, contact.dealership_id, details)
        async with self._pool.connection() as connection:
            linked = await register.link_of(connection, contact.case_id)
            found = await register.holders(connection, marks)
        if linked is not None and linked.erased:
            return
        kept = frozenset(marks.values())
        named = Link(contact.contact_id, LinkReason.NAMED, kept)
        if contact.known:
            if linked is None or linked.customer_id != named.customer_id:
                await self._unlink(contact, linked)
                await self._link(contact, named)
        elif linked is not None and linked.reason is LinkReason.RECORDED:
            await self._correct(contact, linked.customer_id, details, marks)
        elif linked is None or not stands(linked, kept, found):
            await self._unlink(contact, linked)
            await self._match(contact, details, marks, found)

    async def _match(
        self, contact: CaseContact, details: Details, marks: Marks, found: Sequence[Holder]
    ) -> None:
        kept = frozenset(marks.values())
        if found:
            await self._link(contact, Link(found[0].customer_id, found[0].reason, kept), marks)
        elif marks:
            own = (await self._commands.load(CUSTOMER, contact.contact_id)).state
            if isinstance(own, Active | Merged):
                await self._link(contact, Link(contact.contact_id, LinkReason.RECORDED, kept))
                await self._correct(contact, contact.contact_id, details, marks)
            else:
                await self._record(contact, details, marks)

    async def _link(self, contact: CaseContact, link: Link, marks: Marks | None = None) -> None:
        async def note(connection: Connection) -> None:
            await register.lock(connection, contact.dealership_id)
            if marks is not None:
                found = await register.holders(connection, marks)
                if not found or found[0].customer_id != link.customer_id:
                    raise Moved
            await register.note_case(connection, contact.case_id, link)

        command = LinkCase(
            customer_id=link.customer_id,
            organisation_id=contact.organisation_id,
            dealership_id=contact.dealership_id,
            case_id=contact.case_id,
            contact_id=contact.contact_id,
            reason=link.reason,
            at=contact.told_at,
        )
        await self._perform(contact, command, note)

    async def _record(self, contact: CaseContact, details: Details, marks: Marks) -> None:
        link = Link(contact.contact_id, LinkReason.RECORDED, frozenset(marks.values()))

        async def note(connection: Connection) -> None:
            await register.lock(connection, contact.dealership_id)
            if await register.holders(connection, marks):
                raise Moved
            await register.keep(connection, link.customer_id, contact.dealership_id, marks)
            await register.note_case(connection, contact.case_id, link)

        command = RecordFromCase(
            customer_id=contact.contact_id,
            organisation_id=contact.organisation_id,
            dealership_id=contact.dealership_id,
            details=details,
            case_id=contact.case_id,
            at=contact.told_at,
        )
        await self._perform(contact, command, note)

    async def _correct(
        self, contact: CaseContact, customer_id: str, details: Details, marks: Marks
    ) -> None:
        async def note(connection: Connection) -> None:
            await register.lock(connection, contact.dealership_id)
            await register.keep(connection, customer_id, contact.dealership_id, marks)

        command = CorrectFromCase(
            customer_id=customer_id,
            organisation_id=contact.organisation_id,
            details=details,
            case_id=contact.case_id,
            by=contact.named_by,
            at=contact.told_at,
        )
        await self._perform(contact, command, note)

    async def _unlink(self, contact: CaseContact, linked: Link | None) -> None:
        async def note(connection: Connection) -> None:
            await register.lock(connection, contact.dealership_id)
            await register.drop_case(connection, contact.case_id)

        if linked is None:
            return
        command = UnlinkCase(
            customer_id=linked.customer_id,
            organisation_id=contact.organisation_id,
            case_id=contact.case_id,
            at=contact.told_at,
        )
        await self._perform(contact, command, note)

    async def _perform(self, contact: CaseContact, command: OfCase, note: InTransaction) -> None:
        """Carry out a command. Raises `Moved` where it was decided on a register of before."""
        done = await self._commands.handle(
            CUSTOMER,
            command.customer_id,
            command,
            self._context(contact, type(command).__name__),
            in_transaction=note,
        )
        if not isinstance(done, Refused):
            return
        by_a_mark = isinstance(command, LinkCase) and command.reason is not LinkReason.NAMED
        if by_a_mark and isinstance(done.rejection, CustomerIsErased):
            # An operator forgot them, and the register was not told yet.
            async with self._pool.connection() as connection:
                await register.close(connection, command.customer_id)
            raise Moved
        if not isinstance(done.rejection, CustomerIsErased | NoSuchCustomer):
            raise CommandRefused(f"{contact.case_id}: {done.rejection}")
        log.warning("%s of case %s: %s", type(command).__name__, contact.case_id, done.rejection)

    def _context(self, contact: CaseContact, step: str) -> CommandContext:
        # The same word of the case is taken once, whoever works on it.
        id = uuid5(MATCHING, f"{step}/{contact.case_id}/{contact.told_at.isoformat()}")
        return CommandContext(
            command_id=id,
            correlation_id=str(id),
            causation_id=contact.case_id,
            actor=ACTOR,
            organisation_id=contact.organisation_id,
            at=contact.told_at,
            fingerprint="",
        )


def stands(linked: Link, marks: frozenset[bytes], found: Sequence[Holder]) -> bool:
    """Whether a case is still of the customer who was found for it by a mark.

    A case with another phone than before may be of somebody else. One that says what it said stays
    where it is, whatever was changed of the customer since.
    """
    if linked.reason is LinkReason.NAMED:
        return False
    return linked.marks == marks or linked.customer_id in {one.customer_id for one in found}


def details_of(contact: CaseContact) -> Details:
    return Details(
        title=contact.title,
        last_name=contact.last_name,
        first_name=contact.first_name,
        email=contact.email,
        phone=contact.phone,
        language=contact.language,
    )
