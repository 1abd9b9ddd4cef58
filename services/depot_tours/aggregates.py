"""Which streams the service keeps, and what decides about each."""

from contracts.depot_tours import order_v1, tour_v1
from infra.commands import Aggregate
from services.depot_tours import order, tour
from services.depot_tours.tour.obligations import obligations

ORDER = Aggregate(
    contract=order_v1.contract,
    decide=order.decide,
    evolve=order.evolve,
    initial=order.initial,
    forget=lambda id, organisation, at: order.ForgetRecipient(
        order_id=id, organisation_id=organisation, at=at
    ),
)
TOUR = Aggregate(
    contract=tour_v1.contract,
    decide=tour.decide,
    evolve=tour.evolve,
    initial=tour.initial,
    obligations=obligations,
)
