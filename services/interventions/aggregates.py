"""Which streams the service keeps, and what decides about each."""

from contracts.interventions import case_v1
from infra.commands import Aggregate
from services.interventions import case
from services.interventions.case import deadline

CASE = Aggregate(
    contract=case_v1.contract,
    decide=case.decide,
    evolve=case.evolve,
    initial=case.initial,
    timers=deadline.timers,
    on_timer=case.on_timer,
    forget=lambda _, organisation, at: case.ForgetCase(organisation_id=organisation, at=at),
)
