"""Inventories over HTTP: opened, counted, and closed with what differs."""

from enum import StrEnum
from typing import Annotated, assert_never

from pydantic import Field

from contracts.inventories import inventory_v1
from contracts.inventories.inventory_v1 import (
    CountEnded,
    Counter,
    Difference,
    DifferenceExplained,
    DifferenceKind,
    DiscrepancyOpened,
    Explanation,
    InventoryAbandoned,
    InventoryClosed,
    InventoryOpened,
    ParcelsCounted,
    Settled,
)
from infra.http import readable_ids
from infra.http.answers import Answer, Answered, Recorded, Router
from infra.http.history import History, HistoryPart
from infra.http.labels import Scanned, ShelfCode
from infra.http.models import Body, Id, Instant, Named
from infra.http.request_context import RequestContext
from services.inventories import inventory
from services.inventories.adapters import stock
from services.inventories.aggregates import INVENTORY
from services.inventories.http.access import (
    CounterContext,
    DepotContext,
    ManagerContext,
    manages,
)
from services.inventories.inventory import settling
from services.inventories.inventory.counting import (
    MOST_COUNTS,
    MOST_DIFFERENCES,
    Counting,
    CountParcels,
    EndCount,
)
from services.inventories.inventory.settling import Counted

router = Router("Inventories")

MOST_SHELVES = 200
MOST_SCANS = 200
"""Parcels of one report of a counter."""
WhatDiffers = Annotated[DifferenceKind, Named()]
Why = Annotated[Explanation, Named()]
WhichCount = Annotated[int, Field(ge=1, le=MOST_COUNTS)]

# --- Bodies -----------------------------------------------------------------


class InventoryBody(Body):
    """The shelves to be counted."""

    shelves: Annotated[tuple[ShelfCode, ...], Field(max_length=MOST_SHELVES, strict=False)] = ()
    """None: all of the depot."""


class ScansBody(Body):
    """Parcels that were scanned at one place."""

    count: WhichCount
    """1, or 2 for the second count."""
    shelf: ShelfCode | None
    """Null: on no shelf."""
    parcels: Annotated[
        tuple[Scanned, ...], Field(min_length=1, max_length=MOST_SCANS, strict=False)
    ]


class CountEndBody(Body):
    """A count that is over."""

    count: WhichCount
    parcels: Annotated[int, Field(ge=0)]
    """How many parcels were scanned in it, as it was seen; 412 when somebody scanned more since."""


class ExplanationBody(Body):
    """A parcel, and why it differs."""

    parcel: Scanned
    explanation: Why


class DiscrepancyBody(Body):
    """A parcel of which nobody can say why it differs."""

    parcel: Scanned


class SettledBody(Body):
    """A difference, and what became of it: an explanation or a claim."""

    parcel: Scanned
    explanation: Why | None
    claim_id: Id | None


class ClosingBody(Body):
    settled: Annotated[tuple[SettledBody, ...], Field(max_length=MOST_DIFFERENCES, strict=False)]
    """Every difference as it was seen; 412 when one was settled otherwise since."""


# --- Answers ----------------------------------------------------------------


class InventoryStatus(StrEnum):
    """How far an inventory has come."""

    COUNTING = "counting"
    RECOUNTING = "recounting"
    COUNTED = "counted"
    CLOSED = "closed"
    ABANDONED = "abandoned"


class DifferenceShown(Answer):
    """A parcel that is not as the depot knew it."""

    parcel_code: str
    kind: WhatDiffers
    order_id: str | None
    """Null for a code that the depot does not know."""
    expected_on: str | None
    found_on: str | None
    custodian_id: str | None
    """Whoever had it last, as far as the depot knows."""
    explanation: Why | None
    claim_id: str | None


class CounterShown(Answer):
    count: int
    user_id: str
    parcels: int


class InventoryShown(Answer):
    """An inventory; whoever may count sees what differs once it is closed."""

    inventory_id: str
    status: InventoryStatus
    shelves: tuple[str, ...]
    """Empty: all of the depot."""
    count: int
    """The count that is made, or was made last."""
    parcels: int
    """Those that were scanned in it."""
    recount_shelves: tuple[str, ...]
    """Where the first count differed, while a second one is made by others."""
    recount_elsewhere: bool
    """Whether it differed on no shelf, too."""
    counters: tuple[CounterShown, ...]
    expected: int | None
    found: int | None
    """In both counts."""
    differences: tuple[DifferenceShown, ...] | None
    """Of the last count that has ended; null before."""
    opened_by: str
    opened_at: Instant
    closed_by: str | None
    closed_at: Instant | None


class DifferenceFact(Answer):
    parcel_code: str
    kind: WhatDiffers
    order_id: str | None
    expected_on: str | None
    found_on: str | None
    custodian_id: str | None


class CountEndedFact(Answer):
    """A count is over."""

    inventory_id: str
    organisation_id: str
    count: int
    expected_parcels: int
    found_parcels: int
    differences: tuple[DifferenceFact, ...]
    ended_by: str
    ended_at: Instant
    recount: bool
    """Whether others count a second time."""


