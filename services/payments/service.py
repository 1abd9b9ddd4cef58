"""The service `payments`: from what is owed to the money in the driver's account."""

from contracts.invoices import invoice_v1
from infra.consumers.reactions import Reaction
from infra.host import Service
from services.payments import api, following, problems
from services.payments.aggregates import PAYEE, PAYOUT
from services.payments.edge import books, waiting

service = Service(
    name="payments",
    aggregates=(PAYEE, PAYOUT),
    reactions=(
        Reaction(
            name="owed",
            contract=invoice_v1.contract,
            react=following.owed,
            aggregate=PAYOUT,
            target=following.target,
        ),
    ),
    views=(books.view, waiting.view),
    routes=api.routes,
    problem=problems.problem,
)
