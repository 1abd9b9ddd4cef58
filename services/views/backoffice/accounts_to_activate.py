"""Which accounts wait to be activated?"""

from collections.abc import Sequence
from datetime import date
from typing import Annotated

from contracts.accounts.user_v1 import Role
from infra.http.answers import Answer, Answered, Listed, Router
from infra.http.models import Instant, Named
from infra.http.pages import ByReference, Paging, of_reference
from infra.http.readable_ids import USER
from infra.http.request_context import RequestContext, requires
from infra.reading import Rows
from services.views.backoffice.grouping import grouped
from services.views.backoffice.papers import BY_KIND, Paper, PaperShown, papers
from services.views.backoffice.users import User, users

LONGEST_WAITING = users.order("longest-waiting", "agreement_recorded_at", "user_id")


def to_activate(organisation_id: str) -> Rows[User]:
    """Users whose signed agreement was received and who are not active."""
    return users.of(organisation_id, status="signed").where("not forgotten")


class AgreementShown(Answer):
    """The signed framework agreement, as a file of media."""

    file_id: str
    signed_on: date
    recorded_at: Instant


class AccountToActivate(Answer):
    """A user who waits to be activated, with the papers to look at before."""

    user_id: str
    name: str
    email: str
    phone: str | None
    language: str
    roles: list[Annotated[Role, Named()]]
    invited_by: str
    invited_at: Instant
    agreement: AgreementShown
    papers: list[PaperShown]


def account(row: User, its_papers: Sequence[Paper], today: date) -> AccountToActivate:
    assert row.agreement_file_id is not None
    assert row.agreement_signed_on is not None
    assert row.agreement_recorded_at is not None
    return AccountToActivate(
        user_id=row.user_id,
        name=row.name,
        email=row.email,
        phone=row.phone,
        language=row.language,
        roles=[Role[name.upper()] for name in row.roles],
        invited_by=row.invited_by,
        invited_at=row.invited_at,
        agreement=AgreementShown(
            file_id=row.agreement_file_id,
            signed_on=row.agreement_signed_on,
            recorded_at=row.agreement_recorded_at,
        ),
        papers=[PaperShown.on(today, paper) for paper in its_papers],
    )


router = Router("Accounts")
Staff = Annotated[RequestContext, requires("logistics", "administration")]


@router.get("/accounts/to-activate")
async def accounts_to_activate(
    context: Staff, page: Paging, reference: ByReference = None
) -> Answered[Listed[AccountToActivate]]:
    """Users whose signed agreement was received and who are not active yet."""
    organisation_id = context.principal.organisation_id

    async def with_papers(rows: Sequence[User]) -> list[AccountToActivate]:
        theirs = papers.of(organisation_id, user_id=[row.user_id for row in rows])
        by_user = grouped(await theirs.many(context.pool, BY_KIND), lambda paper: paper.user_id)
        return [account(row, by_user[row.user_id], context.today) for row in rows]

    rows = of_reference(to_activate(organisation_id), "user_id", USER, organisation_id, reference)
    return await page.show_together(rows, LONGEST_WAITING, with_papers)
