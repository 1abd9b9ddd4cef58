"""Every route of the service: its resources, and the questions over its own tables."""

from fastapi import APIRouter

from services.payments.http import payees, payouts
from services.payments.read_models import ledger, payouts_to_pay

RESOURCES = (payees, payouts, payouts_to_pay, ledger)
router = APIRouter(routes=[route for one in RESOURCES for route in one.router.routes])
