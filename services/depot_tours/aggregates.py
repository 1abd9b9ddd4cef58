"""Which streams the service keeps, and what decides about each."""

from contracts.depot_tours import order_v1, pickup_v1, returned_v1, tour_v1
from infra.commands import Aggregate
from services.depot_tours import order, pickup, returned, tour
from services.depot_tours.pickup.obligations import obligations as of_pickup
from services.depot_tours.tour.obligations import obligations as of_tour

ORDER = Aggregate(
    contract=order_v1.contract,
    decide=order.decide,
    evolve=order.evolve,
    initial=order.initial,
    forget=lambda id, organisation, at: order.ForgetRecipient(
        order_id=id, organisation_id=organisation, at=at
    ),
)
PICKUP = Aggregate(
    contract=pickup_v1.contract,
    decide=pickup.decide,
    evolve=pickup.evolve,
    initial=pickup.initial,
    obligations=of_pickup,
)
TOUR = Aggregate(
    contract=tour_v1.contract,
    decide=tour.decide,
    evolve=tour.evolve,
    initial=tour.initial,
    obligations=of_tour,
)
RETURNED = Aggregate(
    contract=returned_v1.contract,
    decide=returned.decide,
    evolve=returned.evolve,
    initial=returned.initial,
    timers=returned.timers,
    on_timer=returned.on_timer,
)
