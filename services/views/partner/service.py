"""The partner's account: trips to take, quotes, missions, profile; and who is available."""

from fastapi import APIRouter

from infra.host import Running, Service
from services.views.partner import api, calendars, drivers, quotes, trips


def routes(running: Running) -> APIRouter:
    """Those about trips, and the calendar, as one router."""
    made = api.router(running.pool, running.settings.home_radius_km)
    made.routes.extend(calendars.router(running.pool).routes)
    return made


service = Service(
    name="views.partner",
    about="The partner's account: trips to take, quotes, missions, profile; and who is available.",
    views=(trips.view, quotes.view, drivers.view),
    routes=routes,
)
