"""The lists of dealerships: their customers."""

from fastapi import APIRouter

from infra.host import Service
from infra.wording import Wording
from services.views.dealer import customers, records

QUESTIONS = (customers,)
router = APIRouter(routes=[route for question in QUESTIONS for route in question.router.routes])

service = Service(
    name="views.dealer",
    about="What the people of a dealership ask: who their customers are.",
    views=(records.view,),
    routes=lambda _: router,
    wording=Wording(__package__),
)
