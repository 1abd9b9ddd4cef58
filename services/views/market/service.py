"""The tabs that a marketplace and its providers follow each other by."""

from fastapi import APIRouter

from infra.host import Service
from services.views.market import (
    consents,
    contracts,
    documents,
    invoices,
    jobs,
    marketplaces,
    offers,
    relations,
    requests,
    services,
    settlements,
    zones,
)

QUESTIONS = (
    *(services, zones, requests, offers, jobs, contracts, relations, documents),
    *(settlements, invoices),
)
router = APIRouter(routes=[route for question in QUESTIONS for route in question.router.routes])

service = Service(
    name="views.market",
    about="What operators of marketplaces and their providers ask: services, zones, requests,"
    " jobs, contracts, consents, documents, settlements and invoices, each from its own side.",
    views=(
        marketplaces.view,
        relations.view,
        consents.view,
        services.view,
        requests.view,
        offers.view,
        jobs.view,
        contracts.view,
        zones.view,
        documents.view,
        settlements.view,
        invoices.view,
    ),
    routes=lambda _: router,
)
