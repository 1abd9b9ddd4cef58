"""Which papers wait to be accepted or refused?"""

from typing import Annotated

from infra.http.answers import Answered, Listed, Router
from infra.http.pages import ByReference, Paging, of_reference
from infra.http.readable_ids import USER
from infra.http.request_context import RequestContext, requires
from infra.reading import Rows
from services.views.backoffice.papers import Paper, PaperShown, papers

OLDEST = papers.order("longest-waiting", "added_at", "paper_id")


def to_check(organisation_id: str) -> Rows[Paper]:
    """Papers that nobody has accepted or refused yet."""
    return papers.of(organisation_id, status="to_check")


router = Router("Papers")
Staff = Annotated[RequestContext, requires("logistics", "administration")]


@router.get("/papers/to-check")
async def papers_to_check(
    context: Staff, page: Paging, reference: ByReference = None
) -> Answered[Listed[PaperShown]]:
    """Papers that wait to be accepted or refused, renewals among them; oldest first."""
    organisation_id = context.principal.organisation_id
    waiting = of_reference(to_check(organisation_id), "user_id", USER, organisation_id, reference)
    return await page.show(waiting, OLDEST, lambda row: PaperShown.on(context.today, row))
