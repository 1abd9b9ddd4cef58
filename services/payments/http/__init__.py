"""Every route of the service."""

from fastapi import APIRouter

from infra.store.postgres import Pool
from services.payments.http import payees, payouts
from services.payments.read_models import ledger, payouts_to_pay


def router(pool: Pool) -> APIRouter:
    """The routes of the resources, and the questions over the service's own tables."""
    routers = (
        payees.router,
        payouts.router,
        payouts_to_pay.routes(pool),
        ledger.routes(pool),
    )
    return APIRouter(routes=[route for one in routers for route in one.routes])
