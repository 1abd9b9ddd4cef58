"""Finds the drivers who look for new trips: one query for a batch of trips."""

from collections.abc import Sequence
from dataclasses import replace

from psycopg.types.json import Jsonb

from infra.database import Connection
from infra.searching import away_km, words
from services.alerts.alert import Alert, Match

_AWAY = away_km("t.latitude", "t.longitude", "d.latitude", "d.longitude")
# As the trips a driver may take in their list: every qualification, on the first day.
_GATE = """
not exists (
  select from jsonb_array_elements_text(t.needs) as needed(skill)
   where not exists (
     select from jsonb_to_recordset(d.skills) as held(skill text, last_day date)
      where held.skill = needed.skill and held.last_day >= t.from_day))
"""
_MATCHES = f"""
select distinct on (t.trip_id, s.driver_id) t.trip_id, s.driver_id, s.search_id
  from jsonb_to_recordset(%s) as t(
         trip_id text, organisation_id text, words tsvector, latitude float8, longitude float8,
         from_day date, until_day date, distance_km int, needs jsonb)
  join searches s using (organisation_id)
  join drivers d using (driver_id, organisation_id)
 where not d.suspended and (s.question = '' or t.words @@ s.question::tsquery)
   and (s.from_day is null or s.from_day <= t.until_day)
   and (s.until_day is null or s.until_day >= t.from_day)
   and (s.shortest_km is null or s.shortest_km <= t.distance_km)
   and (s.longest_km is null or s.longest_km >= t.distance_km)
   and (s.within_km is null or {_AWAY} <= s.within_km)
   and {_GATE}
 order by t.trip_id, s.driver_id, s.search_id
"""


async def matches(connection: Connection, alerts: Sequence[Alert]) -> list[Alert | None]:
    """The alerts with the drivers who look for each trip and may take it; None where nobody does.

    Each driver comes once a trip, with the first search that fits. A search saved after its trip
    was looked at is not told of it: the list of trips has that one.
    """
    cursor = await connection.execute(_MATCHES.encode(), (Jsonb([_trip(a) for a in alerts]),))
    found: dict[str, tuple[Match, ...]] = {}
    for trip_id, driver_id, search_id in await cursor.fetchall():
        match = Match(driver_id=driver_id, search_id=search_id)
        found[trip_id] = (*found.get(trip_id, ()), match)
    return [
        replace(alert, matches=found[alert.trip_id]) if alert.trip_id in found else None
        for alert in alerts
    ]


def _trip(alert: Alert) -> dict[str, object]:
    return {
        "trip_id": alert.trip_id,
        "organisation_id": alert.organisation_id,
        "words": words(
            alert.departure_city,
            alert.departure_postal_code,
            alert.arrival_city,
            alert.arrival_postal_code,
            alert.client_brand,
            alert.trip_id,
        ),
        "latitude": alert.latitude,
        "longitude": alert.longitude,
        "from_day": alert.from_day.isoformat(),
        "until_day": alert.until_day.isoformat(),
        "distance_km": alert.distance_km,
        "needs": alert.needs,
    }
