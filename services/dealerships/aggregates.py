"""Which streams the service keeps, and what decides about each."""

from contracts.dealerships import (
    checklist_v1,
    dealership_v1,
    device_v1,
    predefined_message_v1,
    template_v1,
)
from infra.commands import Aggregate
from services.dealerships import checklist, dealership, device, predefined_message, template

DEALERSHIP = Aggregate(
    contract=dealership_v1.contract,
    decide=dealership.decide,
    evolve=dealership.evolve,
    initial=dealership.initial,
    forget=lambda id, organisation, at: dealership.ForgetDealership(
        dealership_id=id, organisation_id=organisation, at=at
    ),
)
CHECKLIST = Aggregate(
    contract=checklist_v1.contract,
    decide=checklist.decide,
    evolve=checklist.evolve,
    initial=checklist.initial,
)
TEMPLATE = Aggregate(
    contract=template_v1.contract,
    decide=template.decide,
    evolve=template.evolve,
    initial=template.initial,
)
PREDEFINED_MESSAGE = Aggregate(
    contract=predefined_message_v1.contract,
    decide=predefined_message.decide,
    evolve=predefined_message.evolve,
    initial=predefined_message.initial,
)
DEVICE = Aggregate(
    contract=device_v1.contract,
    decide=device.decide,
    evolve=device.evolve,
    initial=device.initial,
)
