"""The calendar of a driver, as JSON and for calendar programs."""

from fastapi import APIRouter
from starlette.responses import Response

from infra.http.models import to_json
from infra.http.problems import Problem
from infra.store.postgres import Pool
from services.views.partner import calendar, drivers
from services.views.partner.api import DriverContext


class CalendarResponse(Response):
    """iCalendar, RFC 5545."""

    media_type = "text/calendar"


def router(pool: Pool) -> APIRouter:
    """The routes, over the tables of whichever generation is active."""
    made = APIRouter()

    async def driver(context: DriverContext) -> drivers.Driver:
        who = context.principal
        found = await drivers.profile(pool, who.organisation_id, who.subject)
        if found is None:
            raise Problem(404, "no-such-driver", "There is no such driver.")
        return found

    @made.get("/calendar")
    async def my_calendar(context: DriverContext) -> Response:
        """When one is available and when a mission occupies one (HIF-32)."""
        found = await driver(context)
        return answer({"availabilities": found.availabilities, "engagements": found.engagements})

    @made.get("/calendar.ics", response_class=CalendarResponse)
    async def my_calendar_as_ics(context: DriverContext) -> Response:
        """The same for a calendar program, in whole days (HIF-32)."""
        return CalendarResponse(calendar.ics(await driver(context), context.at))

    return made


def answer(body: object) -> Response:
    return Response(to_json(body), media_type="application/json")
