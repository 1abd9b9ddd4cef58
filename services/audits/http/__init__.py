"""Every route of the service."""

from fastapi import APIRouter

from services.audits.http import audits, templates

router = APIRouter(
    routes=[route for one in (audits.router, templates.router) for route in one.routes]
)
