"""Which streams the service keeps, and what decides about each."""

from contracts.customers import customer_v1
from infra.commands import Aggregate
from services.customers import customer
from services.customers.customer.commands import ForgetCustomer

CUSTOMER = Aggregate(
    contract=customer_v1.contract,
    decide=customer.decide,
    evolve=customer.evolve,
    initial=customer.initial,
    forget=lambda id, organisation, at: ForgetCustomer(
        customer_id=id, organisation_id=organisation, at=at
    ),
)
