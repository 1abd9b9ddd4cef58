"""Every route of the service."""

from fastapi import APIRouter

from services.dealerships.http import (
    checklists,
    configuration,
    dealerships,
    predefined_messages,
    templates,
)

resources = (dealerships, checklists, templates, predefined_messages, configuration)
router = APIRouter(routes=[route for one in resources for route in one.router.routes])
