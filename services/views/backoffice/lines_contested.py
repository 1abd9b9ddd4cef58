"""Which lines of invoices are contested and not settled?"""

from typing import Annotated

from infra.http.answers import Answered, Listed, Router
from infra.http.pages import Paging
from infra.http.request_context import RequestContext, requires
from infra.reading import Rows
from services.views.backoffice.contests import Contest, ContestShown, contests, facts_of
from services.views.backoffice.persons import PersonShown, with_drivers

OLDEST = contests.order("oldest-line", "contested_at", "invoice_id", "line_id")


def unsettled(organisation_id: str) -> Rows[Contest]:
    """Contests that wait for billing."""
    return contests.of(organisation_id, status="open")


class ContestedLine(ContestShown):
    """A contested line with the driver whose invoice it is on."""

    driver: PersonShown


def line_shown(row: Contest, driver: PersonShown) -> ContestedLine:
    return ContestedLine.of({**facts_of(row), "driver": driver})


router = Router("Invoices")
Billing = Annotated[RequestContext, requires("billing")]


@router.get("/lines/contested")
async def contested_lines(context: Billing, page: Paging) -> Answered[Listed[ContestedLine]]:
    """Lines that are contested and not settled, oldest first."""
    waiting = unsettled(context.principal.organisation_id)

    return await page.show_together(waiting, OLDEST, with_drivers(context, line_shown))
