"""Which streams the service keeps, and what decides about each."""

from contracts.marketplace import invitation_v1, marketplace_v1, provider_v1, relation_v1
from infra.commands import Aggregate
from services.marketplace import invitation, marketplace, provider, relation

MARKETPLACE = Aggregate(
    contract=marketplace_v1.contract,
    decide=marketplace.decide,
    evolve=marketplace.evolve,
    initial=marketplace.initial,
)
INVITATION = Aggregate(
    contract=invitation_v1.contract,
    decide=invitation.decide,
    evolve=invitation.evolve,
    initial=invitation.initial,
    forget=lambda id, organisation, at: invitation.ForgetInvitation(
        invitation_id=id, marketplace_id=organisation, at=at
    ),
)
PROVIDER = Aggregate(
    contract=provider_v1.contract,
    decide=provider.decide,
    evolve=provider.evolve,
    initial=provider.initial,
    forget=lambda id, organisation, at: provider.ForgetProvider(
        provider_id=id, organisation_id=organisation, at=at
    ),
)
RELATION = Aggregate(
    contract=relation_v1.contract,
    decide=relation.decide,
    evolve=relation.evolve,
    initial=relation.initial,
    timers=relation.timers,
    on_timer=relation.on_timer,
)
