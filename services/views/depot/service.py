"""The lists of a depot: work, parcels that come and leave, and orders that came back."""

from fastapi import APIRouter

from infra.host import Service
from infra.wording import Wording
from services.views.depot import (
    cash_gaps,
    deliveries,
    incoming,
    inventories,
    inventory_claims,
    order_details,
    orders,
    orders_found,
    outgoing,
    papers,
    pickups,
    returns,
    returns_found,
    scorecard,
    till_days,
    tours,
    users,
    work,
)

QUESTIONS = (
    *(work, orders_found, incoming, outgoing, returns_found, order_details, scorecard),
    *(till_days, papers, inventories, inventory_claims),
)
router = APIRouter(routes=[route for question in QUESTIONS for route in question.router.routes])

service = Service(
    name="views.depot",
    about="What the people of a depot ask: what is to be done, what comes, leaves and came back.",
    views=(
        users.view,
        orders.view,
        pickups.view,
        tours.view,
        returns.view,
        deliveries.view,
        cash_gaps.view,
        till_days.view,
        inventories.view,
        inventory_claims.view,
    ),
    routes=lambda _: router,
    wording=Wording(__package__),
)
