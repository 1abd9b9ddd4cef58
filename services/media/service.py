"""The service `media`: files up and down, checked at arrival, private or public."""

from contracts.invoices import invoice_v1
from contracts.missions import trip_v1
from contracts.papers import paper_v1
from contracts.payments import payee_v1
from infra.consumers.reactions import Reaction
from infra.host import Service
from services.media import api, following, problems
from services.media.aggregates import FILE
from services.media.edge import sweeper, tables

service = Service(
    name="media",
    about="Files up and down, checked at arrival, private or public.",
    aggregates=(FILE,),
    reactions=(
        Reaction("expenses", invoice_v1.contract, following.of_invoice, FILE, following.target),
        Reaction("papers", paper_v1.contract, following.of_paper, FILE, following.target),
        Reaction("payees", payee_v1.contract, following.of_payee, FILE, following.target),
        Reaction("trips", trip_v1.contract, following.of_trip, FILE, following.target),
    ),
    routes=lambda running: api.router(api.Desk(running)),
    problem=problems.problem,
    migrations=tables.TABLES,
    followers=(sweeper.forgetting,),
    workers={"sweeper": sweeper.sweeping},
)
