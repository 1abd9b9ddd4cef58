"""The register of each dealership: whose phone and e-mail are known, and which records are one.

It is kept in the transaction of the events, under one lock a dealership, so that what is decided
across the records of several customers holds: two cases with one phone make one customer, and no
merge closes a cycle. No phone and no e-mail stands in it, only a mark of each.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from psycopg.rows import class_row

from contracts.customers.customer_v1 import LinkReason
from infra.database import Connection, Pool
from infra.vault import Vault
from services.customers.customer.contacts import normal_email
from services.customers.customer.record import Details

TABLES = """
create schema if not exists customers;
create table if not exists customers.record (
  customer_id   text primary key,
  dealership_id text not null,
  survivor_id   text,
  erased        boolean not null default false,
  since         timestamptz not null default clock_timestamp()
);
create index if not exists record_by_survivor on customers.record (survivor_id)
  where survivor_id is not null;
create table if not exists customers.mark (
  customer_id text not null references customers.record,
  kind        text not null check (kind in ('phone', 'email')),
  mark        bytea not null,
  primary key (customer_id, kind)
);
create index if not exists mark_by_mark on customers.mark (mark);
create table if not exists customers.linked_case (
  case_id     text primary key,
  customer_id text not null,
  reason      text not null,
  marks       bytea[] not null
);
create table if not exists customers.case_to_match (
  case_id text primary key,
  told_at timestamptz not null,
  look_at timestamptz not null default clock_timestamp()
);
create index if not exists case_to_match_next on customers.case_to_match (look_at);
create table if not exists customers.erasing (
  customer_id      text primary key,
  organisation_id  text not null,
  with_customer_id text,
  requested_by     text not null,
  requested_at     timestamptz not null
);
"""
LOCKS = 1_128_616_819
"""The first half of the names of our locks: that of the second is the dealership."""

Marks = Mapping[str, bytes]
"""By what they are of: `phone`, `email`."""


async def marks_of(vault: Vault, dealership_id: str, details: Details) -> Marks:
    """The marks of a phone and an e-mail: the same for the same of one dealership, however they are
    written. Nobody without the key learns anything by them, nor that two dealerships know somebody.
    """
    texts = {
        "phone": details.phone,
        "email": normal_email(details.email) if details.email else None,
    }
    return {
        kind: await vault.hash("customer", f"{dealership_id}\0{kind}\0{text}")
        for kind, text in texts.items()
        if text
    }


@dataclass(frozen=True, slots=True)
class Holder:
    """A customer with one of the marks, or both."""

    customer_id: str
    kinds: frozenset[str]

    @property
    def reason(self) -> LinkReason:
        return LinkReason.PHONE if "phone" in self.kinds else LinkReason.EMAIL


async def holders(connection: Connection, marks: Marks) -> list[Holder]:
    """The customers with one of the marks: who has both first, then by the phone, then by the
    e-mail; of several, who was known first."""
    if not marks:
        return []
    cursor = await connection.execute(
        "select customer_id, array_agg(kind order by kind desc) from customers.mark"
        " join customers.record using (customer_id)"
        " where mark = any(%s) and not erased"
        " group by customer_id, since"
        " order by count(*) desc, max(kind) desc, since, customer_id",
        (list(marks.values()),),
    )
    return [Holder(id, frozenset(kinds)) for id, kinds in await cursor.fetchall()]


async def lock(connection: Connection, dealership_id: str) -> None:
    """Wait until nobody else changes the register of the dealership, until the transaction ends.

    It comes after the locks of streams, always, so that nobody waits in a circle.
    """
    await connection.execute(
        "select pg_advisory_xact_lock(%s, hashtext(%s))", (LOCKS, dealership_id)
    )


async def keep(connection: Connection, customer_id: str, dealership_id: str, marks: Marks) -> None:
    """From now on the customer has these marks, and no others."""
    await connection.execute(
        "insert into customers.record (customer_id, dealership_id) values (%s, %s)"
        " on conflict do nothing",
        (customer_id, dealership_id),
    )
    await connection.execute("delete from customers.mark where customer_id = %s", (customer_id,))
    for kind, mark in marks.items():
        await connection.execute(
            "insert into customers.mark values (%s, %s, %s)", (customer_id, kind, mark)
        )


# --- Records that are one ---------------------------------------------------


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a record shows, and whether it is erased."""

    survivor_id: str | None
    erased: bool


