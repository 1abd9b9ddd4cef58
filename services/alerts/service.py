"""The service `alerts`: what drivers look for, and the new trips that match (HIF-41, N-04)."""

from contracts.accounts import user_v1
from contracts.missions import trip_v1
from infra.consumers.reactions import Reaction
from infra.host import Service
from services.alerts import api, following, problems
from services.alerts.aggregates import ALERT, SEARCHES
from services.alerts.edge import matching, tables

service = Service(
    name="alerts",
    aggregates=(SEARCHES, ALERT),
    reactions=(
        Reaction(
            name="matcher",
            contract=trip_v1.contract,
            react=following.of_trip,
            aggregate=ALERT,
            target=following.trip_of,
            enrich=matching.complete,
        ),
        Reaction(
            name="forgetting",
            contract=user_v1.contract,
            react=following.of_account,
            aggregate=SEARCHES,
            target=following.driver_of,
        ),
    ),
    views=(tables.searches, tables.drivers, tables.alerts),
    routes=api.routes,
    problem=problems.problem,
)
