"""The service `invoices`: from the confirmed delivery to an approved and numbered invoice."""

from contracts.invoices import invoice_v1, numbering_v1
from contracts.missions import trip_v1
from contracts.payments import payout_v1
from infra.consumers.reactions import Reaction
from infra.host import Service
from infra.lookups import files, users
from services.invoices import http
from services.invoices.adapters import archivist, emptier, errands
from services.invoices.aggregates import BUYER, INVOICE, NUMBERING, SELLER
from services.invoices.http.problems import WORDING
from services.invoices.reactions import (
    from_invoices_invoice,
    from_invoices_numbering,
    from_missions_trip,
    from_payments_payout,
)

service = Service(
    name="invoices",
    about="From the confirmed delivery to an approved and numbered invoice.",
    aggregates=(INVOICE, SELLER, BUYER, NUMBERING),
    reactions=(
        Reaction(
            name="trips",
            contract=trip_v1.contract,
            reads=from_missions_trip.Reads,
            react=from_missions_trip.react,
            aggregate=INVOICE,
            target=from_missions_trip.target,
        ),
        Reaction(
            name="numbers",
            contract=invoice_v1.contract,
            reads=from_invoices_invoice.Reads,
            react=from_invoices_invoice.react,
            aggregate=NUMBERING,
            target=from_invoices_invoice.target,
        ),
        Reaction(
            name="numbered",
            contract=numbering_v1.contract,
            reads=from_invoices_numbering.Reads,
            react=from_invoices_numbering.react,
            aggregate=INVOICE,
            target=from_invoices_numbering.target,
        ),
        Reaction(
            name="paid",
            contract=payout_v1.contract,
            reads=from_payments_payout.Reads,
            react=from_payments_payout.react,
            aggregate=INVOICE,
            target=from_payments_payout.target,
        ),
    ),
    lookups=(files.lookup, users.lookup),
    guard=users.refuse_ended,
    routes=http.router,
    migrations=(errands.TABLES, errands.KEPT),
    followers=errands.FOLLOWERS,
    workers={"archivist": archivist.archiving, "emptier": emptier.emptying},
    reaches=("objects",),
    wording=WORDING,
)