class SettledFact(Answer):
    parcel_code: str
    explanation: Why | None
    claim_id: str | None


class ClosedFact(Answer):
    """The inventory was closed."""

    inventory_id: str
    organisation_id: str
    settled: tuple[SettledFact, ...]
    counters: tuple[CounterShown, ...]
    closed_by: str
    closed_at: Instant


class InventoryHistory(
    History,
    of=inventory_v1.contract,
    shows={
        InventoryOpened: ("inventory_id", "organisation_id", "shelves", "opened_by", "opened_at"),
        ParcelsCounted: (
            *("inventory_id", "organisation_id", "count", "shelf", "parcel_codes"),
            *("counted_by", "counted_at"),
        ),
        CountEnded: CountEndedFact,
        DifferenceExplained: (
            *("inventory_id", "organisation_id", "parcel_code", "explanation"),
            *("explained_by", "explained_at"),
        ),
        DiscrepancyOpened: (
            *("inventory_id", "organisation_id", "claim_id", "parcel_code", "kind"),
            *("order_id", "custodian_id", "opened_by", "opened_at"),
        ),
        InventoryClosed: ClosedFact,
        InventoryAbandoned: ("inventory_id", "organisation_id", "abandoned_by", "abandoned_at"),
    },
):
    """Every fact about an inventory, oldest first: who saw which parcel, and where."""


# --- Routes -----------------------------------------------------------------


@router.post("/inventories", status_code=201)
async def open_inventory(body: InventoryBody, context: ManagerContext) -> Answered[Recorded]:
    """Ask for the parcels of the depot, or of some shelves, to be counted."""
    inventory_id = context.new_id(readable_ids.INVENTORY)
    command = inventory.OpenInventory(
        inventory_id=inventory_id,
        organisation_id=context.principal.organisation_id,
        shelves=body.shelves,
        by=context.principal.subject,
        # What was here then is expected, so no clock of a phone tells.
        at=context.at,
    )
    created = f"/inventories/inventories/{inventory_id}"
    return await context.handle(INVENTORY, inventory_id, command, created=created)


@router.get("/inventories/{inventory_id}")
async def show_inventory(inventory_id: Id, context: DepotContext) -> Answered[InventoryShown]:
    """Show an inventory, never stale; whoever may count does not see what is expected."""
    found = await context.load(INVENTORY, inventory_id)
    state = ours(context, found.state)
    return context.show(shown(state, manages(context)), found)


@router.get("/inventories/{inventory_id}/history")
async def inventory_history(
    inventory_id: Id, context: ManagerContext, part: HistoryPart
) -> Answered[InventoryHistory]:
    """List every fact about an inventory."""
    ours(context, (await context.load(INVENTORY, inventory_id)).state)
    return await context.history(INVENTORY, inventory_id, InventoryHistory, part)


@router.post("/inventories/{inventory_id}/scans")
async def count_parcels(
    inventory_id: Id, body: ScansBody, context: CounterContext
) -> Answered[Recorded]:
    """Say which parcels were scanned at a place; the last place of a parcel holds."""
    command = CountParcels(
        organisation_id=context.principal.organisation_id,
        count=body.count,
        shelf=body.shelf,
        parcel_codes=body.parcels,
        by=context.principal.subject,
        manages=manages(context),
        at=context.occurred_at,
    )
    return await context.handle(INVENTORY, inventory_id, command)


@router.post("/inventories/{inventory_id}/counts")
async def end_count(
    inventory_id: Id, body: CountEndBody, context: ManagerContext
) -> Answered[Recorded]:
    """End a count: what was scanned is compared with what is in the depot.

    Where the first one differs a second one follows, by others. A parcel is missing when it was
    in the depot all the while and was found in neither.
    """
    state = ours(context, (await context.load(INVENTORY, inventory_id)).state)
    scans = state.scans if isinstance(state, Counting) else {}
    command = EndCount(
        organisation_id=context.principal.organisation_id,
        count=body.count,
        parcels=body.parcels,
        places=await stock.places(
            context.pool,
            context.principal.organisation_id,
            {code for scanned in scans.values() for code in scanned},
            state.opened.opened_at,
        ),
        by=context.principal.subject,
        at=context.at,
    )
    return await context.handle(INVENTORY, inventory_id, command)


@router.put("/inventories/{inventory_id}/explanations")
async def explain_difference(
    inventory_id: Id, body: ExplanationBody, context: ManagerContext
) -> Answered[Recorded]:
    """Say why a parcel differs; the last explanation holds until the close."""
    command = settling.ExplainDifference(
        organisation_id=context.principal.organisation_id,
        parcel_code=body.parcel,
        explanation=body.explanation,
        by=context.principal.subject,
        at=context.occurred_at,
    )
    return await context.handle(INVENTORY, inventory_id, command)


