"""Which streams the service keeps, and what decides about each."""

from contracts.papers import paper_v1
from infra.commands import Aggregate
from services.papers import paper

PAPER = Aggregate(
    contract=paper_v1.contract,
    decide=paper.decide,
    evolve=paper.evolve,
    initial=paper.initial,
    timers=paper.timers,
    on_timer=paper.on_timer,
)
