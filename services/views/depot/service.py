"""The lists of a depot: work, parcels that come and leave, and orders that came back."""

from fastapi import APIRouter

from infra.host import Service
from infra.wording import Wording
from services.views.depot import (
    deliveries,
    incoming,
    order_details,
    orders,
    outgoing,
    pickups,
    returns,
    returns_found,
    scorecard,
    tours,
    users,
    work,
)

QUESTIONS = (work, incoming, outgoing, returns_found, order_details, scorecard)
router = APIRouter(routes=[route for question in QUESTIONS for route in question.router.routes])

service = Service(
    name="views.depot",
    about="What the people of a depot ask: what is to be done, what comes, leaves and came back.",
    views=(users.view, orders.view, pickups.view, tours.view, returns.view, deliveries.view),
    routes=lambda _: router,
    wording=Wording(__package__),
)
