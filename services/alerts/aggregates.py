"""Which streams the service keeps, and what decides about each."""

from contracts.alerts import alert_v1, searches_v1
from infra.commands import Aggregate
from services.alerts import alert, searches

SEARCHES = Aggregate(
    contract=searches_v1.contract,
    decide=searches.decide,
    evolve=searches.evolve,
    initial=searches.initial,
    forget=lambda id, _, at: searches.Forget(driver_id=id, at=at),
)
ALERT: Aggregate[alert.Alert, alert.Alerted, alert_v1.AlertEvent, None] = Aggregate(
    contract=alert_v1.contract,
    decide=alert.decide,
    evolve=alert.evolve,
    initial=alert.initial,
)
