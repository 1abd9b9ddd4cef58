"""The partner's account: trips to take, quotes, missions, profile; and who is available."""

from infra.host import Service
from services.views.partner import api, drivers, quotes, trips

service = Service(
    name="views.partner",
    views=(trips.view, quotes.view, drivers.view),
    routes=lambda running: api.router(running.pool, running.settings.home_radius_km),
)
