"""How a customer may be written to now: what they agreed to, by which channels, in which hours, and
whether there is still something to remind them of (R2, R3, G-55)."""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from contracts import dealers
from contracts.customers.customer_v1 import ConsentPurpose
from contracts.dealers import Dealership
from contracts.hours import lawful
from contracts.reminders.reminder_v1 import StopReason
from infra.database import Connection
from infra.host import Running
from infra.lookups import Lookups, customers, dealerships
from infra.lookups.customers import Customer, Open
from infra.phones import zone_of
from services.reminders.adapters.links import Addresses
from services.reminders.lookups import customers_customer, interventions_case
from services.reminders.lookups.customers_customer import Contact, Vehicle
from services.reminders.lookups.interventions_case import CaseToPlan
from services.reminders.reminder.sending import SendDue, Terms


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

    @property
    def erased(self) -> bool:
        """Whether one of the records was, so that nothing is kept of the person (FLB-123)."""
        return any(one.erased for one in self.records)


async def person_of(lookups: Lookups, about: About, at: datetime) -> Person:
    """The person whom the reminder is for: the customer of its case, or the one that it names."""
    [person] = await people_of(lookups, [about], at)
    return person


async def people_of(lookups: Lookups, abouts: Sequence[About], at: datetime) -> list[Person]:
    """The same for several reminders, in their order; each table is asked once."""
    cases = filter(None, (one.case_id for one in abouts))
    linked = await lookups.find_all(customers_customer.cases, cases)
    named = [
        one.customer_id if (case := linked.get(one.case_id or "")) is None else case.customer_id
        for one in abouts
    ]
    families = await customers.families(lookups, named)
    lasting = {
        id: next((one.customer_id for one in family if one.survivor_id is None), id)
        for id, family in families.items()
    }
    contacts = await lookups.find_all(customers_customer.contacts, lasting.values())
    return [
        Person(
            lasting[id],
            tuple(families[id]),
            contacts.get(lasting[id]),
            customers.open_among(families[id], ConsentPurpose.REMINDERS, at),
        )
        for id in named
    ]


async def stop_reasons(
    lookups: Lookups, abouts: Sequence[About], people: Sequence[Person]
) -> list[StopReason | None]:
    """Why each of these people is not to be reminded any more, if so (R2)."""
    cases = filter(None, (one.case_id for one in abouts))
    known = await lookups.find_all(interventions_case.lookup, cases)
    owners = (record.customer_id for person in people for record in person.records)
    vehicles: dict[str, list[Vehicle]] = {}
    if any(case.plate or case.vin for case in known.values()):
        for one in await lookups.among(customers_customer.vehicles, "customer_id", owners):
            vehicles.setdefault(one.customer_id, []).append(one)
    return [
        stop_reason(person, known.get(about.case_id or ""), vehicles)
        for about, person in zip(abouts, people, strict=True)
    ]


def stop_reason(
    person: Person, case: CaseToPlan | None, vehicles: Mapping[str, Sequence[Vehicle]]
) -> StopReason | None:
    """Why somebody is not reminded of a case, or of what has none; `vehicles` are by customer."""
    records, channels = person.records, person.channels
    if person.erased:
        return StopReason.CUSTOMER_ERASED
    had = [one for record in records for one in vehicles.get(record.customer_id, ())]
    if case is not None and vehicle_gone(case, had):
        return StopReason.VEHICLE_GONE
    if channels.sms or channels.email:
        return None
    blocked = any(o.sms_blocked for o in records) and any(o.email_blocked for o in records)
    return StopReason.CHANNELS_BLOCKED if blocked else StopReason.CONSENT_WITHDRAWN


def vehicle_gone(case: CaseToPlan, vehicles: Iterable[Vehicle]) -> bool:
    """Whether the customer had the vehicle of the case, and has it no more."""
    same = [one for one in vehicles if is_same(one, case)]
    return bool(same) and all(one.removed for one in same)


def is_same(vehicle: Vehicle, case: CaseToPlan) -> bool:
    """By the VIN, or by the plate where one of the two has none."""
    if vehicle.vin and case.vin:
        return vehicle.vin == case.vin
    return vehicle.plate is not None and vehicle.plate == case.plate


async def terms_of(
    lookups: Lookups, addresses: Addresses, about: About, now: datetime
) -> Terms | None:
    """The terms of a message about a reminder; None where the dealership is not known here."""
    [terms] = await terms_of_all(lookups, addresses, [about], now)
    return terms


async def terms_of_all(
    lookups: Lookups, addresses: Addresses, abouts: Sequence[About], now: datetime
) -> list[Terms | None]:
    """The same for several reminders, in their order; each table is asked once."""
    houses = await lookups.find_all(dealerships.lookup, (one.dealership_id for one in abouts))
    people = await people_of(lookups, abouts, now)
    stops = await stop_reasons(lookups, abouts, people)
    return [
        None
        if (house := houses.get(about.dealership_id)) is None
        else terms(house, about, person, stop, await addresses.of(about.reminder_id), now)
        for about, person, stop in zip(abouts, people, stops, strict=True)
    ]


def terms(
    house: Dealership,
    about: About,
    person: Person,
    stop: StopReason | None,
    link: str,
    now: datetime,
) -> Terms:
    works = dealers.effective(house, about.brand) or dealers.all_in_all(house)
    contact, there = person.contact, ZoneInfo(house.time_zone)
    email = contact.email if contact and person.channels.email else None
    phone = contact.phone if contact and person.channels.sms else None
    zone = zone_of(contact.phone if contact else None) or there
    later = now + timedelta(days=works.reminder_follow_up_days)
    return Terms(
        automatic=works.reminders_allowed and works.reminders_automatic,
        stop=stop,
        customer_id=person.customer_id,
        name=contact.name if contact else "",
        email=email,
        phone=phone,
        language=(contact.language if contact else None) or works.default_language,
        link=link,
        dealership=works.dealership_name,
        today=now.astimezone(there).date(),
        now=now,
        lawful_at=lawful(now, zone),
        follow_up_at=lawful(later, zone),
    )


def sender(
    running: Running,
) -> Callable[[Connection, Sequence[Any]], Awaitable[Sequence[Any | None]]]:
    """Answers the sendings whose time has come with how their customers may be written to now."""
    addresses = Addresses(running)
    lookups = Lookups(running.pool, running.service.shape)

    async def informed(_: Connection, commands: Sequence[SendDue]) -> list[SendDue]:
        abouts = [
            About(
                reminder_id=one.reminder_id,
                dealership_id=one.dealership_id,
                brand=one.brand,
                customer_id=one.customer_id,
                case_id=one.case_id,
            )
            for one in commands
        ]
        found = await terms_of_all(lookups, addresses, abouts, datetime.now(UTC))
        return [replace(one, terms=known) for one, known in zip(commands, found, strict=True)]

    return informed
