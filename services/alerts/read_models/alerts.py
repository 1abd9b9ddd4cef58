"""Shows drivers the trips that were pointed out to them, latest first."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated

from contracts.alerts import alert_v1
from contracts.alerts.alert_v1 import DriverAlerted
from infra.consumers.views import View
from infra.http.answers import Answer, Answered, Listed, Router
from infra.http.models import Day, Instant
from infra.http.pages import Paging
from infra.http.request_context import RequestContext, requires
from infra.reading import Table

Reads = DriverAlerted


@dataclass(frozen=True, slots=True)
class Alert:
    trip_id: str
    driver_id: str
    organisation_id: str
    search_id: str
    departure_city: str
    arrival_city: str
    from_day: date
    until_day: date
    distance_km: int
    alerted_at: datetime


def key(event: Reads) -> tuple[str, str]:
    return (event.trip_id, event.driver_id)


def project(_: Alert | None, event: Reads) -> Alert:
    return Alert(
        trip_id=event.trip_id,
        driver_id=event.driver_id,
        organisation_id=event.organisation_id,
        search_id=event.search_id,
        departure_city=event.departure_city,
        arrival_city=event.arrival_city,
        from_day=event.from_day,
        until_day=event.until_day,
        distance_km=event.distance_km,
        alerted_at=event.alerted_at,
    )


view = View(
    name="alerts",
    contract=alert_v1.contract,
    reads=Reads,
    row=Alert,
    primary_key=("trip_id", "driver_id"),
    key=key,
    project=project,
    indexes=("(organisation_id, driver_id, alerted_at desc, trip_id desc)",),
)

# --- The question -----------------------------------------------------------

alerts = Table(view, "alerts")
LATEST = alerts.order("latest", "alerted_at", "trip_id", descending=True)


class AlertShown(Answer):
    """A trip that was pointed out to a driver, and the search that it matches."""

    trip_id: str
    driver_id: str
    organisation_id: str
    search_id: str
    departure_city: str
    arrival_city: str
    from_day: Day
    until_day: Day
    distance_km: int
    alerted_at: Instant


router = Router("Alerts")

DriverContext = Annotated[RequestContext, requires("driver")]


@router.get("/mine")
async def my_alerts(context: DriverContext, page: Paging) -> Answered[Listed[AlertShown]]:
    """List the trips that were pointed out to one, latest first, each with its search.

    A trip may be taken since: `/partner/trips/{trip_id}` says so.
    """
    who = context.principal
    mine = alerts.of(who.organisation_id, driver_id=who.subject)
    return await page.show(mine, LATEST, AlertShown.of)
