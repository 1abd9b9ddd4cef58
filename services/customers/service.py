"""The service `customers`: customers of dealerships, their vehicles, and what they agreed to."""

from infra.host import Service
from infra.lookups import dealerships, users
from infra.vault import TABLES as VAULT
from services.customers import http
from services.customers.adapters import following
from services.customers.adapters.erasing import Erasing
from services.customers.adapters.matching import Matching
from services.customers.adapters.register import TABLES
from services.customers.aggregates import CUSTOMER
from services.customers.http.problems import WORDING
from services.customers.lookups import interventions_case

service = Service(
    name="customers",
    about="The customers of dealerships, their vehicles, and what they agreed to.",
    aggregates=(CUSTOMER,),
    lookups=(users.lookup, dealerships.lookup, interventions_case.lookup),
    followers=(following.cases, following.erased),
    guard=users.refuse_ended,
    routes=http.router,
    wording=WORDING,
    migrations=(VAULT + TABLES,),
    workers={"matching": Matching, "erasing": Erasing},
)
