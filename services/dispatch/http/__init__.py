"""Every route of the service."""

from fastapi import APIRouter

from infra.host import Running
from infra.vault import Vault
from services.dispatch.adapters.asking import Asking
from services.dispatch.http import contracts, jobs, offers, page, requests
from services.dispatch.http.customer_page import asking
from services.dispatch.http.customer_page import routes as customer_page
from services.dispatch.http.links import Doors


def router(running: Running) -> APIRouter:
    """All routes, over what the service has opened."""
    masters = running.settings.masters
    vault, settings = Vault(running.pool, masters), running.settings
    doors = Doors(vault, settings.pages_url, masters)
    most = (settings.max_asked_by_client, settings.max_asked_of_marketplace)
    counted = Asking(running.pool, vault, *most)
    routers = (
        requests.router(doors),
        offers.shown(doors),
        offers.router,
        page.router(doors, counted),
        jobs.router(doors),
        jobs.by_link(doors),
        contracts.router,
        customer_page.router(running, doors),
        asking.router(doors, counted),
    )
    return APIRouter(routes=[route for one in routers for route in one.routes])
