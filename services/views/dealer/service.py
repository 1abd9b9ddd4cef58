"""The lists of dealerships: their customers, and their cases."""

from fastapi import APIRouter

from infra.host import Service
from infra.lookups import dealerships
from infra.wording import Wording
from services.views.dealer import (
    case_details,
    case_figures,
    cases,
    cases_found,
    colleagues,
    customers,
    deferred,
    devices,
    live_counts,
    payments,
    records,
    reminders,
    reminders_found,
    statistics,
    statistics_days,
)

QUESTIONS = (
    customers,
    cases_found,
    case_details,
    deferred,
    reminders_found,
    statistics,
    statistics_days,
)
router = APIRouter(routes=[route for question in QUESTIONS for route in question.router.routes])

service = Service(
    name="views.dealer",
    about="What people of a dealership ask: who their customers are, how their cases and reminders"
    " stand, and what they come to.",
    views=(
        records.view,
        cases.view,
        case_figures.view,
        colleagues.view,
        devices.view,
        payments.view,
        reminders.view,
    ),
    lookups=(dealerships.lookup,),
    migrations=(live_counts.TABLES,),
    workers={"live_counts": live_counts.counting},
    counting=(live_counts.GROUP,),
    routes=lambda _: router,
    wording=Wording(__package__),
)
