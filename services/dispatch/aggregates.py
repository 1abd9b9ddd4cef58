"""Which streams the service keeps, and what decides about each."""

from contracts.dispatch import contract_v1, job_v1, request_v1
from infra.commands import Aggregate
from services.dispatch import contract, job, request

REQUEST = Aggregate(
    contract=request_v1.contract,
    decide=request.decide,
    evolve=request.evolve,
    initial=request.initial,
    timers=request.timers,
    on_timer=request.on_timer,
    forget=lambda person, organisation, at: request.ForgetRequest(
        request_id=person, organisation_id=organisation, at=at
    ),
)
JOB = Aggregate(
    contract=job_v1.contract,
    decide=job.decide,
    evolve=job.evolve,
    initial=job.initial,
    timers=job.timers,
    on_timer=job.on_timer,
)
CONTRACT = Aggregate(
    contract=contract_v1.contract,
    decide=contract.decide,
    evolve=contract.evolve,
    initial=contract.initial,
    timers=contract.timers,
    on_timer=contract.on_timer,
)
