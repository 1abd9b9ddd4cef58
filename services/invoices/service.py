"""The service `invoices`: from the confirmed delivery to an approved and numbered invoice."""

from contracts.invoices import invoice_v1, numbering_v1
from contracts.missions import trip_v1
from contracts.payments import payout_v1
from infra.consumers.reactions import Reaction
from infra.host import Service
from services.invoices import api, following, problems
from services.invoices.aggregates import BUYER, INVOICE, NUMBERING, SELLER

service = Service(
    name="invoices",
    aggregates=(INVOICE, SELLER, BUYER, NUMBERING),
    reactions=(
        Reaction("trips", trip_v1.contract, following.of_trip, INVOICE, following.target),
        Reaction("numbers", invoice_v1.contract, following.numbers, NUMBERING, following.sequence),
        Reaction("numbered", numbering_v1.contract, following.numbered, INVOICE, following.target),
        Reaction("paid", payout_v1.contract, following.paid, INVOICE, following.target),
    ),
    routes=api.routes,
    problem=problems.problem,
)
