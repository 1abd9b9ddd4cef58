"""Saved searches over HTTP: a driver says of which new trips they want to be told."""

from typing import Annotated

from pydantic import Field

from contracts.alerts import searches_v1
from contracts.alerts.searches_v1 import SearchRemoved, SearchSaved, SubjectForgotten
from infra.http.answers import Answer, Answered, Recorded, Router
from infra.http.history import History, HistoryPart
from infra.http.models import Body, ChosenId, Day, Id, Instant, Line
from infra.http.request_context import RequestContext, requires
from services.alerts import searches
from services.alerts.aggregates import SEARCHES

router = Router("Searches")

DriverContext = Annotated[RequestContext, requires("driver")]
Kilometres = Annotated[int, Field(ge=0, le=20_000, examples=[50])]


class SearchBody(Body):
    """Trips to be told of; what is not named does not matter."""

    text: Line | None = None
    """Words of a city, its postcode, a client's brand or a trip's id, or their beginnings."""
    within_km: Kilometres | None = None
    """From one's home to the departure; nothing matches while the home is unknown."""
    from_day: Day | None = None
    until_day: Day | None = None
    """Trips that can be made, at least in part, between the two days, both included."""
    shortest_km: Kilometres | None = None
    longest_km: Kilometres | None = None
    """The length of the trip."""


class Search(Answer):
    """A saved search; a condition that is null does not matter."""

    search_id: str
    text: str | None
    within_km: int | None
    from_day: Day | None
    until_day: Day | None
    shortest_km: int | None
    longest_km: int | None
    saved_at: Instant


class Searches(Answer):
    items: list[Search]


class SearchesHistory(
    History,
    of=searches_v1.contract,
    shows={
        SearchSaved: (
            *("driver_id", "organisation_id", "search_id", "text", "within_km", "from_day"),
            *("until_day", "shortest_km", "longest_km", "saved_at"),
        ),
        SearchRemoved: ("driver_id", "search_id", "removed_at"),
        SubjectForgotten: ("driver_id", "forgotten_at"),
    },
):
    """Every fact about the searches of a driver, oldest first."""


@router.get("/searches")
async def my_searches(context: DriverContext) -> Answered[Searches]:
    """List one's own searches, by id."""
    found = await context.load(SEARCHES, context.principal.subject)
    ours = found.state.organisation_id == context.principal.organisation_id
    saved = found.state.saved if ours else []
    return context.show(Searches(items=[Search.of(search) for search in saved]), found)


@router.put("/searches/{search_id}")
async def save_search(
    search_id: ChosenId, body: SearchBody, context: DriverContext
) -> Answered[Recorded]:
    """Save a search, to be told of new trips that match; a known id replaces its search.

    Only trips one is qualified for are told. By which channels and how soon, at once or once an
    hour or a day, is chosen for the topic `alerts` in `/messaging/preferences`.
    """
    who = context.principal
    command = searches.SaveSearch(
        driver_id=who.subject,
        organisation_id=who.organisation_id,
        search_id=search_id,
        text=body.text,
        within_km=body.within_km,
        from_day=body.from_day,
        until_day=body.until_day,
        shortest_km=body.shortest_km,
        longest_km=body.longest_km,
        today=context.today,
        at=context.occurred_at,
    )
    return await context.handle(SEARCHES, who.subject, command)


@router.delete("/searches/{search_id}")
async def remove_search(search_id: Id, context: DriverContext) -> Answered[Recorded]:
    """Remove a search; one is not told of these trips any more."""
    who = context.principal
    command = searches.RemoveSearch(
        driver_id=who.subject,
        organisation_id=who.organisation_id,
        search_id=search_id,
        at=context.occurred_at,
    )
    return await context.handle(SEARCHES, who.subject, command)


@router.get("/history")
async def my_history(context: DriverContext, part: HistoryPart) -> Answered[SearchesHistory]:
    """List every fact about one's own searches."""
    found = await context.load(SEARCHES, context.principal.subject)
    if found.state.organisation_id != context.principal.organisation_id:
        return Answered(SearchesHistory.telling(()))
    return await context.history(SEARCHES, context.principal.subject, SearchesHistory, part)
