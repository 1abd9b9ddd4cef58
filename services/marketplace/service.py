"""The service `marketplace`: marketplaces, their providers, and what is between them."""

from contracts.accounts import organisation_v1
from contracts.marketplace import invitation_v1
from contracts.papers import paper_v1
from infra import vault
from infra.consumers.reactions import Reaction
from infra.host import Service
from infra.lookups import files, organisations, users
from services.marketplace.aggregates import INVITATION, MARKETPLACE, PROVIDER, RELATION
from services.marketplace.http import router
from services.marketplace.http.access import guard
from services.marketplace.http.problems import WORDING
from services.marketplace.lookups import accounts_organisation, dispatch_contract, dispatch_job
from services.marketplace.reactions import (
    from_accounts_organisation,
    from_marketplace_invitation,
    from_papers_paper,
)
from services.marketplace.read_models import invitations, relations

service = Service(
    name="marketplace",
    about="Marketplaces, their providers, and what is between them.",
    aggregates=(MARKETPLACE, INVITATION, PROVIDER, RELATION),
    reactions=(
        Reaction(
            name="signed_up",
            contract=organisation_v1.contract,
            reads=from_accounts_organisation.Reads,
            react=from_accounts_organisation.react,
            aggregate=INVITATION,
            target=from_accounts_organisation.target,
        ),
        Reaction(
            name="connections",
            contract=invitation_v1.contract,
            reads=from_marketplace_invitation.Reads,
            react=from_marketplace_invitation.react,
            aggregate=RELATION,
            target=from_marketplace_invitation.target,
        ),
        Reaction(
            name="documents",
            contract=paper_v1.contract,
            reads=from_papers_paper.Reads,
            react=from_papers_paper.react,
            aggregate=PROVIDER,
            target=from_papers_paper.target,
        ),
    ),
    views=(invitations.view, relations.view),
    lookups=(
        users.lookup,
        organisations.lookup,
        files.lookup,
        accounts_organisation.lookup,
        dispatch_job.lookup,
        dispatch_contract.lookup,
    ),
    guard=guard,
    migrations=(vault.TABLES,),
    routes=router,
    wording=WORDING,
)
