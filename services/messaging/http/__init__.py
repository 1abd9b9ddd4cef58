"""The API of messaging."""

from fastapi import APIRouter

from infra.host import Running
from services.messaging.http import (
    browsers,
    inbox,
    messages,
    preferences,
    reading,
    sms_receipts,
    sms_replies,
    templates,
)


def router(running: Running) -> APIRouter:
    """All routes, over what the service has opened."""
    routers = (
        messages.router(running),
        preferences.router,
        browsers.router(running),
        browsers.own,
        reading.router,
        templates.router(running),
        sms_receipts.router(running),
        sms_replies.router(running),
        inbox.router(running),
    )
    return APIRouter(routes=[route for one in routers for route in one.routes])
