"""Customers of dealerships, for the services that name one or write to one (FLB-121, G-49)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from operator import attrgetter
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
    return open_among(await family(lookups, customer_id), purpose, at)


def open_among(rows: Sequence[Customer], purpose: ConsentPurpose, at: datetime) -> Open:
    """The same for a person of whom these are all the records."""
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
    return (await families(lookups, [customer_id]))[customer_id]


async def families(lookups: Lookups, customer_ids: Iterable[str]) -> Mapping[str, list[Customer]]:
    """The families of several customers, by the ids that were given.

    One statement where nobody is merged; one more for each step by which records were.
    """
    wanted = {*customer_ids}
    found: dict[str, Customer] = {}
    asked: set[str] = set()
    while unknown := wanted.union(*map(_relatives, found.values())) - asked:
        asked |= unknown
        found |= {row.customer_id: row for row in await _related(lookups, unknown)}
    together = _components(found.values())
    return {one: together.get(one, []) for one in wanted}


async def _related(lookups: Lookups, customer_ids: Iterable[str]) -> list[Customer]:
    """The records of these ids, and those that were merged into them."""
    table = lookups.table(lookup)
    rows = table.of_every_organisation().where(
        "customers.customer_id = any(%(ids)s) or customers.survivor_id = any(%(ids)s)",
        ids=sorted(customer_ids),
    )
    return await rows.many(lookups.pool, table.order("customers", "customer_id"))


def _relatives(row: Customer) -> Iterable[str]:
    return (row.customer_id,) if row.survivor_id is None else (row.customer_id, row.survivor_id)


def _components(rows: Iterable[Customer]) -> Mapping[str, list[Customer]]:
    """The families that the records make, by each id that is named in them.

    It ends, whatever stands in the table while a topic is read again.
    """
    leads: dict[str, str] = {}

    def end(id: str) -> str:
        while (behind := leads.setdefault(id, id)) != id:
            id = behind
        return id

    known = sorted(rows, key=attrgetter("customer_id"))
    for row in known:
        leads[end(row.customer_id)] = end(row.survivor_id or row.customer_id)
    families: dict[str, list[Customer]] = {}
    for row in known:
        families.setdefault(end(row.customer_id), []).append(row)
    return {id: families[end(id)] for id in [*leads]}