async def standing(connection: Connection, customer_id: str) -> Standing:
    """How a record stands; one that is not in the register stands by itself."""
    cursor = connection.cursor(row_factory=class_row(Standing))
    await cursor.execute(
        "select survivor_id, erased from customers.record where customer_id = %s", (customer_id,)
    )
    return await cursor.fetchone() or Standing(None, erased=False)


async def show_at(connection: Connection, customer_id: str, survivor_id: str | None) -> None:
    await connection.execute(
        "update customers.record set survivor_id = %s where customer_id = %s",
        (survivor_id, customer_id),
    )


async def merged_into(connection: Connection, customer_id: str) -> tuple[str, ...]:
    """The records that show at this one, by whatever way, in the order of their ids."""
    cursor = await connection.execute(
        "with recursive family as ("
        " select customer_id from customers.record where survivor_id = %(id)s"
        " union select record.customer_id from customers.record"
        " join family on record.survivor_id = family.customer_id)"
        " select customer_id from family order by customer_id",
        {"id": customer_id},
    )
    return tuple(id for (id,) in await cursor.fetchall())


async def family_of(pool: Pool, customer_id: str) -> tuple[str, ...]:
    """The same, outside of a transaction."""
    async with pool.connection() as connection:
        return await merged_into(connection, customer_id)


# --- The end ----------------------------------------------------------------


async def erase(
    connection: Connection,
    customer_id: str,
    merged_ids: Sequence[str],
    organisation_id: str,
    by: str,
    at: datetime,
) -> None:
    """Drop the marks of a customer and of the records merged into them, and note that their keys
    are to be destroyed."""
    for id in (customer_id, *merged_ids):
        await close(connection, id)
        await connection.execute(
            "insert into customers.erasing values (%s, %s, %s, %s, %s) on conflict do nothing",
            (id, organisation_id, None if id == customer_id else customer_id, by, at),
        )


async def close(connection: Connection, customer_id: str) -> None:
    """Nobody finds an erased customer by a mark: none is left. Safe to repeat."""
    await connection.execute("delete from customers.mark where customer_id = %s", (customer_id,))
    await connection.execute(
        "update customers.linked_case set marks = '{}' where customer_id = %s", (customer_id,)
    )
    await connection.execute(
        "update customers.record set erased = true where customer_id = %s", (customer_id,)
    )


# --- Cases ------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Link:
    """The customer of a case, why, and the marks that the case had; none of an erased one."""

    customer_id: str
    reason: LinkReason
    marks: frozenset[bytes]
    erased: bool = False


async def link_of(connection: Connection, case_id: str) -> Link | None:
    cursor = await connection.execute(
        "select customer_id, reason, marks, erased from customers.linked_case"
        " join customers.record using (customer_id) where case_id = %s",
        (case_id,),
    )
    row = await cursor.fetchone()
    if row is None:
        return None
    customer_id, reason, marks, erased = row
    return Link(customer_id, LinkReason[reason.upper()], frozenset(marks), erased)


async def note_case(connection: Connection, case_id: str, link: Link) -> None:
    await connection.execute(
        "insert into customers.linked_case values (%s, %s, %s, %s::bytea[]) on conflict (case_id)"
        " do update set customer_id = excluded.customer_id, reason = excluded.reason,"
        " marks = excluded.marks",
        (case_id, link.customer_id, link.reason.name.lower(), sorted(link.marks)),
    )


async def drop_case(connection: Connection, case_id: str) -> None:
    await connection.execute("delete from customers.linked_case where case_id = %s", (case_id,))
