"""HTTP: what a driver wants to be told of, and what was pointed out to them."""

from typing import Annotated

from fastapi import APIRouter
from starlette.responses import Response

from contracts.alerts.searches_v1 import SearchRemoved, SearchSaved
from infra.host import Running
from infra.http.models import Id
from infra.http.pages import Paging
from infra.http.request_context import RequestContext, requires
from services.alerts import bodies, searches
from services.alerts.aggregates import SEARCHES
from services.alerts.edge import tables

router = APIRouter()

DriverContext = Annotated[RequestContext, requires("driver")]


@router.get("/searches")
async def my_searches(context: DriverContext) -> Response:
    """The searches one is told about, by id (HIF-41)."""
    found = await context.load(SEARCHES, context.principal.subject)
    ours = found.state.organisation_id == context.principal.organisation_id
    saved = found.state.saved if ours else []
    return context.show({"items": [bodies.search_shown(search) for search in saved]}, found)


@router.put("/searches/{search_id}")
async def save_search(search_id: Id, body: bodies.SearchBody, context: DriverContext) -> Response:
    """Be told of new trips like these; under an id that is known, instead of the old ones.

    Only trips one is qualified for are told. By which channels and how soon, at once or once an
    hour or a day, is chosen for the topic `alerts` in `/messaging/preferences`.
    """
    who = context.principal
    fact = SearchSaved(
        driver_id=who.subject,
        organisation_id=who.organisation_id,
        search_id=search_id,
        text=body.text,
        within_km=body.within_km,
        from_day=body.from_day,
        until_day=body.until_day,
        shortest_km=body.shortest_km,
        longest_km=body.longest_km,
        saved_at=context.occurred_at,
    )
    return await context.handle(SEARCHES, who.subject, searches.SaveSearch(fact, context.today))


@router.delete("/searches/{search_id}")
async def remove_search(search_id: Id, context: DriverContext) -> Response:
    """Not be told of these any more."""
    who = context.principal
    fact = SearchRemoved(driver_id=who.subject, search_id=search_id, removed_at=context.occurred_at)
    command = searches.RemoveSearch(fact, who.organisation_id)
    return await context.handle(SEARCHES, who.subject, command)


@router.get("/history")
async def my_history(context: DriverContext) -> Response:
    """Every fact about one's own searches (G-05)."""
    return await context.history(SEARCHES, context.principal.subject)


def routes(running: Running) -> APIRouter:
    """Those about searches, and what came of them."""
    made = APIRouter()

    @made.get("/mine")
    async def my_alerts(context: DriverContext, page: Paging) -> Response:
        """The trips that were pointed out to one, latest first, each with its search (HIF-41).

        A trip may be taken since: `/partner/trips/{trip_id}` says so.
        """
        who, after = context.principal, page.after(tables.LATEST)
        rows = await tables.alerts_of(
            running.pool, who.organisation_id, who.subject, after, page.fetch
        )
        return page.answer(rows, tables.LATEST, key=lambda row: (row.alerted_at, row.trip_id))

    return APIRouter(routes=[*router.routes, *made.routes])
