"""Every route of the service: its resources, and the questions over its own tables."""

from fastapi import APIRouter

from infra.host import Running
from services.payments.adapters.cashier import cashier
from services.payments.http import card_accounts, card_events, charges, payees, payouts
from services.payments.http.payment_page import routes as payment_page
from services.payments.read_models import card_books, ledger, payouts_to_pay
from services.payments.read_models import charges as charge_list

RESOURCES = (payees, payouts, payouts_to_pay, ledger, card_books, charge_list)


def router(running: Running) -> APIRouter:
    """The routes over what the service has opened."""
    ours = cashier(running)
    routers = (
        *(one.router for one in RESOURCES),
        card_accounts.router(ours),
        charges.router(ours),
        card_events.router(ours),
        payment_page.router(ours, running.settings.card_provider),
    )
    return APIRouter(routes=[route for one in routers for route in one.routes])
