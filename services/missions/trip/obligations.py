"""Obligations towards people of a trip: nobody is forgotten while they are needed on a mission."""

from contracts.obligations import Obligations
from services.missions.trip import Assigned, Trip


def obligations(trip: Trip, person: str) -> Obligations:
    """Those towards the driver of a mission, and towards the people at its ends, who are named by
    the trip."""
    if isinstance(trip, Assigned) and person in (trip.mission.driver_id, trip.offer.trip_id):
        return Obligations(f"the mission of trip {trip.offer.trip_id} is under way")
    return Obligations()
