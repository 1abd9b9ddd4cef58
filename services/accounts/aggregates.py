"""The streams that the service keeps, and what decides about each."""

from contracts.accounts import organisation_v1, user_v1
from infra.commands import Aggregate
from services.accounts import organisation, user

ORGANISATION = Aggregate(
    contract=organisation_v1.contract,
    decide=organisation.decide,
    evolve=organisation.evolve,
    initial=organisation.initial,
    timers=organisation.timers,
    obligations=organisation.obligations,
    on_timer=organisation.on_timer,
)
USER = Aggregate(
    contract=user_v1.contract,
    decide=user.decide,
    evolve=user.evolve,
    initial=user.initial,
    forget=lambda id, organisation, at: user.ForgetUser(
        user_id=id, organisation_id=organisation, at=at
    ),
)
