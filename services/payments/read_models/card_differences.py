"""The work list of accountants: where the provider's balance and our books differ."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Annotated, Literal, assert_never

from fastapi import Query

from contracts.common_v1 import Money
from contracts.payments.account_v1 import (
    CardDifferenceKind,
    DifferenceFound,
    DifferenceResolution,
    DifferenceResolved,
    contract,
)
from infra.consumers.views import OutOfOrder, View
from infra.http.answers import Answer, Answered, Listed, MoneyShown, Router
from infra.http.models import Called, Id, Instant, Named
from infra.http.pages import Filters, Paging
from infra.reading import Table
from services.payments.http.card_access import READERS, ReaderContext

Reads = DifferenceFound | DifferenceResolved
CardDifferenceStatus = Annotated[Literal["open", "resolved"], Called("CardDifferenceStatus")]


@dataclass(frozen=True, slots=True, kw_only=True)
class DifferenceRow:
    """A difference; amounts of the side that has nothing are None."""

    dealership_id: str
    difference_id: str
    organisation_id: str
    status: str
    kind: str
    movement: str | None
    charge_id: str | None
    at_provider_minor: int | None
    at_provider_currency: str | None
    fee_at_provider_minor: int | None
    fee_at_provider_currency: str | None
    in_books_minor: int | None
    in_books_currency: str | None
    fee_in_books_minor: int | None
    fee_in_books_currency: str | None
    moved_at: datetime
    found_at: datetime
    resolution: str | None = None
    reference: str | None = None
    resolved_by: str | None = None
    resolved_at: datetime | None = None


def key(event: Reads) -> tuple[str, str]:
    return event.dealership_id, event.difference_id


def project(row: DifferenceRow | None, event: Reads) -> DifferenceRow:
    if isinstance(event, DifferenceFound):
        return DifferenceRow(
            dealership_id=event.dealership_id,
            difference_id=event.difference_id,
            organisation_id=event.organisation_id,
            status="open",
            kind=event.kind.name,
            movement=event.movement,
            charge_id=event.charge_id,
            at_provider_minor=minor(event.at_provider),
            at_provider_currency=currency(event.at_provider),
            fee_at_provider_minor=minor(event.fee_at_provider),
            fee_at_provider_currency=currency(event.fee_at_provider),
            in_books_minor=minor(event.in_books),
            in_books_currency=currency(event.in_books),
            fee_in_books_minor=minor(event.fee_in_books),
            fee_in_books_currency=currency(event.fee_in_books),
            moved_at=event.moved_at,
            found_at=event.found_at,
        )
    if row is None:
        raise OutOfOrder(event)
    match event:
        case DifferenceResolved():
            return replace(
                row,
                status="resolved",
                resolution=event.resolution.name,
                reference=event.reference,
                resolved_by=event.resolved_by,
                resolved_at=event.resolved_at,
            )
        case unhandled:
            assert_never(unhandled)


def minor(amount: Money | None) -> int | None:
    return None if amount is None else amount.amount_minor


def currency(amount: Money | None) -> str | None:
    return None if amount is None else amount.currency


view = View(
    name="card_differences",
    contract=contract,
    reads=Reads,
    row=DifferenceRow,
    primary_key=("dealership_id", "difference_id"),
    key=key,
    project=project,
    indexes=("(organisation_id, moved_at, dealership_id, difference_id)",),
)

# --- The question -----------------------------------------------------------

differences = Table(view, "card_differences")
OLDEST = differences.order("oldest-difference", "moved_at", "dealership_id", "difference_id")


class DifferenceFilters(Filters):
    """The filters of differences."""

    status: CardDifferenceStatus | None = None
    dealership_id: Id | None = None
    charge_id: Id | None = None


class DifferenceListed(Answer):
    """Where the provider's balance and the books differ, and what somebody found it to be."""

    dealership_id: str
    difference_id: str
    status: CardDifferenceStatus
    kind: Annotated[CardDifferenceKind, Named()]
    movement: str | None
    """The cause of the movement, in the provider's words."""
    charge_id: str | None
    at_provider: MoneyShown | None
    """As it moved the balance, before the fee."""
    fee_at_provider: MoneyShown | None
    in_books: MoneyShown | None
    fee_in_books: MoneyShown | None
    moved_at: Instant
    """By its age it is told how long it waits."""
    found_at: Instant
    resolution: Annotated[DifferenceResolution, Named()] | None
    reference: str | None
    resolved_by: str | None
    resolved_at: Instant | None


router = Router("Card payments")


@router.get("/card-differences")
async def list_card_differences(
    context: ReaderContext, page: Paging, filters: Annotated[DifferenceFilters, Query()]
) -> Answered[Listed[DifferenceListed]]:
    """List where the provider's balance and the books differ, the oldest first."""
    rows = differences.of(context.principal.organisation_id)
    held = context.dealerships(*READERS)
    if not held.everywhere:
        rows = rows.where("card_differences.dealership_id = any(%(held)s)", held=list(held.ids))
    return await page.show(filters.narrow(rows), OLDEST, difference_listed)


def difference_listed(row: DifferenceRow) -> DifferenceListed:
    def money(minor: int | None, currency: str | None) -> MoneyShown | None:
        if minor is None or currency is None:
            return None
        return MoneyShown(amount_minor=minor, currency=currency)

    return DifferenceListed(
        dealership_id=row.dealership_id,
        difference_id=row.difference_id,
        status="open" if row.resolved_at is None else "resolved",
        kind=CardDifferenceKind[row.kind],
        movement=row.movement,
        charge_id=row.charge_id,
        at_provider=money(row.at_provider_minor, row.at_provider_currency),
        fee_at_provider=money(row.fee_at_provider_minor, row.fee_at_provider_currency),
        in_books=money(row.in_books_minor, row.in_books_currency),
        fee_in_books=money(row.fee_in_books_minor, row.fee_in_books_currency),
        moved_at=row.moved_at,
        found_at=row.found_at,
        resolution=DifferenceResolution[row.resolution] if row.resolution else None,
        reference=row.reference,
        resolved_by=row.resolved_by,
        resolved_at=row.resolved_at,
    )
