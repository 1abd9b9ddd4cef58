"""The service `dispatch`: requests find providers, and providers do jobs."""

from contracts.dispatch import contract_v1, job_v1, request_v1
from contracts.marketplace import relation_v1
from infra import vault
from infra.consumers.reactions import Reaction
from infra.host import Service
from infra.lookups import files, users
from services.dispatch.adapters import asking, matching
from services.dispatch.aggregates import CONTRACT, JOB, REQUEST
from services.dispatch.http import router
from services.dispatch.http.problems import WORDING
from services.dispatch.lookups import (
    marketplace_marketplace,
    marketplace_provider,
    marketplace_relation,
)
from services.dispatch.reactions import (
    from_dispatch_contract,
    from_dispatch_job,
    from_dispatch_request,
    from_marketplace_relation,
)
from services.dispatch.read_models import marks, offers, visits

service = Service(
    name="dispatch",
    about="Requests find providers, and providers do jobs.",
    aggregates=(REQUEST, JOB, CONTRACT),
    reactions=(
        Reaction(
            name="matcher",
            contract=request_v1.contract,
            reads=from_dispatch_request.Reads,
            react=from_dispatch_request.react,
            aggregate=REQUEST,
            target=from_dispatch_request.target,
            enrich=matching.matches,
        ),
        Reaction(
            name="planner",
            contract=request_v1.contract,
            reads=from_dispatch_request.Chosen,
            react=from_dispatch_request.plan,
            aggregate=JOB,
            target=from_dispatch_request.planned,
            enrich=matching.leavers,
        ),
        Reaction(
            name="visits",
            contract=contract_v1.contract,
            reads=from_dispatch_contract.Reads,
            react=from_dispatch_contract.react,
            aggregate=JOB,
            target=from_dispatch_contract.target,
            enrich=matching.leavers,
        ),
        Reaction(
            name="replacements",
            contract=job_v1.contract,
            reads=from_dispatch_job.Reads,
            react=from_dispatch_job.react,
            aggregate=REQUEST,
            target=from_dispatch_job.target,
            enrich=matching.replacements,
        ),
        Reaction(
            name="leavers",
            contract=relation_v1.contract,
            reads=from_marketplace_relation.Reads,
            react=from_marketplace_relation.react,
            aggregate=JOB,
            target=from_marketplace_relation.target,
        ),
        Reaction(
            name="contract-ends",
            contract=relation_v1.contract,
            reads=from_marketplace_relation.ReadsOfContracts,
            react=from_marketplace_relation.of_contracts,
            aggregate=CONTRACT,
            target=from_marketplace_relation.contract_of,
        ),
    ),
    views=(offers.view, marks.view, visits.view),
    lookups=(
        users.lookup,
        files.lookup,
        marketplace_marketplace.lookup,
        marketplace_provider.lookup,
        marketplace_relation.lookup,
    ),
    guard=users.refuse_ended,
    migrations=(vault.TABLES, asking.TABLES),
    routes=router,
    wording=WORDING,
)
