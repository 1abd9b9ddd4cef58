"""Every route of the service."""

from fastapi import APIRouter

from infra.host import Running
from infra.vault import Vault
from services.depot_tours.http import deliveries, handovers, orders, tours


def router(running: Running) -> APIRouter:
    """All routes, over what the service has opened."""
    vault = Vault(running.pool, running.settings.masters)
    routers = (orders.router, tours.router, handovers.router(vault), deliveries.router)
    return APIRouter(routes=[route for one in routers for route in one.routes])
