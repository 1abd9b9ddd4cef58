"""When am I free, and when does a mission occupy me?"""

from typing import Annotated

from starlette.responses import Response

from infra.http.answers import Answer, Answered, Content, Router
from services.views.partner import calendar
from services.views.partner.drivers import AvailabilityShown, EngagementShown, own_row
from services.views.partner.open_trips import DriverContext

router = Router("Calendar")


class CalendarShown(Answer):
    """The days on which one is available and those on which a mission occupies one."""

    availabilities: tuple[AvailabilityShown, ...]
    engagements: tuple[EngagementShown, ...]


@router.get("/calendar")
async def my_calendar(context: DriverContext) -> Answered[CalendarShown]:
    """Show when one is available and when a mission occupies one."""
    return Answered(CalendarShown.of(await own_row(context)))


@router.get("/calendar.ics")
async def my_calendar_as_ics(
    context: DriverContext,
) -> Annotated[Response, Content("text/calendar")]:
    """Show the same to a calendar program, in whole days."""
    ics = calendar.ics(
        await own_row(context),
        context.at,
        available=context.says("screen", "available"),
        mission=context.says("screen", "mission"),
    )
    return context.in_language(Response(ics, media_type="text/calendar"))
