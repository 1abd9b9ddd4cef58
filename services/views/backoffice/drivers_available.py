"""Which drivers are available, and what for?"""

from datetime import date
from typing import Annotated

from infra.http.answers import Answer, Answered, Listed, Router
from infra.http.models import Day
from infra.http.pages import Paging
from infra.http.problems import invalid
from infra.http.request_context import RequestContext, requires
from infra.reading import Rows
from services.views.backoffice.drivers import (
    Driver,
    EngagementShown,
    QualificationShown,
    drivers,
)

BY_ID = drivers.order("by-id", "driver_id")


def available(organisation_id: str, from_day: date, until_day: date) -> Rows[Driver]:
    """Drivers who declared all of these days, and whom no mission occupies on one of them."""
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


class AvailabilityShown(Answer):
    """Days that the driver declared, both included."""

    availability_id: str
    from_day: date
    until_day: date


class AvailableDriver(Answer):
    """A driver who can be given a mission."""

    driver_id: str
    organisation_id: str
    name: str
    phone: str
    city: str
    qualifications: list[QualificationShown]
    availabilities: list[AvailabilityShown]
    engagements: list[EngagementShown]
    suspended: bool
    forgotten: bool


router = Router("Drivers")
Logistics = Annotated[RequestContext, requires("logistics")]


@router.get("/drivers/available")
async def available_drivers(
    context: Logistics, page: Paging, from_day: Day, until_day: Day
) -> Answered[Listed[AvailableDriver]]:
    """Drivers who are available on all these days and not on a mission."""
    if until_day < from_day:
        raise invalid("query:until_day", "not_before")
    found = available(context.principal.organisation_id, from_day, until_day)
    return await page.show(found, BY_ID, AvailableDriver.of)
