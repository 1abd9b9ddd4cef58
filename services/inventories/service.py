"""The service `inventories`: the parcels of a depot, counted by people who do not know which."""

from infra.host import Service
from infra.lookups import organisations, users
from services.inventories.aggregates import INVENTORY
from services.inventories.http import router
from services.inventories.http.access import refuse_others
from services.inventories.http.problems import WORDING
from services.inventories.lookups import (
    depot_tours_order,
    depot_tours_pickup,
    depot_tours_returned,
    depot_tours_tour,
)

service = Service(
    name="inventories",
    about="Inventories of a depot: its parcels counted blind, and what differs explained.",
    aggregates=(INVENTORY,),
    lookups=(
        users.lookup,
        organisations.lookup,
        depot_tours_order.lookup,
        depot_tours_pickup.lookup,
        depot_tours_tour.lookup,
        depot_tours_returned.lookup,
    ),
    guard=refuse_others,
    routes=lambda _: router,
    wording=WORDING,
)
