"""Every route of the service: its resources, and the questions over its own tables."""

from fastapi import APIRouter

from infra.host import Running
from services.payments.adapters.cashier import cashier
from services.payments.http import (
    card_accounts,
    card_balances,
    card_events,
    card_months,
    charges,
    debts,
    payees,
    payouts,
    reconciliation,
    settlements,
)
from services.payments.http.payment_page import routes as payment_page
from services.payments.read_models import (
    card_books,
    card_differences,
    card_payouts,
    ledger,
    market_books,
    payouts_to_pay,
)
from services.payments.read_models import charges as charge_list
from services.payments.read_models import debts as debt_list

RESOURCES = (
    payees,
    payouts,
    payouts_to_pay,
    ledger,
    card_books,
    card_balances,
    charge_list,
    debt_list,
    card_payouts,
    card_differences,
    reconciliation,
    card_months,
    settlements,
    market_books,
)


def router(running: Running) -> APIRouter:
    """The routes over what the service has opened."""
    ours = cashier(running)
    routers = (
        *(one.router for one in RESOURCES),
        card_accounts.router(ours),
        charges.router(ours),
        debts.router(ours),
        card_events.router(ours),
        payment_page.router(ours, running.settings.card_provider),
    )
    return APIRouter(routes=[route for one in routers for route in one.routes])
