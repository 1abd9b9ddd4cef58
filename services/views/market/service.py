"""The tabs that a marketplace and its providers follow each other by."""

from fastapi import APIRouter

from infra.host import Service
from services.views.market import (
    consents,
    jobs,
    marketplaces,
    offers,
    relations,
    requests,
    services,
)

QUESTIONS = (services, requests, offers, jobs, relations)
router = APIRouter(routes=[route for question in QUESTIONS for route in question.router.routes])

service = Service(
    name="views.market",
    about="What operators of marketplaces and their providers ask: services, requests, jobs and"
    " consents, each from its own side.",
    views=(
        marketplaces.view,
        relations.view,
        consents.view,
        services.view,
        requests.view,
        offers.view,
        jobs.view,
    ),
    routes=lambda _: router,
)
