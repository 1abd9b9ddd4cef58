"""Which papers wait to be accepted or refused?"""

from collections.abc import Collection, Mapping, Sequence
from typing import Annotated

from infra.http.answers import Answer, Answered, Listed, Router
from infra.http.pages import ByReference, Paging, of_reference
from infra.http.readable_ids import USER
from infra.http.request_context import RequestContext, requires
from infra.reading import Rows
from services.views.backoffice.candidates import RecordShown, records
from services.views.backoffice.papers import Paper, PaperShown, papers
from services.views.backoffice.users import BY_NAME, User, users

OLDEST = papers.order("longest-waiting", "added_at", "paper_id")


def to_check(organisation_id: str) -> Rows[Paper]:
    """Papers that nobody has accepted or refused yet."""
    return papers.of(organisation_id, status="to_check")


class PartnerShown(Answer):
    """The owner of a paper; name and phone are empty when they are not known, or forgotten."""

    name: str
    phone: str
    record: RecordShown


class PaperToCheck(PaperShown):
    """A paper that waits, with the partner who showed it."""

    partner: PartnerShown


router = Router("Papers")
Staff = Annotated[RequestContext, requires("logistics", "administration")]


@router.get("/papers/to-check")
async def papers_to_check(
    context: Staff, page: Paging, reference: ByReference = None
) -> Answered[Listed[PaperToCheck]]:
    """Papers that wait to be accepted or refused, renewals among them; oldest first."""
    organisation_id = context.principal.organisation_id
    waiting = of_reference(to_check(organisation_id), "user_id", USER, organisation_id, reference)

    async def with_partners(rows: Sequence[Paper]) -> list[PaperToCheck]:
        who = await partners(context, {row.user_id for row in rows})
        return [
            PaperToCheck(**dict(PaperShown.on(context.today, row)), partner=who[row.user_id])
            for row in rows
        ]

    return await page.show_together(waiting, OLDEST, with_partners)


async def partners(context: RequestContext, ids: Collection[str]) -> Mapping[str, PartnerShown]:
    """Each of these users by id, also those whom nobody knows."""
    mine = users.of(context.principal.organisation_id, user_id=ids)
    known = {row.user_id: row for row in await mine.many(context.pool, BY_NAME)}
    has = await records(context, ids)
    return {id: partner(known.get(id), has[id]) for id in ids}


def partner(user: User | None, record: RecordShown) -> PartnerShown:
    if user is None:
        return PartnerShown(name="", phone="", record=record)
    return PartnerShown(name=user.name, phone=user.phone or "", record=record)
