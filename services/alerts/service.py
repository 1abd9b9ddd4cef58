"""The service `alerts`: what drivers look for, and the new trips that match (HIF-41, N-04)."""

from contracts.accounts import user_v1
from contracts.missions import trip_v1
from infra.consumers.reactions import Reaction
from infra.host import Service
from services.alerts.adapters import matching
from services.alerts.aggregates import ALERT, SEARCHES
from services.alerts.http import router
from services.alerts.http.problems import WORDING
from services.alerts.lookups import missions_driver
from services.alerts.reactions import from_accounts_user, from_missions_trip
from services.alerts.read_models import alerts, searches

service = Service(
    name="alerts",
    about="What drivers look for, and the new trips that match.",
    aggregates=(SEARCHES, ALERT),
    reactions=(
        Reaction(
            name="matcher",
            contract=trip_v1.contract,
            reads=from_missions_trip.Reads,
            react=from_missions_trip.react,
            aggregate=ALERT,
            target=from_missions_trip.target,
            enrich=matching.matches,
        ),
        Reaction(
            name="forgetting",
            contract=user_v1.contract,
            reads=from_accounts_user.Reads,
            react=from_accounts_user.react,
            aggregate=SEARCHES,
            target=from_accounts_user.target,
        ),
    ),
    views=(alerts.view, searches.view),
    lookups=(missions_driver.lookup,),
    routes=lambda _: router,
    wording=WORDING,
)
