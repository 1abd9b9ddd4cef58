"""Where exactly a trip begins and ends, and whom to ask for there: for its driver alone (C14)."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import assert_never

from contracts.missions.trip_v1 import End, StopDetailed, SubjectForgotten, TripEvent

# --- Commands ---------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class DetailStop:
    """The last word about an end of the trip counts."""

    fact: StopDetailed
    organisation_id: str


@dataclass(frozen=True, slots=True)
class ForgetStops:
    """The key of the trip is destroyed; the people at its ends cannot be named again."""

    trip_id: str
    organisation_id: str
    at: datetime


Command = DetailStop | ForgetStops

# --- Rejections -------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class StopsAreForgotten:
    pass


# --- State ------------------------------------------------------------------

Event = StopDetailed | SubjectForgotten


@dataclass(frozen=True, slots=True)
class Stops:
    """What was said of each end last."""

    details: Mapping[End, StopDetailed] = field(default_factory=dict)
    forgotten: bool = False


EMPTY = Stops()


def evolve(stops: Stops, event: Event) -> Stops:
    match event:
        case StopDetailed():
            return replace(stops, details={**stops.details, event.end: event})
        case SubjectForgotten():
            return Stops(forgotten=True)
        case unhandled:
            assert_never(unhandled)


# --- Decisions --------------------------------------------------------------


def decide(command: Command, stops: Stops) -> list[TripEvent] | StopsAreForgotten:
    """As in every aggregate, at any time of the trip's life: an address may have been wrong."""
    match command:
        case DetailStop(fact=said):
            if stops.forgotten:
                return StopsAreForgotten()
            known = stops.details.get(said.end)
            repeated = known and replace(known, detailed_at=said.detailed_at) == said
            return [] if repeated else [said]
        case ForgetStops():
            forgotten = SubjectForgotten(command.trip_id, command.at)
            return [] if stops.forgotten else [forgotten]
        case unhandled:
            assert_never(unhandled)
