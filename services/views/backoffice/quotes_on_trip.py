"""Which quotes are on a trip, what was decided about each, and why?"""

from typing import Annotated

from infra.http.answers import Answered, Router
from infra.http.models import Id
from infra.http.problems import Problem
from infra.http.request_context import RequestContext, requires
from services.views.backoffice.candidates import candidates
from services.views.backoffice.quotes import CHEAPEST, TripWithQuotes, quotes, trip_with_quotes
from services.views.backoffice.trips import trips

router = Router("Quotes")
Logistics = Annotated[RequestContext, requires("logistics")]


@router.get("/trips/{trip_id}/quotes")
async def quotes_on_trip(trip_id: Id, context: Logistics) -> Answered[TripWithQuotes]:
    """Every quote on a trip with what was decided about it, and why."""
    organisation_id = context.principal.organisation_id
    trip = await trips.of(organisation_id, trip_id=trip_id).one(context.pool)
    if trip is None:
        raise Problem(404, "no-such-trip")
    on_trip = await quotes.of(organisation_id, trip_id=trip_id).many(context.pool, CHEAPEST)
    who = await candidates(context, {row.driver_id for row in on_trip})
    shown = trip_with_quotes(trip, on_trip, who, context.language)
    return context.in_language(Answered(shown))
