"""The back office: what waits for a decision of administration, logistics or billing, and why."""

from fastapi import APIRouter

from infra.host import Service
from infra.wording import Wording
from services.views.backoffice import (
    accounts_to_activate,
    contests,
    drivers_available,
    expenses,
    expenses_to_check,
    extras_to_decide,
    invoice_details,
    invoices,
    invoices_to_approve,
    invoices_to_price,
    lines_contested,
    own_invoices_to_check,
    papers,
    papers_to_check,
    questions_open,
    quotes,
    quotes_on_trip,
    quotes_to_process,
    trips,
)

QUESTIONS = (
    accounts_to_activate,
    papers_to_check,
    quotes_to_process,
    quotes_on_trip,
    extras_to_decide,
    drivers_available,
    expenses_to_check,
    invoices_to_approve,
    invoices_to_price,
    own_invoices_to_check,
    invoice_details,
    lines_contested,
    questions_open,
)
router = APIRouter(routes=[route for question in QUESTIONS for route in question.router.routes])

service = Service(
    name="views.backoffice",
    about="What waits for a decision of administration, logistics or billing, and why.",
    views=(
        accounts_to_activate.view,
        papers.view,
        trips.view,
        quotes.view,
        extras_to_decide.view,
        drivers_available.view,
        invoices.view,
        expenses.view,
        contests.view,
        questions_open.view,
    ),
    routes=lambda _: router,
    wording=Wording(__package__),
)
