"""The alerts about a trip: each driver is told once, however often the trip is looked at."""

from dataclasses import dataclass
from datetime import date, datetime

from contracts.alerts.alert_v1 import AlertEvent, DriverAlerted


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """A driver who looks for such a trip and may take it, and the search that says so."""

    driver_id: str
    search_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """Tells the drivers of `matches` about a trip; the other fields are what a search asks for.

    `needs` names the qualifications that a driver has to hold, as `<kind>:<code>`.
    """

    trip_id: str
    organisation_id: str
    client_brand: str
    departure_city: str
    departure_postal_code: str
    arrival_city: str
    arrival_postal_code: str
    latitude: float
    longitude: float
    from_day: date
    until_day: date
    distance_km: int
    needs: tuple[str, ...]
    at: datetime
    matches: tuple[Match, ...] = ()


Alerted = frozenset[str]
"""The drivers who were told."""
initial: Alerted = frozenset()


def evolve(alerted: Alerted, event: AlertEvent) -> Alerted:
    """Take history as recorded."""
    return alerted | {event.driver_id}


def decide(command: Alert, alerted: Alerted) -> list[AlertEvent]:
    """One fact for each driver who was not told yet; nothing is ever refused."""
    return [
        DriverAlerted(
            trip_id=command.trip_id,
            driver_id=match.driver_id,
            organisation_id=command.organisation_id,
            search_id=match.search_id,
            departure_city=command.departure_city,
            arrival_city=command.arrival_city,
            from_day=command.from_day,
            until_day=command.until_day,
            distance_km=command.distance_km,
            alerted_at=command.at,
        )
        for match in command.matches
        if match.driver_id not in alerted
    ]
