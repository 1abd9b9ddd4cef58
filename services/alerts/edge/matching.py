"""From a new trip to the drivers who look for such: one query for a batch of trips."""

from collections.abc import Mapping, Sequence

from psycopg.types.json import Jsonb

from contracts.missions import trip_v1
from contracts.missions.trip_v1 import TripEvent, TripPublished
from infra.consumers.reactions import Reaction, ReactionHandler
from infra.consumers.records import Delivery
from infra.consumers.transports import FaustAgent
from infra.host import Running
from infra.http.models import plain
from infra.searching import away_km, normalised
from infra.store.postgres import Connection
from services.alerts.aggregates import ALERT
from services.alerts.alert import Alert, Match

NAME = "matcher"
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
         trip_id text, organisation_id text, words text, latitude float8, longitude float8,
         from_day date, until_day date, distance_km int, needs jsonb)
  join alerts.searches s using (organisation_id)
  join alerts.drivers d using (driver_id, organisation_id)
 where not d.suspended and t.words like s.pattern
   and (s.from_day is null or s.from_day <= t.until_day)
   and (s.until_day is null or s.until_day >= t.from_day)
   and (s.shortest_km is null or s.shortest_km <= t.distance_km)
   and (s.longest_km is null or s.longest_km >= t.distance_km)
   and (s.within_km is null or {_AWAY} <= s.within_km)
   and {_GATE}
 order by t.trip_id, s.driver_id, s.search_id
"""


async def matches(
    connection: Connection, trips: Sequence[TripPublished]
) -> Mapping[str, tuple[Match, ...]]:
    """Who looks for each trip and may take it, by trip; each driver once, with the first search."""
    cursor = await connection.execute(_MATCHES.encode(), (Jsonb(plain(list(map(_asked, trips)))),))
    found: dict[str, tuple[Match, ...]] = {}
    for trip_id, driver_id, search_id in await cursor.fetchall():
        found[trip_id] = (*found.get(trip_id, ()), Match(driver_id, search_id))
    return found


def _asked(trip: TripPublished) -> dict[str, object]:
    process = (f"client_process:{trip.client_process}",) if trip.client_process else ()
    services = tuple(f"additional_service:{code}" for code in trip.additional_services)
    return {
        "trip_id": trip.trip_id,
        "organisation_id": trip.organisation_id,
        "words": normalised(
            trip.departure.city, trip.arrival.city, trip.trip_id, trip.client_brand
        ),
        "latitude": trip.departure.point.latitude,
        "longitude": trip.departure.point.longitude,
        "from_day": trip.from_slot.date,
        "until_day": trip.until_slot.date,
        "distance_km": trip.distance_km,
        "needs": process + services,
    }


class Matcher:
    """Handles the events of trips: a reaction that looks into the tables first.

    A search saved after its trip was looked at is not told of it: the list of trips has that one.
    """

    def __init__(self, running: Running) -> None:
        self._running = running

    async def handle(
        self, connection: Connection, deliveries: Sequence[Delivery]
    ) -> Mapping[int, Exception]:
        published = [d.event for d in deliveries if isinstance(d.event, TripPublished)]
        found = await matches(connection, published) if published else {}

        def react(event: TripEvent) -> list[Alert]:
            if isinstance(event, TripPublished) and event.trip_id in found:
                return [Alert(event, found[event.trip_id])]
            return []

        reaction = Reaction(NAME, trip_v1.contract, react, ALERT, lambda a: a.trip.trip_id)
        handler = ReactionHandler(reaction, self._running.commands, self._running.service.name)
        return await handler.handle(connection, deliveries)

    def forget_cache(self) -> None:
        """Nothing is remembered between batches."""


def matcher(running: Running) -> FaustAgent:
    """The loop that follows the trips."""
    return running.agent(NAME, [trip_v1.contract], Matcher(running))
