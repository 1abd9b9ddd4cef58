"""Every route of the service."""

from fastapi import APIRouter

from infra.host import Running
from infra.vault import Vault
from services.marketplace.adapters.inviting import Inviting
from services.marketplace.http import dac7, invitations, marketplaces, profile, providers, settings
from services.marketplace.http.settings import Links


def router(running: Running) -> APIRouter:
    """All routes of marketplaces, over the keys of links to files and of invitations."""
    links = Links(running)
    vault = Vault(running.pool, running.settings.masters)
    routers = (
        settings.routes(links),
        settings.rates,
        invitations.routes(Inviting(vault, running.settings.portal), links),
        providers.router,
        providers.routes(links),
        marketplaces.router,
        marketplaces.routes(links),
        profile.router,
        dac7.router,
    )
    return APIRouter(routes=[route for one in routers for route in one.routes])
