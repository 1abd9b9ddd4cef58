"""The service `audits`: what auditors find on vehicles, with devices that may be offline."""

from contracts.interventions import case_v1
from infra.consumers.reactions import Reaction
from infra.host import Service
from infra.lookups import dealerships, devices, users
from services.audits.adapters import forgetting
from services.audits.aggregates import AUDIT, TEMPLATE
from services.audits.http import router
from services.audits.http.problems import WORDING
from services.audits.lookups import dealerships_device
from services.audits.reactions import from_interventions_case
from services.audits.read_models import templates

service = Service(
    name="audits",
    about="Audits of vehicles at dealerships: what is looked at, and what was found.",
    aggregates=(AUDIT, TEMPLATE),
    reactions=(
        Reaction(
            name="anonymised",
            contract=case_v1.contract,
            reads=from_interventions_case.Reads,
            react=from_interventions_case.react,
            equip=forgetting.forgetter,
            aggregate=AUDIT,
            target=from_interventions_case.target,
        ),
    ),
    views=(templates.view,),
    lookups=(users.lookup, devices.lookup, dealerships.lookup, dealerships_device.lookup),
    guard=devices.refuse_ended,
    routes=lambda _: router,
    wording=WORDING,
)
