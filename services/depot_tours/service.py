"""The service `depot_tours`: the parcels of a depot, and the tours that take them out."""

from infra import vault
from infra.host import Service
from infra.lookups import users
from services.depot_tours.adapters import claims
from services.depot_tours.aggregates import ORDER, TOUR
from services.depot_tours.http import router
from services.depot_tours.http.problems import WORDING

service = Service(
    name="depot_tours",
    about="The parcels of a depot, and the tours that take them out.",
    aggregates=(ORDER, TOUR),
    lookups=(users.lookup,),
    guard=users.refuse_ended,
    migrations=(vault.TABLES, claims.TABLES),
    routes=router,
    wording=WORDING,
)
