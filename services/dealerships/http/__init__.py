"""Every route of the service."""

from fastapi import APIRouter

from infra.host import Running
from services.dealerships.http import (
    checklists,
    configuration,
    dealerships,
    devices,
    predefined_messages,
    templates,
)

resources = (dealerships, checklists, templates, predefined_messages, configuration)


def router(running: Running) -> APIRouter:
    """All routes of dealerships."""
    routers = (*(one.router for one in resources), devices.routes(running))
    return APIRouter(routes=[route for one in routers for route in one.routes])
