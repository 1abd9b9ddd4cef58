"""The service `payments`: from what is owed to the money in the driver's account."""

from contracts.invoices import invoice_v1
from infra import vault
from infra.consumers.reactions import Reaction
from infra.host import Service
from infra.lookups import dealerships, files, organisations, users
from services.payments import http
from services.payments.adapters import card_keys, clerk
from services.payments.aggregates import ACCOUNT, CHARGE, PAYEE, PAYOUT, SERIES
from services.payments.http.problems import WORDING
from services.payments.lookups import interventions_case, invoices_invoice
from services.payments.reactions import from_invoices_invoice
from services.payments.read_models import (
    card_books,
    charges,
    ledger,
    open_charges,
    payouts_to_pay,
)

service = Service(
    name="payments",
    about="From what is owed to the money in the driver's account.",
    aggregates=(PAYEE, PAYOUT, ACCOUNT, CHARGE, SERIES),
    reactions=(
        Reaction(
            name="owed",
            contract=invoice_v1.contract,
            reads=from_invoices_invoice.Reads,
            react=from_invoices_invoice.react,
            aggregate=PAYOUT,
            target=from_invoices_invoice.target,
        ),
    ),
    views=(ledger.view, payouts_to_pay.view, charges.view, open_charges.view, card_books.view),
    lookups=(
        files.lookup,
        users.lookup,
        organisations.lookup,
        dealerships.lookup,
        invoices_invoice.lookup,
        interventions_case.lookup,
    ),
    guard=users.refuse_ended,
    routes=http.router,
    migrations=(vault.TABLES, card_keys.TABLES),
    workers={"clerk": clerk.clerk},
    reaches=("cards",),
    wording=WORDING,
)
