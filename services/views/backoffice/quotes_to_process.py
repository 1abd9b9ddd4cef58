"""On which trips do quotes wait for an answer?"""

from collections.abc import Sequence
from typing import Annotated

from infra.http.answers import Answered, Listed, Router
from infra.http.pages import ByReference, Paging, of_reference
from infra.http.readable_ids import TRIP
from infra.http.request_context import RequestContext, requires
from infra.reading import Rows
from services.views.backoffice.candidates import candidates
from services.views.backoffice.grouping import grouped
from services.views.backoffice.quotes import CHEAPEST, TripWithQuotes, quotes, trip_with_quotes
from services.views.backoffice.trips import FIRST_TO_START, Trip, trips


def to_process(organisation_id: str) -> Rows[Trip]:
    """Open trips with quotes that wait for an answer."""
    return trips.of(organisation_id, status="open").where("cardinality(waiting) > 0")


router = Router("Quotes")
Logistics = Annotated[RequestContext, requires("logistics")]


@router.get("/quotes/to-process")
async def quotes_to_process(
    context: Logistics, page: Paging, reference: ByReference = None
) -> Answered[Listed[TripWithQuotes]]:
    """Open trips whose quotes wait for an answer, each with these side by side."""
    organisation_id = context.principal.organisation_id

    async def with_quotes(rows: Sequence[Trip]) -> list[TripWithQuotes]:
        ids = [row.trip_id for row in rows]
        waiting = quotes.of(organisation_id, trip_id=ids, status="submitted")
        found = await waiting.many(context.pool, CHEAPEST)
        by_trip = grouped(found, lambda row: row.trip_id)
        who = await candidates(context, {row.driver_id for row in found})
        return [trip_with_quotes(row, by_trip[row.trip_id], who, context.language) for row in rows]

    rows = of_reference(to_process(organisation_id), "trip_id", TRIP, organisation_id, reference)
    return context.in_language(await page.show_together(rows, FIRST_TO_START, with_quotes))
