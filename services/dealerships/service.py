"""The service `dealerships`: how dealerships work, and what their devices know of it."""

from infra.host import Service
from infra.lookups import devices, files, organisations, users
from services.dealerships.adapters.device_names import TABLES
from services.dealerships.aggregates import (
    CHECKLIST,
    DEALERSHIP,
    DEVICE,
    PREDEFINED_MESSAGE,
    TEMPLATE,
)
from services.dealerships.http import router
from services.dealerships.http.problems import WORDING
from services.dealerships.read_models import (
    checklists,
    colleagues,
    dealerships,
    devices_of_dealerships,
    predefined_messages,
    templates,
)

service = Service(
    name="dealerships",
    about="How dealerships work, and what their devices know of it.",
    aggregates=(DEALERSHIP, CHECKLIST, TEMPLATE, PREDEFINED_MESSAGE, DEVICE),
    views=(
        dealerships.view,
        checklists.view,
        templates.view,
        predefined_messages.view,
        colleagues.view,
        devices_of_dealerships.view,
    ),
    lookups=(users.lookup, devices.lookup, organisations.lookup, files.lookup),
    guard=devices.refuse_ended,
    routes=router,
    wording=WORDING,
    migrations=(TABLES,),
)
