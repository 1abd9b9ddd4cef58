"""The streams the service keeps, and what decides about each."""

from datetime import UTC, datetime
from typing import Never

from contracts.payments import account_v1, charge_v1, payee_v1, payout_v1, series_v1, settlement_v1
from infra.commands import Aggregate
from services.payments import account, charge, payee, payout, series, settlement


def of_charge(name: str, charge_id: str, due: datetime) -> charge.Command:
    """The command of a timer. One that comes late counts from now, so that a company whose steps
    all came due while nobody worked gets its time between them."""
    return charge.on_timer(name, charge_id, max(due, datetime.now(UTC)))


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
ACCOUNT = Aggregate(
    contract=account_v1.contract,
    decide=account.decide,
    evolve=account.evolve,
    initial=account.initial,
)
CHARGE = Aggregate(
    contract=charge_v1.contract,
    decide=charge.decide,
    evolve=charge.evolve,
    initial=charge.initial,
    timers=charge.timers,
    on_timer=of_charge,
)
SERIES: Aggregate[series.AssignNumber, series.Taken, series_v1.SeriesEvent, Never] = Aggregate(
    contract=series_v1.contract,
    decide=series.decide,
    evolve=series.evolve,
    initial=series.initial,
)
SETTLEMENT = Aggregate(
    contract=settlement_v1.contract,
    decide=settlement.decide,
    evolve=settlement.evolve,
    initial=settlement.initial,
    obligations=settlement.obligations,
)
