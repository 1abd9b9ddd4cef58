"""Which drivers are there?"""

from enum import StrEnum
from typing import Annotated, ClassVar

from fastapi import Query
from pydantic import Field

from infra.http.answers import Answer, Answered, Listed, Router
from infra.http.models import Instant
from infra.http.pages import Filters, Paging, Typed
from infra.http.request_context import RequestContext, requires
from infra.reading import Rows
from services.views.backoffice.drivers import (
    BY_NAME,
    Driver,
    EngagementShown,
    QualificationShown,
    drivers,
)

LATEST_REGISTERED = drivers.order(
    "latest-registered", "registered_at", "driver_id", descending=True
)


class DriverOrder(StrEnum):
    """How a list of drivers is sorted."""

    NAME = "name"
    LATEST_REGISTERED = "latest_registered"


ORDERS = {DriverOrder.NAME: BY_NAME, DriverOrder.LATEST_REGISTERED: LATEST_REGISTERED}


class DriverFilters(Filters):
    """Which drivers are wanted."""

    no_columns: ClassVar[frozenset[str]] = frozenset({"q", "qualification", "on_mission", "order"})

    q: Typed = ""
    """Words of a name, a town or a phone number."""
    suspended: bool | None = None
    on_mission: bool | None = None
    """Whether a mission is theirs that is not delivered."""
    qualification: Annotated[str | None, Field(max_length=64)] = None
    """The code of something that they have shown, whether or not it still holds."""
    order: DriverOrder = DriverOrder.NAME


def found(organisation_id: str, filters: DriverFilters) -> Rows[Driver]:
    """The drivers who match, without those who are forgotten."""
    known = drivers.of(organisation_id).where("not forgotten")
    rows = filters.narrow(known).searched(filters.q)
    if filters.on_mission is not None:
        rows = rows.where("(engagements <> '[]') = %(on)s::boolean", on=filters.on_mission)
    if filters.qualification is not None:
        rows = rows.where(
            "qualifications @> jsonb_build_array(jsonb_build_object('code', %(code)s::text))",
            code=filters.qualification,
        )
    return rows


class DriverListed(Answer):
    """A driver in a list."""

    driver_id: str
    name: str
    phone: str
    city: str
    qualifications: list[QualificationShown]
    engagements: list[EngagementShown]
    suspended: bool
    registered_at: Instant


router = Router("Drivers")
Staff = Annotated[RequestContext, requires("logistics", "administration")]


@router.get("/drivers")
async def drivers_found(
    context: Staff, page: Paging, filters: Annotated[DriverFilters, Query()]
) -> Answered[Listed[DriverListed]]:
    """Drivers of the organisation, by name unless another order is asked for."""
    rows = found(context.principal.organisation_id, filters)
    return await page.show(rows, ORDERS[filters.order], DriverListed.of)
