"""Valid commands and events of an inventory; a test names only what it is about."""

from datetime import UTC, datetime, timedelta

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
from services.inventories.inventory import AbandonInventory, OpenInventory
from services.inventories.inventory.counting import (
    CountParcels,
    EndCount,
    Place,
    Places,
    Whereabouts,
)
from services.inventories.inventory.settling import (
    CloseInventory,
    ExplainDifference,
    OpenDiscrepancy,
)

NOON = datetime(2030, 5, 1, 12, 0, tzinfo=UTC)
BEFORE = NOON - timedelta(hours=3)
LATER = NOON + timedelta(minutes=40)
FIRST, SECOND = "CASA-2041/1", "CASA-2041/2"
STRANGE = "RABAT-9"


def place(
    where: Whereabouts = Whereabouts.HERE,
    shelf: str | None = "B-12",
    since: datetime = BEFORE,
) -> Place:
    return Place(order_id="o-1", where=where, since=since, shelf=shelf, custodian_id="omar")


def both_here() -> dict[str, Place]:
    return {FIRST: place(), SECOND: place()}


def open_it(*shelves: str) -> OpenInventory:
    return OpenInventory(
        inventory_id="z-1", organisation_id="maarif", shelves=shelves, by="nadia", at=NOON
    )


def opened(*shelves: str) -> InventoryOpened:
    return InventoryOpened(
        inventory_id="z-1",
        organisation_id="maarif",
        shelves=shelves,
        opened_by="nadia",
        opened_at=NOON,
    )


def count(
    *codes: str,
    number: int = 1,
    shelf: str | None = "B-12",
    by: str = "omar",
    manages: bool = False,
    organisation: str = "maarif",
    at: datetime = LATER,
) -> CountParcels:
    return CountParcels(
        organisation_id=organisation,
        count=number,
        shelf=shelf,
        parcel_codes=codes or (FIRST,),
        by=by,
        manages=manages,
        at=at,
    )


def counted(
    *codes: str, number: int = 1, shelf: str | None = "B-12", by: str = "omar"
) -> ParcelsCounted:
    return ParcelsCounted(
        inventory_id="z-1",
        organisation_id="maarif",
        count=number,
        shelf=shelf,
        parcel_codes=codes or (FIRST,),
        counted_by=by,
        counted_at=LATER,
    )


def end(places: Places, number: int = 1, parcels: int = 1) -> EndCount:
    return EndCount(
        organisation_id="maarif",
        count=number,
        parcels=parcels,
        places=places,
        by="nadia",
        at=LATER,
    )


def differs(
    code: str = SECOND,
    kind: DifferenceKind = DifferenceKind.MISSING,
    expected_on: str | None = "B-12",
    found_on: str | None = None,
    known: bool = True,
) -> Difference:
    return Difference(
        parcel_code=code,
        kind=kind,
        order_id="o-1" if known else None,
        expected_on=expected_on,
        found_on=found_on,
        custodian_id="omar" if known else None,
    )


def ended(
    *differences: Difference, number: int = 1, expected: int = 2, found: int = 1
) -> CountEnded:
    return CountEnded(
        inventory_id="z-1",
        organisation_id="maarif",
        count=number,
        expected_parcels=expected,
        found_parcels=found,
        differences=differences,
        ended_by="nadia",
        ended_at=LATER,
        recount=bool(differences) and number == 1,
    )


def explain(code: str = SECOND, why: Explanation = Explanation.FOUND_LATER) -> ExplainDifference:
    return ExplainDifference(
        organisation_id="maarif", parcel_code=code, explanation=why, by="nadia", at=LATER
    )


def explained(
    code: str = SECOND, why: Explanation = Explanation.FOUND_LATER
) -> DifferenceExplained:
    return DifferenceExplained(
        inventory_id="z-1",
        organisation_id="maarif",
        parcel_code=code,
        explanation=why,
        explained_by="nadia",
        explained_at=LATER,
    )


def dispute(code: str = SECOND, claim: str = "c-1") -> OpenDiscrepancy:
    return OpenDiscrepancy(
        organisation_id="maarif", parcel_code=code, claim_id=claim, by="nadia", at=LATER
    )


def disputed() -> DiscrepancyOpened:
    return DiscrepancyOpened(
        inventory_id="z-1",
        organisation_id="maarif",
        claim_id="c-1",
        parcel_code=SECOND,
        kind=DifferenceKind.MISSING,
        order_id="o-1",
        custodian_id="omar",
        opened_by="nadia",
        opened_at=LATER,
    )


def settled(
    code: str = SECOND, why: Explanation | None = Explanation.FOUND_LATER, claim: str | None = None
) -> Settled:
    return Settled(parcel_code=code, explanation=why, claim_id=claim)


def close(*seen: Settled) -> CloseInventory:
    return CloseInventory(organisation_id="maarif", settled=seen, by="nadia", at=LATER)


def closed(*seen: Settled, counters: tuple[Counter, ...]) -> InventoryClosed:
    return InventoryClosed(
        inventory_id="z-1",
        organisation_id="maarif",
        settled=seen,
        counters=counters,
        closed_by="nadia",
        closed_at=LATER,
    )


def abandon() -> AbandonInventory:
    return AbandonInventory(organisation_id="maarif", by="nadia", at=LATER)


def abandoned() -> InventoryAbandoned:
    return InventoryAbandoned(
        inventory_id="z-1", organisation_id="maarif", abandoned_by="nadia", abandoned_at=LATER
    )
