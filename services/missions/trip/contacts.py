"""The people of a trip: whom its driver asks for at each end, and the client who ordered it.

The plate of the vehicle, which leads to its holder, is kept with them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import assert_never

from contracts.missions.trip_v1 import (
    ClientNamed,
    End,
    StopDetailed,
    SubjectForgotten,
    TripEvent,
    VehicleIdentified,
)

# --- Commands ---------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class DetailStop:
    """The last word about an end of the trip counts."""

    trip_id: str
    organisation_id: str
    end: End
    street: str
    contact_name: str | None
    phone: str | None
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class NameClient:
    """The client is told of the delivery (HIF-27); the last word counts."""

    trip_id: str
    organisation_id: str
    name: str
    email: str
    language: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentifyVehicle:
    """Which vehicle it is, by its plate and the country of that; the last word counts."""

    trip_id: str
    organisation_id: str
    plate: str
    country: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ForgetPeople:
    """The key of the trip is destroyed; its people cannot be named again."""

    trip_id: str
    organisation_id: str
    at: datetime


Command = DetailStop | NameClient | IdentifyVehicle | ForgetPeople

# --- Rejections -------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class PeopleAreForgotten:
    pass


# --- State ------------------------------------------------------------------

Event = StopDetailed | ClientNamed | VehicleIdentified | SubjectForgotten


@dataclass(frozen=True, slots=True)
class Contacts:
    """The latest details of each end, of the client and of the vehicle."""

    stops: Mapping[End, StopDetailed] = field(default_factory=dict)
    client: ClientNamed | None = None
    vehicle: VehicleIdentified | None = None
    forgotten: bool = False


def evolve(contacts: Contacts, event: Event) -> Contacts:
    match event:
        case StopDetailed():
            return replace(contacts, stops={**contacts.stops, event.end: event})
        case ClientNamed():
            return replace(contacts, client=event)
        case VehicleIdentified():
            return replace(contacts, vehicle=event)
        case SubjectForgotten():
            return Contacts(forgotten=True)
        case unhandled:
            assert_never(unhandled)


# --- Decisions --------------------------------------------------------------

Decision = list[TripEvent] | PeopleAreForgotten


def decide(command: Command, contacts: Contacts) -> Decision:
    """As in every aggregate, at any time of the trip's life: an address may have been wrong."""
    if contacts.forgotten:
        return [] if isinstance(command, ForgetPeople) else PeopleAreForgotten()
    match command:
        case DetailStop():
            return detail_stop(command, contacts)
        case NameClient():
            return name_client(command, contacts)
        case IdentifyVehicle():
            return identify_vehicle(command, contacts)
        case ForgetPeople():
            return [SubjectForgotten(trip_id=command.trip_id, forgotten_at=command.at)]
        case unhandled:
            assert_never(unhandled)


def detail_stop(command: DetailStop, contacts: Contacts) -> Decision:
    detailed = StopDetailed(
        trip_id=command.trip_id,
        end=command.end,
        street=command.street,
        contact_name=command.contact_name,
        phone=command.phone,
        detailed_at=command.at,
    )
    last = contacts.stops.get(command.end)
    return [] if last and replace(last, detailed_at=command.at) == detailed else [detailed]


def name_client(command: NameClient, contacts: Contacts) -> Decision:
    named = ClientNamed(
        trip_id=command.trip_id,
        organisation_id=command.organisation_id,
        name=command.name,
        email=command.email,
        language=command.language,
        named_at=command.at,
    )
    last = contacts.client
    return [] if last and replace(last, named_at=command.at) == named else [named]


def identify_vehicle(command: IdentifyVehicle, contacts: Contacts) -> Decision:
    identified = VehicleIdentified(
        trip_id=command.trip_id,
        organisation_id=command.organisation_id,
        plate=command.plate,
        country=command.country,
        identified_at=command.at,
    )
    last = contacts.vehicle
    return [] if last and replace(last, identified_at=command.at) == identified else [identified]
