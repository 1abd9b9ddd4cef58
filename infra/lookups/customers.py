"""Customers of dealerships, for the services that name one or write to one (FLB-121, G-49)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import assert_never

from contracts.consents import may_be_written_to
from contracts.customers import customer_v1
from contracts.customers.customer_v1 import (
    ChannelsBlocked,
    ConsentGiven,
    ConsentPurpose,
    ConsentWithdrawn,
    CustomerChannel,
    CustomerErased,
    CustomerRecorded,
    CustomersMerged,
    MergeUndone,
)
from infra.consumers.views import OutOfOrder, View
from infra.http.problems import unknown_reference
from infra.http.request_context import RequestContext
from infra.lookups import Lookups

Reads = (
    CustomerRecorded
    | ChannelsBlocked
    | ConsentGiven
    | ConsentWithdrawn
    | CustomersMerged
    | MergeUndone
    | CustomerErased
)


@dataclass(frozen=True, slots=True)
class Said:
    """Something that a customer said about being written to."""

    purpose: str
    channel: str
    given: bool
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Customer:
    """A customer, and how they may be written to; nothing of who they are."""

    customer_id: str
    organisation_id: str
    dealership_id: str
    survivor_id: str | None = None
    """The record at which this one shows, while it is merged."""
    erased: bool = False
    sms_blocked: bool = False
    email_blocked: bool = False
    said: tuple[Said, ...] = ()
    """In the order in which it was recorded."""


@dataclass(frozen=True, slots=True)
class Open:
    """The channels by which somebody may be written to."""

    sms: bool
    email: bool


def key(event: Reads) -> tuple[str]:
    return (event.customer_id,)


def project(row: Customer | None, event: Reads) -> Customer:
    if isinstance(event, CustomerRecorded):
        return Customer(
            customer_id=event.customer_id,
            organisation_id=event.organisation_id,
            dealership_id=event.dealership_id,
        )
    if row is None:
        raise OutOfOrder(event)
    match event:
        case ChannelsBlocked():
            return replace(row, sms_blocked=event.sms, email_blocked=event.email)
        case ConsentGiven():
            return replace(row, said=(*row.said, said(event, event.given_at)))
        case ConsentWithdrawn():
            return replace(row, said=(*row.said, said(event, event.withdrawn_at)))
        case CustomersMerged():
            return replace(row, survivor_id=event.survivor_id)
        case MergeUndone():
            return replace(row, survivor_id=None)
        case CustomerErased():
            return replace(row, erased=True, said=())
        case unhandled:
            assert_never(unhandled)


def said(event: ConsentGiven | ConsentWithdrawn, at: datetime) -> Said:
    return Said(
        event.purpose.name.lower(),
        event.channel.name.lower(),
        isinstance(event, ConsentGiven),
        at,
    )


lookup = View(
    name="customers",
    contract=customer_v1.contract,
    reads=Reads,
    row=Customer,
    primary_key=("customer_id",),
    key=key,
    project=project,
    indexes=("(survivor_id) where survivor_id is not null",),
)


async def require(
    context: RequestContext, field: str, customer_id: str, dealership_id: str
) -> Customer:
    """The customer whom a field of the body names, who is one of this dealership of the caller's
    organisation and is not erased. Raises the 422 `Problem` of the field."""
    found = await context.lookup(lookup, customer_id)
    mine = (context.principal.organisation_id, dealership_id)
    if found is None or found.erased or (found.organisation_id, found.dealership_id) != mine:
        raise unknown_reference(field, "customer")
    return found


async def open_channels(
    lookups: Lookups, customer_id: str, purpose: ConsentPurpose, at: datetime
) -> Open:
    """The channels by which a customer may be written to at a time, as far as is known here: asked
    when a case is made, and again when something is sent.

    All records that were merged are of one person: what one of them blocks is blocked, and of
    what they said the last word counts. Whoever is not recorded yet has blocked nothing; whoever
    is erased is not written to.
    """
    rows = await family(lookups, customer_id)
    if any(row.erased for row in rows):
        return Open(sms=False, email=False)
    return Open(
        sms=may_be_written_to(
            purpose,
            blocked=any(row.sms_blocked for row in rows),
            said=last_word(rows, purpose, CustomerChannel.SMS, at),
        ),
        email=may_be_written_to(
            purpose,
            blocked=any(row.email_blocked for row in rows),
            said=last_word(rows, purpose, CustomerChannel.EMAIL, at),
        ),
    )


def last_word(
    rows: Sequence[Customer], purpose: ConsentPurpose, channel: CustomerChannel, at: datetime
) -> bool | None:
    wanted = (purpose.name.lower(), channel.name.lower())
    known = [
        one
        for row in rows
        for one in row.said
        if (one.purpose, one.channel) == wanted and one.at <= at
    ]
    last = max(reversed(known), key=lambda one: one.at, default=None)
    return last.given if last else None


async def family(lookups: Lookups, customer_id: str) -> list[Customer]:
    """The record, and all that are merged with it by whatever way; none where it is not known."""
    columns = ", ".join(lookup.columns)
    table = f"{lookups.schema}.{lookup.name}"
    # Union, not union all: it ends, whatever stands in the table while a topic is read again.
    query = f"""
        with recursive up as (
          select customer_id, survivor_id from {table} where customer_id = %(id)s
          union select one.customer_id, one.survivor_id from {table} as one
          join up on one.customer_id = up.survivor_id
        ), down as (
          select customer_id from up
          union select one.customer_id from {table} as one
          join down on one.survivor_id = down.customer_id
        )
        select {columns} from {table} join down using (customer_id) order by customer_id
    """
    async with lookups.pool.connection() as connection:
        cursor = connection.cursor(row_factory=lookup.row_factory)
        await cursor.execute(query.encode(), {"id": customer_id})
        return await cursor.fetchall()
