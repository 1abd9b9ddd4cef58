"""Which streams the service keeps, and what decides about each."""

from contracts.tills import till_v1
from infra.commands import Aggregate
from services.tills import till

TILL = Aggregate(
    contract=till_v1.contract,
    decide=till.decide,
    evolve=till.evolve,
    initial=till.initial,
    obligations=till.obligations,
)
