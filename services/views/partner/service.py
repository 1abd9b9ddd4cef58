"""The partner's account: trips to take, quotes, missions, profile; and who is available."""

from fastapi import APIRouter

from infra.host import Running, Service
from infra.wording import Wording
from services.views.partner import (
    drivers,
    drivers_available,
    my_calendar,
    my_missions,
    my_profile,
    my_quotes,
    open_trips,
    quotes,
    quotes_on_trip,
    trainings_to_complete,
    trips,
    trips_near_home,
)

QUESTIONS = (
    open_trips,
    my_quotes,
    my_missions,
    my_profile,
    my_calendar,
    quotes_on_trip,
    drivers_available,
    trainings_to_complete,
)


def router(radius_km: float) -> APIRouter:
    """Every route, for a radius around a driver's home."""
    # Before the route of one trip, which would take its path for an id.
    near_home = trips_near_home.router(radius_km).routes
    others = [route for question in QUESTIONS for route in question.router.routes]
    return APIRouter(routes=[*near_home, *others])


def routes(running: Running) -> APIRouter:
    """The routes of a running service."""
    return router(running.settings.home_radius_km)


service = Service(
    name="views.partner",
    about="The partner's account: trips to take, quotes, missions, profile; and who is available.",
    views=(trips.view, quotes.view, drivers.view),
    routes=routes,
    wording=Wording(__package__),
)
