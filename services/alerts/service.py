"""The service `alerts`: what drivers look for, and the new trips that match (HIF-41, N-04)."""

from contracts.accounts import user_v1
from infra.consumers.reactions import Reaction
from infra.host import Service
from services.alerts import api, following, problems
from services.alerts.aggregates import ALERT, SEARCHES
from services.alerts.edge import matching, tables

service = Service(
    name="alerts",
    aggregates=(SEARCHES, ALERT),
    reactions=(
        Reaction("forgetting", user_v1.contract, following.react, SEARCHES, following.target),
    ),
    views=(tables.searches, tables.drivers, tables.alerts),
    routes=api.routes,
    problem=problems.problem,
    loops={matching.NAME: matching.matcher},
)
