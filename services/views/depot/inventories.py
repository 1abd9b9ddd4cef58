"""Inventories: which are counted, and how many parcels differed? (D12)"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Annotated, assert_never

from fastapi import Query

from contracts.inventories.inventory_v1 import (
    CountEnded,
    DifferenceExplained,
    DifferenceKind,
    DiscrepancyOpened,
    InventoryAbandoned,
    InventoryClosed,
    InventoryOpened,
    contract,
)
from infra.consumers.views import OutOfOrder, View
from infra.http.answers import Answer, Answered, Listed, Router
from infra.http.models import Instant
from infra.http.pages import Filters, Paging
from infra.reading import Table
from services.views.depot.filters import DepotContext
from services.views.depot.users import PersonShown, people

Reads = (
    InventoryOpened
    | CountEnded
    | DifferenceExplained
    | DiscrepancyOpened
    | InventoryClosed
    | InventoryAbandoned
)


class InventoryStatus(StrEnum):
    """How far an inventory has come."""

    COUNTING = "counting"
    RECOUNTING = "recounting"
    COUNTED = "counted"
    CLOSED = "closed"
    ABANDONED = "abandoned"


@dataclass(frozen=True, slots=True, kw_only=True)
class Inventory:
    """The numbers are those of the count that ended last; `settled` has the codes of the parcels
    whose difference was explained or disputed."""

    inventory_id: str
    organisation_id: str
    shelves: tuple[str, ...]
    opened_by: str
    opened_at: datetime
    status: str = "counting"
    expected: int | None = None
    missing: int | None = None
    surplus: int | None = None
    misplaced: int | None = None
    settled: tuple[str, ...] = ()
    closed_by: str | None = None
    closed_at: datetime | None = None


def key(event: Reads) -> tuple[str]:
    return (event.inventory_id,)


def project(row: Inventory | None, event: Reads) -> Inventory:
    if isinstance(event, InventoryOpened):
        return Inventory(
            inventory_id=event.inventory_id,
            organisation_id=event.organisation_id,
            shelves=event.shelves,
            opened_by=event.opened_by,
            opened_at=event.opened_at,
        )
    if row is None:
        raise OutOfOrder(event)
    match event:
        case CountEnded():
            return _counted(row, event)
        case DifferenceExplained() | DiscrepancyOpened():
            others = tuple(code for code in row.settled if code != event.parcel_code)
            return replace(row, settled=(*others, event.parcel_code))
        case InventoryClosed():
            return replace(
                row, status="closed", closed_by=event.closed_by, closed_at=event.closed_at
            )
        case InventoryAbandoned():
            return replace(row, status="abandoned")
        case unhandled:
            assert_never(unhandled)


def _counted(row: Inventory, event: CountEnded) -> Inventory:
    kinds = [one.kind for one in event.differences]
    return replace(
        row,
        status="recounting" if event.recount else "counted",
        expected=event.expected_parcels,
        missing=kinds.count(DifferenceKind.MISSING),
        surplus=kinds.count(DifferenceKind.SURPLUS),
        misplaced=kinds.count(DifferenceKind.MISPLACED),
    )


view = View(
    name="inventories",
    contract=contract,
    reads=Reads,
    row=Inventory,
    primary_key=("inventory_id",),
    key=key,
    project=project,
    indexes=("(organisation_id, opened_at, inventory_id)",),
)
inventories = Table(view, "inventories")
LATEST = inventories.order("latest", "opened_at", "inventory_id", descending=True)

# --- The question -----------------------------------------------------------

router = Router("Inventories")


class InventoryFilters(Filters):
    """Which inventories are wanted."""

    status: InventoryStatus | None = None


class InventoryListed(Answer):
    """An inventory in a list. Whoever may count sees the numbers once it is closed."""

    inventory_id: str
    status: InventoryStatus
    shelves: tuple[str, ...]
    """Empty: all of the depot."""
    expected: int | None
    """Null before the first count has ended, as are the others."""
    missing: int | None
    surplus: int | None
    misplaced: int | None
    settled: int | None
    """How many of these are explained or disputed."""
    opened_by: PersonShown
    opened_at: Instant
    closed_by: PersonShown | None
    closed_at: Instant | None


@router.get("/inventories")
async def inventories_of_depot(
    context: DepotContext, page: Paging, filters: Annotated[InventoryFilters, Query()]
) -> Answered[Listed[InventoryListed]]:
    """List inventories, the latest first."""
    manages = "administration" in context.principal.roles

    async def present(rows: Sequence[Inventory]) -> list[InventoryListed]:
        asked = (who for row in rows for who in (row.opened_by, row.closed_by))
        named = await people(context, asked)
        return [listed(row if manages else blind(row), named) for row in rows]

    mine = inventories.of(context.principal.organisation_id)
    return await page.show_together(mine.filtered({"status": filters.status}), LATEST, present)


def blind(row: Inventory) -> Inventory:
    """The row without its numbers, until it is closed."""
    if row.closed_at is not None:
        return row
    return replace(row, expected=None, missing=None, surplus=None, misplaced=None)


def listed(row: Inventory, named: Mapping[str, PersonShown]) -> InventoryListed:
    return InventoryListed(
        inventory_id=row.inventory_id,
        status=InventoryStatus(row.status),
        shelves=row.shelves,
        expected=row.expected,
        missing=row.missing,
        surplus=row.surplus,
        misplaced=row.misplaced,
        settled=None if row.expected is None else len(row.settled),
        opened_by=named[row.opened_by],
        opened_at=row.opened_at,
        closed_by=named[row.closed_by] if row.closed_by else None,
        closed_at=row.closed_at,
    )
