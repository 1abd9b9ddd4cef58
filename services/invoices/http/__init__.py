"""Every route of the service."""

from fastapi import APIRouter

from infra.host import Running
from infra.objects import objects_of
from services.invoices.adapters.archive import archive_of
from services.invoices.http import (
    buyer,
    documents,
    expenses,
    information,
    invoices,
    lines,
    own_invoices,
    sellers,
)

RESOURCES = (invoices, expenses, lines, sellers, buyer, information)


def router(running: Running) -> APIRouter:
    """All routes, over what the service has opened."""
    routers = [
        *(one.router for one in RESOURCES),
        own_invoices.router(objects_of(running.settings)),
        documents.router(archive_of(running)),
    ]
    return APIRouter(routes=[route for one in routers for route in one.routes])
