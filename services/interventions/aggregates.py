"""Which streams the service keeps, and what decides about each."""

from contracts.interventions import case_v1, photo_account_v1
from infra.commands import Aggregate
from services.interventions import case, photo_account

CASE = Aggregate(
    contract=case_v1.contract,
    decide=case.decide,
    evolve=case.evolve,
    initial=case.initial,
    timers=case.timers,
    on_timer=case.on_timer,
    forget=lambda _, organisation, at: case.ForgetCase(organisation_id=organisation, at=at),
)
PHOTO_ACCOUNT = Aggregate(
    contract=photo_account_v1.contract,
    decide=photo_account.decide,
    evolve=photo_account.evolve,
    initial=photo_account.initial,
)
