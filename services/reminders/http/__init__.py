"""Every route of the service."""

from fastapi import APIRouter

from infra.host import Running
from services.reminders.adapters.links import Addresses
from services.reminders.http import plans, reminders, sending


def router(running: Running) -> APIRouter:
    """All routes, over what the service has opened."""
    routers = (
        reminders.router,
        sending.router(Addresses(running)),
        plans.router,
    )
    return APIRouter(routes=[route for one in routers for route in one.routes])
