"""The service `accounts`: organisations, the people in them, how they sign in."""

from infra.host import Service
from services.accounts import api, problems
from services.accounts.aggregates import ORGANISATION, USER
from services.accounts.edge.access import Access
from services.accounts.edge.loops import Links, forgetting
from services.accounts.edge.tables import TABLES

service = Service(
    name="accounts",
    aggregates=(ORGANISATION, USER),
    routes=lambda running: api.router(Access(running)),
    problem=problems.problem,
    migrations=TABLES,
    workers={"links": Links, "forgetting": forgetting},
)
