"""Which streams the service keeps, and what decides about each."""

from contracts.messaging import message_v1, preferences_v1
from infra.commands import Aggregate
from services.messaging import message, preferences

MESSAGE = Aggregate(
    contract=message_v1.contract,
    decide=message.decide,
    evolve=message.evolve,
    initial=message.initial,
    timers=message.timers,
    on_timer=message.on_timer,
)
PREFERENCES = Aggregate(
    contract=preferences_v1.contract,
    decide=preferences.decide,
    evolve=preferences.evolve,
    initial=preferences.initial,
    forget=lambda id, _, at: preferences.Forget(user_id=id, at=at),
)
