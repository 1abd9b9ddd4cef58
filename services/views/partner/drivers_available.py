"""For logistics: who is available on these days?"""

from datetime import date

from infra.http.answers import Answered, Listed, Router
from infra.http.models import Day
from infra.http.pages import Paging
from infra.http.problems import invalid
from infra.reading import Rows
from services.views.partner.drivers import Driver, DriverShown, drivers
from services.views.partner.quotes_on_trip import LogisticsContext

router = Router("Logistics")

BY_ID = drivers.order("by-id", "driver_id")


def available(organisation_id: str, from_day: date, until_day: date) -> Rows[Driver]:
    """Drivers who declared the whole stretch and whom no mission occupies (HIF-32)."""
    return (
        drivers.of(organisation_id)
        .where("not (forgotten or suspended)")
        .where(
            "(select range_agg(daterange(a.from_day, a.until_day, '[]'))"
            " from jsonb_to_recordset(availabilities) as a(from_day date, until_day date))"
            " @> daterange(%(from_day)s, %(until_day)s, '[]')",
            from_day=from_day,
            until_day=until_day,
        )
        .where(
            "not exists ("
            " select from jsonb_to_recordset(engagements) as e(from_day date, until_day date)"
            " where e.from_day <= %(until_day)s and e.until_day >= %(from_day)s)"
        )
    )


@router.get("/logistics/drivers/available")
async def available_drivers(
    context: LogisticsContext, page: Paging, from_day: Day, until_day: Day
) -> Answered[Listed[DriverShown]]:
    """List the drivers who are available on all these days and not on a mission."""
    if until_day < from_day:
        raise invalid("query:until_day", "not_before")
    rows = available(context.principal.organisation_id, from_day, until_day)
    return await page.show(rows, BY_ID, DriverShown.of)
