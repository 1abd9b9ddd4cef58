"""The service `payments`: from the confirmed delivery to the money in the driver's account."""

from contracts.missions import trip_v1
from contracts.payments import invoice_v1, numbering_v1, payout_v1
from infra.consumers.reactions import Reaction
from infra.host import Service
from services.payments import api, following, problems
from services.payments.aggregates import BUYER, INVOICE, NUMBERING, PAYEE, PAYOUT
from services.payments.edge import books

service = Service(
    name="payments",
    aggregates=(INVOICE, PAYEE, PAYOUT, BUYER, NUMBERING),
    reactions=(
        Reaction(
            name="invoices",
            contract=trip_v1.contract,
            react=following.of_trip,
            aggregate=INVOICE,
            target=following.invoice_target,
        ),
        Reaction(
            name="numbers",
            contract=invoice_v1.contract,
            react=following.numbers,
            aggregate=NUMBERING,
            target=following.number_target,
        ),
        Reaction(
            name="numbered",
            contract=numbering_v1.contract,
            react=following.numbered,
            aggregate=INVOICE,
            target=following.invoice_target,
        ),
        Reaction(
            name="owed",
            contract=invoice_v1.contract,
            react=following.owed,
            aggregate=PAYOUT,
            target=following.payout_target,
        ),
        Reaction(
            name="paid",
            contract=payout_v1.contract,
            react=following.paid,
            aggregate=INVOICE,
            target=following.invoice_target,
        ),
    ),
    views=(books.view,),
    routes=api.routes,
    problem=problems.problem,
)
