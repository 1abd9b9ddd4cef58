"""The lists of dealerships: their customers, and their cases."""

from fastapi import APIRouter

from infra.host import Service
from infra.lookups import dealerships
from infra.wording import Wording
from services.views.dealer import (
    audit_figures,
    audit_templates,
    audits,
    case_details,
    case_figures,
    case_replies,
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
    replies,
    statistics,
    statistics_audits,
    statistics_days,
    statistics_reminders,
)

QUESTIONS = (
    audits,
    customers,
    cases_found,
    case_details,
    case_replies,
    deferred,
    reminders_found,
    replies,
    statistics,
    statistics_audits,
    statistics_days,
    statistics_reminders,
)
router = APIRouter(routes=[route for question in QUESTIONS for route in question.router.routes])

service = Service(
    name="views.dealer",
    about="What people of a dealership ask: who their customers are, how their cases and reminders"
    " stand, and what they come to.",
    views=(
        audits.view,
        audit_figures.view,
        audit_templates.view,
        records.view,
        cases.view,
        case_figures.view,
        case_replies.view,
        colleagues.view,
        devices.view,
        payments.view,
        reminders.view,
        replies.view,
    ),
    lookups=(dealerships.lookup,),
    migrations=(live_counts.TABLES,),
    workers={"live_counts": live_counts.counting},
    counting=(live_counts.GROUP,),
    routes=lambda _: router,
    wording=Wording(__package__),
)
