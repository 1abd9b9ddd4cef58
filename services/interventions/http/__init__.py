"""Every route of the service."""

from fastapi import APIRouter

from infra.host import Running
from infra.vault import Vault
from services.interventions.http import (
    auditing,
    bringing,
    cases,
    downloads,
    exports,
    page,
    parts,
    photo_accounts,
    proposal,
    scanning,
    sending,
)
from services.interventions.http.customer_page import routes as customer_page
from services.interventions.http.prints import routes as prints


def router(running: Running) -> APIRouter:
    """All routes, over what the service has opened."""
    vault = Vault(running.pool, running.settings.masters)
    routers = (
        cases.router,
        parts.router,
        bringing.router,
        auditing.router,
        scanning.router(running),
        exports.router,
        photo_accounts.router(running, vault),
        proposal.router,
        sending.router(vault, running.settings.pages_url),
        downloads.router(running),
        prints.router,
        page.router(vault),
        page.decisions(vault),
        customer_page.router(running),
    )
    return APIRouter(routes=[route for one in routers for route in one.routes])
