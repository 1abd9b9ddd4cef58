"""Which lines of invoices are contested and not settled?"""

from typing import Annotated

from infra.http.answers import Answered, Listed, Router
from infra.http.pages import Paging
from infra.http.request_context import RequestContext, requires
from infra.reading import Rows
from services.views.backoffice.contests import Contest, ContestShown, contests

OLDEST = contests.order("oldest-line", "contested_at", "invoice_id", "line_id")


def unsettled(organisation_id: str) -> Rows[Contest]:
    """Contests that wait for billing."""
    return contests.of(organisation_id, status="open")


router = Router("Invoices")
Billing = Annotated[RequestContext, requires("billing")]


@router.get("/lines/contested")
async def contested_lines(context: Billing, page: Paging) -> Answered[Listed[ContestShown]]:
    """Lines that are contested and not settled, oldest first."""
    waiting = unsettled(context.principal.organisation_id)
    return await page.show(waiting, OLDEST, ContestShown.of)
