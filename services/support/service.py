"""The service `support`: what people ask, what they are answered, and how content they were."""

from contracts.depot_tours import returned_v1
from contracts.support import request_v1
from infra.consumers.reactions import Reaction
from infra.host import Service
from infra.lookups import files, organisations, users
from services.support import http
from services.support.adapters import merged
from services.support.aggregates import DESK, NOTICE, REPLY, REQUEST
from services.support.http.problems import WORDING
from services.support.lookups import (
    depot_tours_order,
    depot_tours_returned,
    depot_tours_tour,
    missions_trip,
)
from services.support.reactions import from_depot_tours_returned, from_support_request
from services.support.read_models import arrangement

service = Service(
    name="support",
    about="What people ask, what they are answered, and how content they were.",
    aggregates=(REQUEST, REPLY, NOTICE, DESK),
    reactions=(
        Reaction(
            name="discrepancies",
            contract=returned_v1.contract,
            reads=from_depot_tours_returned.Reads,
            react=from_depot_tours_returned.react,
            aggregate=REQUEST,
            target=from_depot_tours_returned.target,
        ),
        Reaction(
            name="follow_ups",
            contract=request_v1.contract,
            reads=from_support_request.Reads,
            react=from_support_request.react,
            aggregate=REQUEST,
            target=from_support_request.target,
        ),
        Reaction(
            name="clocks",
            contract=request_v1.contract,
            reads=from_support_request.Waits,
            react=from_support_request.set_clocks,
            aggregate=REQUEST,
            target=from_support_request.clocks_of,
            enrich=arrangement.arranged,
        ),
    ),
    views=(arrangement.view,),
    lookups=(
        users.lookup,
        organisations.lookup,
        files.lookup,
        missions_trip.lookup,
        depot_tours_tour.lookup,
        depot_tours_order.lookup,
        depot_tours_returned.lookup,
    ),
    guard=users.refuse_ended,
    migrations=(merged.TABLES,),
    routes=http.router,
    wording=WORDING,
)
