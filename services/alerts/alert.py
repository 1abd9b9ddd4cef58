"""Who a new trip was pointed out to: each driver once, however often the trip is looked at."""

from dataclasses import dataclass

from contracts.alerts.alert_v1 import AlertEvent, DriverAlerted
from contracts.missions.trip_v1 import TripPublished


@dataclass(frozen=True, slots=True)
class Match:
    """A driver who looks for such a trip and may take it, and the search that says so."""

    driver_id: str
    search_id: str


@dataclass(frozen=True, slots=True)
class Alert:
    trip: TripPublished
    matches: tuple[Match, ...] = ()


Alerted = frozenset[str]
"""The drivers who were told."""
initial: Alerted = frozenset()


def evolve(alerted: Alerted, event: AlertEvent) -> Alerted:
    """Take history as recorded."""
    return alerted | {event.driver_id}


def decide(command: Alert, alerted: Alerted) -> list[AlertEvent]:
    """One fact for each driver who was not told yet; nothing is ever refused."""
    trip = command.trip
    return [
        DriverAlerted(
            trip_id=trip.trip_id,
            driver_id=match.driver_id,
            organisation_id=trip.organisation_id,
            search_id=match.search_id,
            departure_city=trip.departure.city,
            arrival_city=trip.arrival.city,
            from_day=trip.from_slot.date,
            until_day=trip.until_slot.date,
            distance_km=trip.distance_km,
            alerted_at=trip.published_at,
        )
        for match in command.matches
        if match.driver_id not in alerted
    ]
