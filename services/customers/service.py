"""The service `customers`: customers of dealerships, their vehicles, and what they agreed to."""

from contracts.reminders import reminder_v1
from infra.consumers.reactions import Reaction
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
from services.customers.reactions import from_reminders_reminder

service = Service(
    name="customers",
    about="The customers of dealerships, their vehicles, and what they agreed to.",
    aggregates=(CUSTOMER,),
    reactions=(
        Reaction(
            name="refusals",
            contract=reminder_v1.contract,
            reads=from_reminders_reminder.Reads,
            react=from_reminders_reminder.react,
            aggregate=CUSTOMER,
            target=from_reminders_reminder.target,
        ),
    ),
    lookups=(users.lookup, dealerships.lookup, interventions_case.lookup),
    followers=(following.cases, following.erased),
    guard=users.refuse_ended,
    routes=http.router,
    wording=WORDING,
    migrations=(VAULT + TABLES,),
    workers={"matching": Matching, "erasing": Erasing},
)
