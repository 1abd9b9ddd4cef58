"""The service `conversations`: what people write to each other about a case, a mission, a request
to a marketplace, or anything."""

from infra.host import Service
from infra.lookups import customers, customers_of_cases, dealerships, files, organisations, users
from services.conversations import http
from services.conversations.adapters.ending import Ending
from services.conversations.aggregates import THREAD
from services.conversations.http.problems import WORDING
from services.conversations.lookups import (
    dispatch_job,
    dispatch_request,
    interventions_case,
    marketplace_relation,
    messaging_preferences,
    missions_trip,
)
from services.conversations.read_models import threads

service = Service(
    name="conversations",
    about="What people write to each other about a case, a mission, a request, or anything.",
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
        dispatch_request.lookup,
        dispatch_request.offers,
        dispatch_job.lookup,
        dispatch_job.jobs,
        marketplace_relation.lookup,
        messaging_preferences.lookup,
    ),
    guard=users.refuse_ended,
    routes=http.router,
    wording=WORDING,
    workers={"ending": Ending},
)
