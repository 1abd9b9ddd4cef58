"""The service `missions`: trips from offer to delivery, and the drivers who make them."""

from contracts.accounts import user_v1
from contracts.missions import trip_v1
from contracts.papers import paper_v1
from infra.consumers.reactions import Reaction
from infra.host import Service
from services.missions import accounts, api, bookings, papers, problems
from services.missions.aggregates import CLEARANCE, DRIVER, TRIP

service = Service(
    name="missions",
    aggregates=(TRIP, DRIVER, CLEARANCE),
    reactions=(
        Reaction(
            name="bookings",
            contract=trip_v1.contract,
            react=bookings.react,
            aggregate=DRIVER,
            target=bookings.target,
        ),
        Reaction(
            name="accounts",
            contract=user_v1.contract,
            react=accounts.react,
            aggregate=DRIVER,
            target=accounts.target,
        ),
        Reaction(
            name="papers",
            contract=paper_v1.contract,
            react=papers.react,
            aggregate=CLEARANCE,
            target=papers.target,
        ),
    ),
    routes=lambda _: api.router,
    problem=problems.problem,
)
