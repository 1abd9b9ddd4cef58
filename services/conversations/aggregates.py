"""Which streams the service keeps, and what decides about each."""

from contracts.conversations import thread_v1
from infra.commands import Aggregate
from services.conversations import thread

THREAD = Aggregate(
    contract=thread_v1.contract,
    decide=thread.decide,
    evolve=thread.evolve,
    initial=thread.initial,
    timers=thread.timers,
    on_timer=thread.on_timer,
)
