"""The lists of dealerships: their customers, and their cases."""

from fastapi import APIRouter

from infra.host import Service
from infra.wording import Wording
from services.views.dealer import (
    case_details,
    cases,
    cases_found,
    colleagues,
    customers,
    records,
)

QUESTIONS = (customers, cases_found, case_details)
router = APIRouter(routes=[route for question in QUESTIONS for route in question.router.routes])

service = Service(
    name="views.dealer",
    about="What people of a dealership ask: who their customers are, how their cases stand.",
    views=(records.view, cases.view, colleagues.view),
    routes=lambda _: router,
    wording=Wording(__package__),
)
