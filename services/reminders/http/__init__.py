"""Every route of the service."""

from fastapi import APIRouter

from infra.host import Running
from services.reminders.adapters.links import Addresses
from services.reminders.http import plans, reminders, sending, upcoming, workdays
from services.reminders.http.customer_page import routes as customer_page


def router(running: Running) -> APIRouter:
    """All routes, over what the service has opened."""
    routers = (
        reminders.router,
        sending.router(Addresses(running)),
        upcoming.router,
        workdays.router,
        plans.router,
        customer_page.router(running),
    )
    return APIRouter(routes=[route for one in routers for route in one.routes])
