"""The service `dealerships`: how dealerships work, and what their devices know of it."""

from infra.host import Service
from infra.lookups import files, organisations, users
from services.dealerships.aggregates import CHECKLIST, DEALERSHIP, PREDEFINED_MESSAGE, TEMPLATE
from services.dealerships.http import router
from services.dealerships.http.problems import WORDING
from services.dealerships.read_models import (
    checklists,
    colleagues,
    dealerships,
    predefined_messages,
    templates,
)

service = Service(
    name="dealerships",
    about="How dealerships work, and what their devices know of it.",
    aggregates=(DEALERSHIP, CHECKLIST, TEMPLATE, PREDEFINED_MESSAGE),
    views=(
        dealerships.view,
        checklists.view,
        templates.view,
        predefined_messages.view,
        colleagues.view,
    ),
    lookups=(users.lookup, organisations.lookup, files.lookup),
    guard=users.refuse_ended,
    routes=lambda _: router,
    wording=WORDING,
)
