"""Every route of the service."""

from fastapi import APIRouter

from infra.host import Running
from infra.vault import Vault
from services.depot_tours.http import (
    deliveries,
    handovers,
    imports,
    orders,
    pickups,
    returns,
    tours,
)


def router(running: Running) -> APIRouter:
    """All routes, over what the service has opened."""
    vault = Vault(running.pool, running.settings.masters)
    resources = (imports, orders, pickups, tours, deliveries, returns)
    routers = (*(one.router for one in resources), handovers.router(vault))
    return APIRouter(routes=[route for one in routers for route in one.routes])
