"""The service `payments`: from what is owed to the money in the driver's account."""

from contracts.invoices import invoice_v1
from infra.consumers.reactions import Reaction
from infra.host import Service
from infra.lookups import files, users
from services.payments import http
from services.payments.aggregates import ACCOUNT, CHARGE, PAYEE, PAYOUT, SERIES
from services.payments.http.problems import WORDING
from services.payments.lookups import invoices_invoice
from services.payments.reactions import from_invoices_invoice
from services.payments.read_models import ledger, payouts_to_pay

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
    views=(ledger.view, payouts_to_pay.view),
    lookups=(files.lookup, users.lookup, invoices_invoice.lookup),
    guard=users.refuse_ended,
    routes=lambda _: http.router,
    wording=WORDING,
)
