"""The service `depot_tours`: the parcels of a depot, and the tours that bring and take them."""

from contracts.depot_tours import tour_v1
from infra import vault
from infra.consumers.reactions import Reaction
from infra.host import Service
from infra.lookups import files, organisations, users
from services.depot_tours.adapters import claims
from services.depot_tours.aggregates import ORDER, PICKUP, RETURNED, TOUR
from services.depot_tours.http import router
from services.depot_tours.http.access import refuse_others
from services.depot_tours.http.problems import WORDING
from services.depot_tours.reactions import from_depot_tours_tour

service = Service(
    name="depot_tours",
    about="The parcels of a depot, and the tours that bring and take them.",
    aggregates=(ORDER, PICKUP, TOUR, RETURNED),
    reactions=(
        Reaction(
            name="returns",
            contract=tour_v1.contract,
            reads=from_depot_tours_tour.Reads,
            react=from_depot_tours_tour.react,
            aggregate=RETURNED,
            target=from_depot_tours_tour.target,
        ),
    ),
    lookups=(users.lookup, organisations.lookup, files.lookup),
    guard=refuse_others,
    migrations=(vault.TABLES, claims.TABLES),
    routes=router,
    wording=WORDING,
)
