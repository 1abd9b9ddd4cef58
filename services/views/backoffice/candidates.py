"""Drivers as logistics decides about them: how far away, with which papers and missions."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from infra.http.answers import Answer
from infra.http.request_context import RequestContext
from infra.searching import distance_km
from services.views.backoffice.clearances import BY_DRIVER, clearances, lacking
from services.views.backoffice.drivers import BY_NAME, Driver, drivers
from services.views.backoffice.persons import PersonShown
from services.views.backoffice.trips import Trip


class RecordShown(Answer):
    """The papers and missions of a driver."""

    papers_lacking: list[str]
    """The kinds of papers without which they get no new work today."""
    missions_delivered: int
    missions_under_way: int
    """Assigned and not delivered, those to come among them."""


class CandidateShown(PersonShown):
    """A driver who offers to take a trip; the texts are empty when they are not known."""

    city: str
    kilometres_away: float | None
    """In a straight line from home to the departure; null when the home is not known."""
    record: RecordShown


async def records(context: RequestContext, ids: Collection[str]) -> Mapping[str, RecordShown]:
    """The papers and missions of each of these drivers, by id."""
    organisation_id = context.principal.organisation_id
    theirs = clearances.of(organisation_id, driver_id=ids)
    papers = {
        row.driver_id: lacking(row, context.today)
        for row in await theirs.many(context.pool, BY_DRIVER)
    }
    async with context.pool.connection() as connection:
        cursor = await connection.execute(
            "select driver_id, count(*) filter (where status = 'delivered'),"
            " count(*) filter (where status = 'assigned') from trips"
            " where organisation_id = %s and driver_id = any(%s) group by driver_id",
            (organisation_id, list(ids)),
        )
        missions = {row[0]: row[1:] for row in await cursor.fetchall()}
    return {
        id: RecordShown(
            papers_lacking=papers.get(id, []),
            missions_delivered=missions.get(id, (0, 0))[0],
            missions_under_way=missions.get(id, (0, 0))[1],
        )
        for id in ids
    }


@dataclass(frozen=True, slots=True)
class Candidates:
    """Drivers, and what they have."""

    drivers: Mapping[str, Driver]
    records: Mapping[str, RecordShown]

    def on(self, trip: Trip, driver_id: str) -> CandidateShown:
        """A driver, seen from a trip."""
        record = self.records[driver_id]
        if (driver := self.drivers.get(driver_id)) is None:
            return CandidateShown(
                driver_id=driver_id, name="", phone="", city="", kilometres_away=None, record=record
            )
        return CandidateShown(
            driver_id=driver_id,
            name=driver.name,
            phone=driver.phone,
            city=driver.city,
            kilometres_away=_away(driver, trip),
            record=record,
        )


async def candidates(context: RequestContext, ids: Collection[str]) -> Candidates:
    """These drivers, with what they have."""
    mine = drivers.of(context.principal.organisation_id, driver_id=ids)
    known = {row.driver_id: row for row in await mine.many(context.pool, BY_NAME)}
    return Candidates(known, await records(context, ids))


def _away(driver: Driver, trip: Trip) -> float | None:
    if driver.latitude is None or driver.longitude is None:
        return None
    departure = (trip.departure_latitude, trip.departure_longitude)
    return round(distance_km((driver.latitude, driver.longitude), departure), 1)
