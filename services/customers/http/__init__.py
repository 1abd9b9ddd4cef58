"""Every route of the service."""

from fastapi import APIRouter

from infra.host import Running
from services.customers.http import (
    companies,
    erasure,
    exports,
    merging,
    preferences,
    records,
    vehicles,
)


def router(running: Running) -> APIRouter:
    """All routes, over what the service has opened."""
    routers = (
        records.router(running),
        preferences.router,
        companies.router,
        vehicles.router,
        merging.router,
        exports.router(running),
        erasure.router(running),
    )
    return APIRouter(routes=[route for one in routers for route in one.routes])
