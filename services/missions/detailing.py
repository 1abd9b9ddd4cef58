"""The people of a trip: whom to ask for at its ends, for its driver alone (C14), and its client."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import assert_never

from contracts.missions.trip_v1 import ClientNamed, End, StopDetailed, SubjectForgotten, TripEvent

# --- Commands ---------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class DetailStop:
    """The last word about an end of the trip counts."""

    fact: StopDetailed
    organisation_id: str


@dataclass(frozen=True, slots=True)
class NameClient:
    """Who is told of the delivery (HIF-27); the last word counts."""

    fact: ClientNamed
    organisation_id: str


@dataclass(frozen=True, slots=True)
class ForgetPeople:
    """The key of the trip is destroyed; its people cannot be named again."""

    trip_id: str
    organisation_id: str
    at: datetime


Command = DetailStop | NameClient | ForgetPeople

# --- Rejections -------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class PeopleAreForgotten:
    pass


# --- State ------------------------------------------------------------------

Event = StopDetailed | ClientNamed | SubjectForgotten


@dataclass(frozen=True, slots=True)
class Details:
    """What was said last of each end, and of the client."""

    stops: Mapping[End, StopDetailed] = field(default_factory=dict)
    client: ClientNamed | None = None
    forgotten: bool = False


EMPTY = Details()


def evolve(details: Details, event: Event) -> Details:
    match event:
        case StopDetailed():
            return replace(details, stops={**details.stops, event.end: event})
        case ClientNamed():
            return replace(details, client=event)
        case SubjectForgotten():
            return Details(forgotten=True)
        case unhandled:
            assert_never(unhandled)


# --- Decisions --------------------------------------------------------------


def decide(command: Command, details: Details) -> list[TripEvent] | PeopleAreForgotten:
    """As in every aggregate, at any time of the trip's life: an address may have been wrong."""
    if details.forgotten:
        return [] if isinstance(command, ForgetPeople) else PeopleAreForgotten()
    match command:
        case DetailStop(fact=said):
            known = details.stops.get(said.end)
            told = known and replace(known, detailed_at=said.detailed_at)
            return [] if told == said else [said]
        case NameClient(fact=named):
            client = details.client and replace(details.client, named_at=named.named_at)
            return [] if client == named else [named]
        case ForgetPeople():
            return [SubjectForgotten(trip_id=command.trip_id, forgotten_at=command.at)]
        case unhandled:
            assert_never(unhandled)
