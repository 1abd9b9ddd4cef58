"""The streams the service keeps, and what decides about each."""

from contracts.payments import payee_v1, payout_v1
from infra.commands import Aggregate
from services.payments import payee, payout

PAYEE = Aggregate(
    contract=payee_v1.contract,
    decide=payee.decide,
    evolve=payee.evolve,
    initial=payee.initial,
    timers=payee.timers,
    on_timer=payee.on_timer,
)
PAYOUT = Aggregate(
    contract=payout_v1.contract,
    decide=payout.decide,
    evolve=payout.evolve,
    initial=payout.initial,
    obligations=payout.obligations,
)
