"""The service `media`: files up and down, checked at arrival, private or public."""

from infra.host import Service
from services.media import api, problems
from services.media.aggregates import FILE
from services.media.edge import sweeper, tables

service = Service(
    name="media",
    aggregates=(FILE,),
    routes=lambda running: api.router(api.Desk(running)),
    problem=problems.problem,
    tables=tables.TABLES,
    loops={"sweeper": sweeper.sweeping, "forgetting": sweeper.forgetting},
)
