"""Reactions: a new trip is to be pointed out; who is forgotten looks for nothing any more."""

from contracts.accounts.user_v1 import SubjectForgotten, UserEvent
from contracts.missions.trip_v1 import TripEvent, TripPublished
from services.alerts.alert import Alert
from services.alerts.searches import Forget


def of_trip(event: TripEvent) -> list[Alert]:
    """To whom is found in the tables."""
    return [Alert(event)] if isinstance(event, TripPublished) else []


def trip_of(command: Alert) -> str:
    """The trip whose stream takes the command."""
    return command.trip.trip_id


def of_account(event: UserEvent) -> list[Forget]:
    if isinstance(event, SubjectForgotten):
        return [Forget(event.user_id, event.forgotten_at)]
    return []


def driver_of(command: Forget) -> str:
    """The driver whose searches go."""
    return command.driver_id
