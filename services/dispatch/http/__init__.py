"""Every route of the service."""

from fastapi import APIRouter

from infra.host import Running
from infra.vault import Vault
from services.dispatch.http import contracts, jobs, offers, page, requests
from services.dispatch.http.links import Doors


def router(running: Running) -> APIRouter:
    """All routes, over what the service has opened."""
    doors = Doors(Vault(running.pool, running.settings.masters), running.settings.pages_url)
    routers = (
        requests.router(doors),
        offers.router,
        page.router(doors),
        jobs.router(doors),
        jobs.by_link(doors),
        contracts.router,
    )
    return APIRouter(routes=[route for one in routers for route in one.routes])
