"""Which streams the service keeps, and what decides about each."""

from contracts.media import file_v1
from infra.commands import Aggregate
from services.media import file

FILE = Aggregate(
    contract=file_v1.contract,
    decide=file.decide,
    evolve=file.evolve,
    initial=file.initial,
    timers=file.timers,
    on_timer=file.on_timer,
)
