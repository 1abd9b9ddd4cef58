"""Every route of the service."""

from fastapi import APIRouter

from infra.host import Running
from services.support.http import arrangement, contact, desk, matters, notices, replies, requests


def router(running: Running) -> APIRouter:
    """All routes, over what the service has opened."""
    routers = (
        requests.router(running),
        contact.router(running),
        desk.router,
        matters.router,
        arrangement.router,
        replies.router,
        notices.router,
    )
    return APIRouter(routes=[route for one in routers for route in one.routes])
