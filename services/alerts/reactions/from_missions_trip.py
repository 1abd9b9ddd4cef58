"""A new trip is pointed out to the drivers who look for such."""

from contracts.missions.trip_v1 import TripPublished
from services.alerts.alert import Alert

Reads = TripPublished


def react(event: TripPublished) -> list[Alert]:
    """The alert of the trip; the service's tables say for whom it is (`adapters.matching`)."""
    process = (f"client_process:{event.client_process}",) if event.client_process else ()
    services = tuple(f"additional_service:{code}" for code in event.additional_services)
    return [
        Alert(
            trip_id=event.trip_id,
            organisation_id=event.organisation_id,
            client_brand=event.client_brand,
            departure_city=event.departure.city,
            departure_postal_code=event.departure.postal_code,
            arrival_city=event.arrival.city,
            arrival_postal_code=event.arrival.postal_code,
            latitude=event.departure.point.latitude,
            longitude=event.departure.point.longitude,
            from_day=event.from_slot.date,
            until_day=event.until_slot.date,
            distance_km=event.distance_km,
            needs=process + services,
            at=event.published_at,
        )
    ]


def target(command: Alert) -> str:
    """The trip whose stream takes the command."""
    return command.trip_id