@router.post("/inventories/{inventory_id}/discrepancies")
async def open_discrepancy(
    inventory_id: Id, body: DiscrepancyBody, context: ManagerContext
) -> Answered[Recorded]:
    """Open a claim for a parcel of which nobody can say why it differs; whoever had it is told."""
    command = settling.OpenDiscrepancy(
        organisation_id=context.principal.organisation_id,
        parcel_code=body.parcel,
        claim_id=context.new_id("C"),
        by=context.principal.subject,
        at=context.occurred_at,
    )
    return await context.handle(INVENTORY, inventory_id, command)


@router.put("/inventories/{inventory_id}/closing")
async def close_inventory(
    inventory_id: Id, body: ClosingBody, context: ManagerContext
) -> Answered[Recorded]:
    """Close an inventory, once each difference is explained or disputed."""
    settled = (
        Settled(parcel_code=one.parcel, explanation=one.explanation, claim_id=one.claim_id)
        for one in body.settled
    )
    command = settling.CloseInventory(
        organisation_id=context.principal.organisation_id,
        settled=tuple(sorted(settled, key=lambda one: one.parcel_code)),
        by=context.principal.subject,
        at=context.occurred_at,
    )
    return await context.handle(INVENTORY, inventory_id, command)


@router.delete("/inventories/{inventory_id}")
async def abandon_inventory(inventory_id: Id, context: ManagerContext) -> Answered[Recorded]:
    """Give an inventory up that is not closed; it says nothing about the depot."""
    command = inventory.AbandonInventory(
        organisation_id=context.principal.organisation_id,
        by=context.principal.subject,
        at=context.occurred_at,
    )
    return await context.handle(INVENTORY, inventory_id, command)


# --- Answers, made ----------------------------------------------------------


def ours(context: RequestContext, state: inventory.Inventory) -> inventory.Opened:
    """The inventory, if it is one of the caller's organisation. Raises 404 otherwise."""
    if (
        isinstance(state, inventory.Unopened)
        or state.opened.organisation_id != context.principal.organisation_id
    ):
        raise context.refuse(inventory.NoSuchInventory())
    return state


def shown(state: inventory.Opened, sees_expected: bool) -> InventoryShown:
    """The inventory to the depot."""
    match state:
        case Counting(first=None):
            return in_form(state, InventoryStatus.COUNTING, sees_expected)
        case Counting():
            return in_form(state, InventoryStatus.RECOUNTING, sees_expected)
        case Counted():
            return in_form(state, InventoryStatus.COUNTED, sees_expected)
        case inventory.Closed():
            return in_form(state, InventoryStatus.CLOSED, True)
        case inventory.Abandoned():
            return in_form(state, InventoryStatus.ABANDONED, sees_expected)
        case unhandled:
            assert_never(unhandled)


def in_form(
    state: inventory.Opened, status: InventoryStatus, sees_expected: bool
) -> InventoryShown:
    """The answer, with what differs for those who may see it."""
    counted = state.counted if isinstance(state, inventory.Closed) else state
    ended, settled = what_differs(counted)
    scans = {} if isinstance(counted, inventory.Abandoned) else counted.scans
    count = counted.count if isinstance(counted, Counting) else max(scans, default=1)
    again = ended.differences if ended and isinstance(state, Counting) else ()
    shelves = {one.expected_on or one.found_on for one in again}
    visible = ended if sees_expected else None
    closed = state.closed if isinstance(state, inventory.Closed) else None
    return InventoryShown(
        inventory_id=state.opened.inventory_id,
        status=status,
        shelves=state.opened.shelves,
        count=count,
        parcels=len(scans.get(count, {})),
        recount_shelves=tuple(sorted(shelf for shelf in shelves if shelf is not None)),
        recount_elsewhere=None in shelves,
        counters=tuple(map(counter_shown, settling.counters(scans))),
        expected=visible.expected_parcels if visible else None,
        found=visible.found_parcels if visible else None,
        differences=(
            tuple(
                difference_shown(one, settled.get(one.parcel_code)) for one in visible.differences
            )
            if visible
            else None
        ),
        opened_by=state.opened.opened_by,
        opened_at=state.opened.opened_at,
        closed_by=closed.closed_by if closed else None,
        closed_at=closed.closed_at if closed else None,
    )


def what_differs(
    state: Counting | Counted | inventory.Abandoned,
) -> tuple[CountEnded | None, dict[str, Settled]]:
    """The end of the last count, and what became of its differences."""
    match state:
        case Counting(first=first):
            return first, {}
        case Counted(ended=ended, settled=settled):
            return ended, dict(settled)
        case inventory.Abandoned():
            return None, {}
        case unhandled:
            assert_never(unhandled)


def counter_shown(one: Counter) -> CounterShown:
    return CounterShown(count=one.count, user_id=one.user_id, parcels=one.parcels)


def difference_shown(one: Difference, settled: Settled | None) -> DifferenceShown:
    return DifferenceShown(
        parcel_code=one.parcel_code,
        kind=one.kind,
        order_id=one.order_id,
        expected_on=one.expected_on,
        found_on=one.found_on,
        custodian_id=one.custodian_id,
        explanation=settled.explanation if settled else None,
        claim_id=settled.claim_id if settled else None,
    )
