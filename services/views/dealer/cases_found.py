"""Which cases does a dealership have? (FLB-068, FLB-072 to FLB-079)"""

from collections.abc import Sequence
from typing import Annotated, ClassVar

from fastapi import Query

from contracts.dealers import Mode
from contracts.interventions.case_v1 import Module
from infra.http.answers import Answer, Answered, Listed, MoneyShown, Router
from infra.http.models import Id, Instant, Named
from infra.http.pages import Filters, Paging, Typed
from infra.http.request_context import RequestContext
from infra.lookups.payments import Payment
from infra.reading import Rows
from services.views.dealer.access import CasesContext, of_cases
from services.views.dealer.cases import (
    NEWEST,
    Case,
    CaseStatus,
    ContactStatus,
    Sum,
    cases,
)
from services.views.dealer.colleagues import Colleagues, ColleagueShown, colleagues
from services.views.dealer.payments import CasePayment, payment_shown, payments
from services.views.dealer.records import typed_forms

router = Router("Cases")


class CaseFilters(Filters):
    """Which cases. Closed ones are shown when they are asked for (FLB-079)."""

    no_columns: ClassVar[frozenset[str]] = frozenset({"q", "mine", "closed", "module"})

    mode: Mode | None = None
    module: Annotated[Module, Named()] | None = None
    status: CaseStatus | None = None
    dealership_id: Id | None = None
    brand: Annotated[str | None, Query(max_length=40)] = None
    author_id: Id | None = None
    sender_id: Id | None = None
    assignee_id: Id | None = None
    mine: bool = False
    """Only those that the caller made, sent or has."""
    closed: bool = False
    """The closed ones too."""
    q: Typed | None = None
    """Reference, plate, VIN, phone, e-mail or name, in any writing."""


class CaseSum(Answer):
    """The cost of works together; those without a price are in no sum."""

    excluding_vat: MoneyShown
    vat: MoneyShown
    including_vat: MoneyShown


class CaseListed(Answer):
    case_id: str
    dealership_id: str
    mode: Mode
    module: Annotated[Module, Named()]
    brand: str
    reference: str
    """X once the case is anonymised, as are all texts about the customer."""
    status: CaseStatus
    last_name: str | None
    first_name: str | None
    plate: str | None
    author: ColleagueShown
    sender: ColleagueShown | None
    assignee: ColleagueShown | None
    works: int
    """The number of works on the list."""
    proposed: CaseSum | None
    """Of the last version."""
    accepted: CaseSum | None
    """Of the answer."""
    payment: CasePayment | None
    """Null unless it was paid online."""
    contact: ContactStatus
    visit_score: int | None
    """From 0 to 10, how the customer found the visit; null until they say so."""
    answer_by: Instant | None
    created_at: Instant
    changed_at: Instant
    sent_at: Instant | None
    answered_at: Instant | None
    closed_at: Instant | None
    anonymised: bool


@router.get("/cases")
async def list_cases(
    context: CasesContext, filters: Annotated[CaseFilters, Query()], page: Paging
) -> Answered[Listed[CaseListed]]:
    """List the cases of the caller's dealerships, the newest first, or find them."""

    async def present(rows: Sequence[Case]) -> list[CaseListed]:
        ids = {id for row in rows for id in (row.author_id, row.sender_id, row.assignee_id)}
        who = await colleagues(context, ids)
        paid = await payments(context, (row.case_id for row in rows))
        return [listed(row, who, paid.get(row.case_id)) for row in rows]

    return await page.show_together(wanted(context, filters), NEWEST, present)


def wanted(context: RequestContext, filters: CaseFilters) -> Rows[Case]:
    """The cases that the caller may see and that match."""
    rows = filters.narrow(of_cases(context, cases.of(context.principal.organisation_id)))
    if filters.module is not None:
        rows = rows.only(module=filters.module.name.lower())
    if filters.mine:
        own = "%(me)s in (author_id, sender_id, assignee_id)"
        rows = rows.where(own, me=context.principal.subject)
    if not filters.closed and filters.status is not CaseStatus.CLOSED:
        rows = rows.where("status <> 'closed'")
    return rows.searched(*typed_forms(filters.q or ""))


def listed(row: Case, who: Colleagues, payment: Payment | None) -> CaseListed:
    return CaseListed(
        case_id=row.case_id,
        dealership_id=row.dealership_id,
        mode=Mode(row.mode),
        module=Module[row.module.upper()],
        brand=row.brand,
        reference=row.reference,
        status=CaseStatus(row.status),
        last_name=row.last_name,
        first_name=row.first_name,
        plate=row.plate,
        author=who[row.author_id],
        sender=who[row.sender_id] if row.sender_id else None,
        assignee=who[row.assignee_id] if row.assignee_id else None,
        works=len(row.works),
        proposed=sum_shown(row.proposed, row.currency),
        accepted=sum_shown(row.accepted, row.currency),
        payment=payment_shown(payment),
        contact=ContactStatus(row.contact),
        visit_score=row.visit_score,
        answer_by=row.answer_by,
        created_at=row.created_at,
        changed_at=row.changed_at,
        sent_at=row.sent_at,
        answered_at=row.answered_at,
        closed_at=row.closed_at,
        anonymised=row.anonymised_at is not None,
    )


def sum_shown(sums: Sequence[Sum], currency: str) -> CaseSum | None:
    """The sum, if there is one."""
    if not sums:
        return None
    [one] = sums
    return CaseSum(
        excluding_vat=MoneyShown(amount_minor=one.excluding, currency=currency),
        vat=MoneyShown(amount_minor=one.vat, currency=currency),
        including_vat=MoneyShown(amount_minor=one.including, currency=currency),
    )
