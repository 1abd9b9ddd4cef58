"""The service `missions`: trips from offer to delivery, and the drivers who make them."""

from contracts.accounts import user_v1
from contracts.missions import trip_v1
from contracts.papers import paper_v1
from infra.consumers.reactions import Reaction
from infra.host import Service
from infra.lookups import files, users
from services.missions.aggregates import CLEARANCE, DRIVER, TRIP
from services.missions.http import router
from services.missions.http.problems import WORDING
from services.missions.reactions import (
    from_accounts_user,
    from_missions_trip,
    from_papers_paper,
)

service = Service(
    name="missions",
    about="Trips from offer to delivery, and the drivers who make them.",
    aggregates=(TRIP, DRIVER, CLEARANCE),
    reactions=(
        Reaction(
            name="bookings",
            contract=trip_v1.contract,
            reads=from_missions_trip.Reads,
            react=from_missions_trip.react,
            aggregate=DRIVER,
            target=from_missions_trip.target,
        ),
        Reaction(
            name="accounts",
            contract=user_v1.contract,
            reads=from_accounts_user.Reads,
            react=from_accounts_user.react,
            aggregate=DRIVER,
            target=from_accounts_user.target,
        ),
        Reaction(
            name="papers",
            contract=paper_v1.contract,
            reads=from_papers_paper.Reads,
            react=from_papers_paper.react,
            aggregate=CLEARANCE,
            target=from_papers_paper.target,
        ),
    ),
    lookups=(files.lookup, users.lookup),
    routes=lambda _: router,
    wording=WORDING,
)
