"""The service `payments`: from what is owed to the money in the driver's account."""

from contracts.dispatch import job_v1
from contracts.interventions import case_v1
from contracts.invoices import invoice_v1
from infra import vault
from infra.consumers.reactions import Reaction
from infra.host import Service
from infra.lookups import (
    customers,
    customers_of_cases,
    dealerships,
    files,
    marketplaces,
    organisations,
    users,
)
from services.payments.adapters import card_keys, charge_ids, clerk, reconciler
from services.payments.aggregates import ACCOUNT, CHARGE, PAYEE, PAYOUT, SERIES, SETTLEMENT
from services.payments.http.problems import WORDING
from services.payments.http.routes import router
from services.payments.lookups import (
    customers_customer,
    interventions_case,
    invoices_invoice,
    marketplace_provider,
)
from services.payments.reactions import (
    from_dispatch_job,
    from_interventions_case,
    from_invoices_invoice,
)
from services.payments.read_models import (
    accounts_to_reconcile,
    card_books,
    card_differences,
    card_movements,
    card_payouts,
    charges,
    debts,
    document_numbers,
    ledger,
    market_books,
    open_charges,
    payouts_to_pay,
)

service = Service(
    name="payments",
    about="From what is owed to the money in the driver's account.",
    aggregates=(PAYEE, PAYOUT, ACCOUNT, CHARGE, SERIES, SETTLEMENT),
    reactions=(
        Reaction(
            name="owed",
            contract=invoice_v1.contract,
            reads=from_invoices_invoice.Reads,
            react=from_invoices_invoice.react,
            aggregate=PAYOUT,
            target=from_invoices_invoice.target,
        ),
        Reaction(
            name="settled",
            contract=job_v1.contract,
            reads=from_dispatch_job.Reads,
            react=from_dispatch_job.react,
            aggregate=SETTLEMENT,
            target=from_dispatch_job.target,
        ),
        Reaction(
            name="revoked",
            contract=case_v1.contract,
            reads=from_interventions_case.Reads,
            react=from_interventions_case.react,
            aggregate=CHARGE,
            target=charge_ids.of_revoked,
        ),
    ),
    views=(
        ledger.view,
        payouts_to_pay.view,
        charges.view,
        debts.view,
        open_charges.view,
        card_books.view,
        market_books.view,
        card_movements.view,
        card_payouts.view,
        card_differences.view,
        accounts_to_reconcile.view,
        document_numbers.view,
    ),
    lookups=(
        files.lookup,
        users.lookup,
        organisations.lookup,
        dealerships.lookup,
        customers.lookup,
        customers_of_cases.lookup,
        customers_customer.lookup,
        invoices_invoice.lookup,
        interventions_case.lookup,
        marketplaces.lookup,
        marketplace_provider.lookup,
    ),
    guard=users.refuse_ended,
    routes=router,
    migrations=(vault.TABLES, card_keys.TABLES),
    workers={"clerk": clerk.clerk, "reconciler": reconciler.reconciler},
    reaches=("cards",),
    wording=WORDING,
)
