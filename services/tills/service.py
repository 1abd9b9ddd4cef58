"""The service `tills`: the cash of a depot, from the recipients to the senders."""

from contracts.depot_tours import tour_v1
from infra.consumers.reactions import Reaction
from infra.host import Service
from infra.lookups import organisations, users
from services.tills.aggregates import TILL
from services.tills.http import router
from services.tills.http.access import refuse_others
from services.tills.http.problems import WORDING
from services.tills.reactions import from_depot_tours_tour
from services.tills.read_models import ledger

service = Service(
    name="tills",
    about="The cash of a depot, from the recipients of orders to their senders.",
    aggregates=(TILL,),
    reactions=(
        Reaction(
            name="collected",
            contract=tour_v1.contract,
            reads=from_depot_tours_tour.Reads,
            react=from_depot_tours_tour.react,
            aggregate=TILL,
            target=from_depot_tours_tour.target,
        ),
    ),
    views=(ledger.view,),
    lookups=(users.lookup, organisations.lookup),
    guard=refuse_others,
    routes=lambda _: router,
    wording=WORDING,
)
