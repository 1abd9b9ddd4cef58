"""Which parcels are disputed since an inventory, and who had them last? (D4, D12)"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import Query

from contracts.inventories.inventory_v1 import DifferenceKind, DiscrepancyOpened, contract
from infra.consumers.views import View
from infra.http.answers import Answer, Answered, Listed, Router
from infra.http.models import Id, Instant, Named
from infra.http.pages import Filters, Paging
from infra.reading import Table
from services.views.depot.filters import OverseerContext
from services.views.depot.orders import BY_ID, orders
from services.views.depot.users import PersonShown, people

Reads = DiscrepancyOpened


@dataclass(frozen=True, slots=True, kw_only=True)
class InventoryClaim:
    """A parcel that an inventory did not find, or should not have found."""

    claim_id: str
    inventory_id: str
    organisation_id: str
    parcel_code: str
    kind: str
    order_id: str | None
    custodian_id: str | None
    opened_by: str
    opened_at: datetime


def key(event: Reads) -> tuple[str, str]:
    return (event.inventory_id, event.parcel_code)


def project(_: InventoryClaim | None, event: Reads) -> InventoryClaim:
    return InventoryClaim(
        claim_id=event.claim_id,
        inventory_id=event.inventory_id,
        organisation_id=event.organisation_id,
        parcel_code=event.parcel_code,
        kind=event.kind.name.lower(),
        order_id=event.order_id,
        custodian_id=event.custodian_id,
        opened_by=event.opened_by,
        opened_at=event.opened_at,
    )


view = View(
    name="inventory_claims",
    contract=contract,
    reads=Reads,
    row=InventoryClaim,
    primary_key=("inventory_id", "parcel_code"),
    key=key,
    project=project,
    indexes=(
        "(organisation_id, opened_at, inventory_id, parcel_code)",
        "(organisation_id, custodian_id, opened_at)",
    ),
)
claims = Table(view, "inventory_claims")
LATEST = claims.order("latest-claim", "opened_at", "inventory_id", "parcel_code", descending=True)

# --- The question -----------------------------------------------------------

router = Router("Inventories")


class ClaimFilters(Filters):
    """Which claims are wanted."""

    inventory_id: Id | None = None
    custodian_id: Id | None = None


class ClaimListed(Answer):
    """A parcel in dispute."""

    claim_id: str
    inventory_id: str
    parcel_code: str
    kind: Annotated[DifferenceKind, Named()]
    order_id: str | None
    """Null for a code that the depot does not know."""
    tracking_number: str | None
    custodian: PersonShown | None
    """Whoever had it last; null where that is not known."""
    opened_by: PersonShown
    opened_at: Instant


@router.get("/inventories/claims")
async def claims_of_inventories(
    context: OverseerContext, page: Paging, filters: Annotated[ClaimFilters, Query()]
) -> Answered[Listed[ClaimListed]]:
    """List the parcels that inventories left in dispute, the latest first."""
    mine = context.principal.organisation_id

    async def present(rows: Sequence[InventoryClaim]) -> list[ClaimListed]:
        named = await people(
            context, (w for row in rows for w in (row.custodian_id, row.opened_by))
        )
        ids = {row.order_id for row in rows if row.order_id is not None}
        found = await orders.of(mine, order_id=ids).many(context.pool, BY_ID)
        numbers = {order.order_id: order.tracking_number for order in found}
        return [
            ClaimListed(
                claim_id=row.claim_id,
                inventory_id=row.inventory_id,
                parcel_code=row.parcel_code,
                kind=DifferenceKind[row.kind.upper()],
                order_id=row.order_id,
                tracking_number=numbers.get(row.order_id) if row.order_id else None,
                custodian=named[row.custodian_id] if row.custodian_id else None,
                opened_by=named[row.opened_by],
                opened_at=row.opened_at,
            )
            for row in rows
        ]

    rows = claims.of(mine).filtered(
        {"inventory_id": filters.inventory_id, "custodian_id": filters.custodian_id}
    )
    return await page.show_together(rows, LATEST, present)
