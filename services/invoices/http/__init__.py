"""Every route of the service."""

from fastapi import APIRouter

from services.invoices.http import (
    buyer,
    documents,
    expenses,
    information,
    invoices,
    lines,
    sellers,
)

RESOURCES = (invoices, expenses, lines, sellers, buyer, information, documents)
router = APIRouter(routes=[route for one in RESOURCES for route in one.router.routes])
