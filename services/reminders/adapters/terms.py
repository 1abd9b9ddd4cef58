"""How a customer may be written to now: what they agreed to, by which channels, in which hours, and
whether there is still something to remind them of (R2, R3, G-55)."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import phonenumbers
from phonenumbers.timezone import UNKNOWN_TIMEZONE, time_zones_for_number

from contracts import dealers
from contracts.customers.customer_v1 import ConsentPurpose
from contracts.reminders.reminder_v1 import StopReason
from infra.database import Connection
from infra.host import Running
from infra.lookups import Lookups, customers, dealerships
from infra.lookups.customers import Customer, Open
from services.reminders.adapters.links import Addresses
from services.reminders.lookups import customers_customer, interventions_case
from services.reminders.lookups.customers_customer import Contact, Vehicle
from services.reminders.lookups.interventions_case import CaseToPlan
from services.reminders.reminder.hours import lawful
from services.reminders.reminder.sending import SendDue, Terms

AT_ONCE = 8
"""Customers that are looked up beside each other."""


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """The reminder that somebody is to be written to about."""

    reminder_id: str
    dealership_id: str
    brand: str
    customer_id: str
    case_id: str | None


@dataclass(frozen=True, slots=True)
class Person:
    """The customer of a reminder: the record that goes on, and all that were merged with it."""

    customer_id: str
    records: tuple[Customer, ...]
    contact: Contact | None
    channels: Open


async def person_of(lookups: Lookups, about: About, at: datetime) -> Person:
    """The person whom the reminder is for: the customer of its case, or the one that it names."""
    named = about.customer_id
    if about.case_id is not None:
        named = await customers_customer.of_case(lookups, about.case_id, about.customer_id)
    records = tuple(await customers.family(lookups, named))
    lasting = next((one.customer_id for one in records if one.survivor_id is None), named)
    contact = await lookups.find(customers_customer.contacts, lasting)
    purpose = ConsentPurpose.REMINDERS
    channels = await customers.open_channels(lookups, named, purpose, at)
    return Person(lasting, records, contact, channels)


async def stop_reason(lookups: Lookups, about: About, person: Person) -> StopReason | None:
    """Why nobody is to be reminded any more, if so (R2)."""
    records, channels = person.records, person.channels
    if any(one.erased for one in records):
        return StopReason.CUSTOMER_ERASED
    if await vehicle_gone(lookups, about, person):
        return StopReason.VEHICLE_GONE
    if channels.sms or channels.email:
        return None
    blocked = any(o.sms_blocked for o in records) and any(o.email_blocked for o in records)
    return StopReason.CHANNELS_BLOCKED if blocked else StopReason.CONSENT_WITHDRAWN


async def vehicle_gone(lookups: Lookups, about: About, person: Person) -> bool:
    """Whether the customer had the vehicle of the case, and has it no more."""
    if about.case_id is None:
        return False
    case = await lookups.find(interventions_case.lookup, about.case_id)
    if case is None or (case.plate is None and case.vin is None):
        return False
    ids = [one.customer_id for one in person.records]
    same = [one for one in await vehicles_of(lookups, ids) if is_same(one, case)]
    return bool(same) and all(one.removed for one in same)


def is_same(vehicle: Vehicle, case: CaseToPlan) -> bool:
    """By the VIN, or by the plate where one of the two has none."""
    if vehicle.vin and case.vin:
        return vehicle.vin == case.vin
    return vehicle.plate is not None and vehicle.plate == case.plate


async def vehicles_of(lookups: Lookups, customer_ids: Sequence[str]) -> list[Vehicle]:
    view = customers_customer.vehicles
    columns = ", ".join(f'"{name}"' for name in view.columns)
    table = f"{lookups.schema}.{view.name}"
    query = f"select {columns} from {table} where customer_id = any(%s)"
    async with lookups.pool.connection() as connection:
        cursor = connection.cursor(row_factory=view.row_factory)
        await cursor.execute(query.encode(), (list(customer_ids),))
        return await cursor.fetchall()


async def terms_of(
    lookups: Lookups, addresses: Addresses, about: About, now: datetime
) -> Terms | None:
    """The terms of a message about a reminder; None where the dealership is not known here."""
    house = await lookups.find(dealerships.lookup, about.dealership_id)
    if house is None:
        return None
    works = dealers.effective(house, about.brand) or dealers.all_in_all(house)
    person = await person_of(lookups, about, now)
    contact, there = person.contact, ZoneInfo(house.time_zone)
    email = contact.email if contact and person.channels.email else None
    phone = contact.phone if contact and person.channels.sms else None
    zone = zone_of(contact.phone if contact else None) or there
    later = now + timedelta(days=works.reminder_follow_up_days)
    return Terms(
        automatic=works.reminders_allowed and works.reminders_automatic,
        stop=await stop_reason(lookups, about, person),
        customer_id=person.customer_id,
        name=contact.name if contact else "",
        email=email,
        phone=phone,
        language=(contact.language if contact else None) or works.default_language,
        link=await addresses.of(about.reminder_id),
        dealership=works.dealership_name,
        today=now.astimezone(there).date(),
        now=now,
        lawful_at=lawful(now, zone),
        follow_up_at=lawful(later, zone),
    )


def zone_of(phone: str | None) -> ZoneInfo | None:
    """The time zone of whoever has the number, where numbers like it have one alone."""
    if phone is None:
        return None
    zones = time_zones_for_number(phonenumbers.parse(phone))
    return ZoneInfo(zones[0]) if len(zones) == 1 and zones[0] != UNKNOWN_TIMEZONE else None


def sender(
    running: Running,
) -> Callable[[Connection, Sequence[Any]], Awaitable[Sequence[Any | None]]]:
    """Answers the sendings whose time has come with how their customers may be written to now."""
    addresses = Addresses(running)
    lookups = Lookups(running.pool, running.service.shape)
    turns = asyncio.Semaphore(AT_ONCE)

    async def with_terms(command: SendDue, now: datetime) -> SendDue:
        about = About(
            reminder_id=command.reminder_id,
            dealership_id=command.dealership_id,
            brand=command.brand,
            customer_id=command.customer_id,
            case_id=command.case_id,
        )
        async with turns:
            return replace(command, terms=await terms_of(lookups, addresses, about, now))

    async def informed(_: Connection, commands: Sequence[SendDue]) -> list[SendDue]:
        now = datetime.now(UTC)
        return [*await asyncio.gather(*(with_terms(one, now) for one in commands))]

    return informed
