"""The service `conversations`: what people write to each other about a case, a mission, or
anything."""

from infra.host import Service
from infra.lookups import customers, customers_of_cases, dealerships, files, organisations, users
from services.conversations import http
from services.conversations.adapters.ending import Ending
from services.conversations.aggregates import THREAD
from services.conversations.http.problems import WORDING
from services.conversations.lookups import (
    interventions_case,
    messaging_preferences,
    missions_trip,
)
from services.conversations.read_models import threads

service = Service(
    name="conversations",
    about="What people write to each other about a case, a mission, or anything.",
    aggregates=(THREAD,),
    views=(threads.view,),
    lookups=(
        users.lookup,
        organisations.lookup,
        dealerships.lookup,
        files.lookup,
        customers.lookup,
        customers_of_cases.lookup,
        interventions_case.lookup,
        interventions_case.recipients,
        missions_trip.lookup,
        messaging_preferences.lookup,
    ),
    guard=users.refuse_ended,
    routes=http.router,
    wording=WORDING,
    workers={"ending": Ending},
)
