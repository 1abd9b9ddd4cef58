"""Every route of the service."""

from fastapi import APIRouter

from infra.host import Running
from services.conversations.http import market, matters, threads
from services.conversations.http.customer_page import routes as customer_page


def router(running: Running) -> APIRouter:
    """All routes, over the keys that make links."""
    routers = (
        threads.router(running),
        threads.members,
        matters.router(running),
        market.router(running),
        customer_page.router(running),
    )
    return APIRouter(routes=[route for one in routers for route in one.routes])
