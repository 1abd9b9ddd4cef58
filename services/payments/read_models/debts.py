"""The invoices that companies pay by a day: what is owed, since when, and what was done."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Annotated, Literal, assert_never, get_args

from contracts.payments.charge_v1 import (
    ChargePaid,
    DebtDisputed,
    DisputeSettled,
    DunningGivenUp,
    DunningStep,
    DunningStepTaken,
    PaidElsewhere,
    PaymentDeferred,
    contract,
)
from contracts.runtime import REDACTED
from infra.consumers.views import OutOfOrder, View
from infra.database import Pool
from infra.http.answers import Answer, Answered, Listed, MoneyShown, Router
from infra.http.models import Called, Instant, Named
from infra.http.pages import Paging
from infra.reading import Table
from services.payments.http.card_access import READERS, ReaderContext

Reads = (
    PaymentDeferred
    | DunningStepTaken
    | DunningGivenUp
    | DebtDisputed
    | DisputeSettled
    | PaidElsewhere
    | ChargePaid
)
_Standing = Literal["owed", "disputed", "waived", "paid"]
DebtStanding = Annotated[_Standing, Called("DebtStanding")]
STANDINGS: Mapping[str, _Standing] = {one: one for one in get_args(_Standing)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Debt:
    """An invoice of a company. `step` is the last that was taken."""

    charge_id: str
    organisation_id: str
    dealership_id: str
    case_id: str
    customer_id: str
    debtor_name: str
    invoice_number: str
    due_on: date
    owed_minor: int
    currency: str
    standing: str = "owed"
    step: str | None = None
    next_step_at: datetime | None
    held: bool = False
    """The company gets no more time to pay at the dealership."""


def key(event: Reads) -> tuple[str]:
    return (event.charge_id,)


def project(row: Debt | None, event: Reads) -> Debt | None:
    if isinstance(event, PaymentDeferred):
        return Debt(
            charge_id=event.charge_id,
            organisation_id=event.organisation_id,
            dealership_id=event.dealership_id,
            case_id=event.case_id,
            customer_id=event.customer_id,
            debtor_name=event.debtor_name,
            invoice_number=event.invoice_number,
            due_on=event.due_on,
            owed_minor=event.amount.amount_minor,
            currency=event.amount.currency,
            next_step_at=event.next_step_at,
        )
    if isinstance(event, ChargePaid | PaidElsewhere):
        # Most charges were never owed by an invoice.
        return row and replace(row, standing="paid", next_step_at=None, held=False)
    if row is None:
        raise OutOfOrder(event)
    match event:
        case DunningStepTaken():
            return replace(
                row,
                step=event.step.name,
                owed_minor=event.owed.amount_minor,
                next_step_at=event.next_step_at,
                held=event.step is DunningStep.HOLD,
            )
        case DunningGivenUp():
            return replace(row, next_step_at=None)
        case DebtDisputed():
            return replace(row, standing="disputed", next_step_at=None, held=False)
        case DisputeSettled(owed=True):
            held = row.step == DunningStep.HOLD.name
            return replace(row, standing="owed", next_step_at=event.next_step_at, held=held)
        case DisputeSettled():
            return replace(row, standing="waived", owed_minor=0)
        case unhandled:
            assert_never(unhandled)


view = View(
    name="debts",
    contract=contract,
    reads=Reads,
    row=Debt,
    primary_key=("charge_id",),
    key=key,
    project=project,
    subject="customer_id",
    personal=("debtor_name",),
    indexes=("(organisation_id, due_on, charge_id)", "(customer_id)"),
)

# --- The questions ----------------------------------------------------------

debts = Table(view, "debts")
BY_DAY = debts.order("due", "due_on", "charge_id")


async def held_by(pool: Pool, organisation_id: str, customer_ids: Sequence[str]) -> str | None:
    """The number of an invoice for which a company, by its records, gets no more time to pay; None
    without one."""
    rows = debts.of(organisation_id).only(customer_id=list(customer_ids), held=True)
    found = await rows.many(pool, BY_DAY)
    return found[0].invoice_number if found else None


class DebtListed(Answer):
    """An invoice that a company pays by a day."""

    charge_id: str
    dealership_id: str
    case_id: str
    customer_id: str
    debtor_name: str | None
    """Null once the customer was forgotten."""
    invoice_number: str
    due_on: date
    owed: MoneyShown
    """With what was claimed beside the invoice."""
    standing: DebtStanding
    step: Annotated[DunningStep, Named()] | None
    """The last step that was taken."""
    next_step_at: Instant | None
    held: bool
    """The company gets no more time to pay."""


def debt_listed(row: Debt) -> DebtListed:
    return DebtListed(
        charge_id=row.charge_id,
        dealership_id=row.dealership_id,
        case_id=row.case_id,
        customer_id=row.customer_id,
        debtor_name=None if row.debtor_name == REDACTED else row.debtor_name,
        invoice_number=row.invoice_number,
        due_on=row.due_on,
        owed=MoneyShown(amount_minor=row.owed_minor, currency=row.currency),
        standing=STANDINGS[row.standing],
        step=DunningStep[row.step] if row.step else None,
        next_step_at=row.next_step_at,
        held=row.held,
    )


router = Router("Card payments")


@router.get("/debts")
async def list_debts(
    context: ReaderContext, page: Paging, standing: DebtStanding | None = None
) -> Answered[Listed[DebtListed]]:
    """List the invoices that companies pay by a day at the caller's dealerships, the first due
    first."""
    rows = debts.of(context.principal.organisation_id)
    held = context.dealerships(*READERS)
    if not held.everywhere:
        rows = rows.only(dealership_id=held.ids)
    if standing is not None:
        rows = rows.only(standing=standing)
    return await page.show(rows, BY_DAY, debt_listed)
