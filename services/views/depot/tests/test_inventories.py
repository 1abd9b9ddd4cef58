"""Inventories in lists, and what they left in dispute."""

from typing import Any

import pytest

from contracts.inventories.inventory_v1 import (
    CountEnded,
    Difference,
    DifferenceExplained,
    DifferenceKind,
    DiscrepancyOpened,
    Explanation,
    InventoryAbandoned,
    InventoryClosed,
    InventoryOpened,
)
from services.views.depot.tests.make import NOON, invited, registered
from services.views.depot.tests.stage import Depot, served

NADIA = {"user_id": "nadia", "name": "Nadia Alaoui", "phone": "+212611111111"}
COUNTING: dict[str, Any] = {
    "inventory_id": "z-1",
    "status": "counting",
    "shelves": ["B-12"],
    "expected": None,
    "missing": None,
    "surplus": None,
    "misplaced": None,
    "settled": None,
    "opened_by": NADIA,
    "opened_at": "2030-05-01T12:00:00Z",
    "closed_by": None,
    "closed_at": None,
}
NUMBERS = {"expected": 3, "missing": 1, "surplus": 1, "misplaced": 0}
CLAIM: dict[str, Any] = {
    "claim_id": "c-1",
    "inventory_id": "z-1",
    "parcel_code": "CASA-2041/2",
    "kind": "missing",
    "order_id": "o-1",
    "tracking_number": "CASA-2041",
    "custodian": {"user_id": "omar", "name": "", "phone": ""},
    "opened_by": NADIA,
    "opened_at": "2030-05-01T12:00:00Z",
}
OVERSEEN = "/inventories/claims"


def opened(id: str = "z-1") -> InventoryOpened:
    return InventoryOpened(
        inventory_id=id,
        organisation_id="maarif",
        shelves=("B-12",),
        opened_by="nadia",
        opened_at=NOON,
    )


def differs(code: str, kind: DifferenceKind, order: str | None) -> Difference:
    return Difference(
        parcel_code=code,
        kind=kind,
        order_id=order,
        expected_on=None,
        found_on=None,
        custodian_id=None,
    )


def ended(number: int, recount: bool) -> CountEnded:
    missing = differs("CASA-2041/2", DifferenceKind.MISSING, "o-1")
    return CountEnded(
        inventory_id="z-1",
        organisation_id="maarif",
        count=number,
        expected_parcels=3,
        found_parcels=3,
        differences=(missing, differs("RABAT-9", DifferenceKind.SURPLUS, None)),
        ended_by="nadia",
        ended_at=NOON,
        recount=recount,
    )


def explained() -> DifferenceExplained:
    return DifferenceExplained(
        inventory_id="z-1",
        organisation_id="maarif",
        parcel_code="RABAT-9",
        explanation=Explanation.WRONG_LABEL,
        explained_by="nadia",
        explained_at=NOON,
    )


def disputed(code: str, order: str | None, custodian: str | None, claim: str) -> DiscrepancyOpened:
    return DiscrepancyOpened(
        inventory_id="z-1",
        organisation_id="maarif",
        claim_id=claim,
        parcel_code=code,
        kind=DifferenceKind.MISSING,
        order_id=order,
        custodian_id=custodian,
        opened_by="nadia",
        opened_at=NOON,
    )


LOST = disputed("CASA-2041/2", "o-1", "omar", "c-1")
CLOSED = InventoryClosed(
    inventory_id="z-1",
    organisation_id="maarif",
    settled=(),
    counters=(),
    closed_by="nadia",
    closed_at=NOON,
)


async def listed(depot: Depot, **asking: Any) -> list[dict[str, Any]]:
    async with served(depot) as api:
        return await api.items("/inventories", **asking)


@pytest.mark.requirement("EXX-05")
async def test_an_inventory_is_listed_as_far_as_it_has_come(depot: Depot) -> None:
    await depot.saw(invited("nadia", "Nadia Alaoui"), opened())
    assert await listed(depot) == [COUNTING]
    assert await listed(depot, org="elsewhere") == []
    await depot.saw(ended(1, recount=True))
    again = COUNTING | NUMBERS | {"status": "recounting", "settled": 0}
    assert await listed(depot) == [again]
    await depot.saw(ended(2, recount=False), explained(), explained(), LOST)
    counted = again | {"status": "counted", "settled": 2}
    assert await listed(depot) == [counted]
    await depot.saw(CLOSED)
    over = {"status": "closed", "closed_by": NADIA, "closed_at": COUNTING["opened_at"]}
    assert await listed(depot) == [counted | over]


async def test_who_counts_sees_the_numbers_after_the_close(depot: Depot) -> None:
    await depot.saw(invited("nadia", "Nadia Alaoui"), opened(), ended(1, recount=True))
    counter: Any = {"who": "omar", "roles": ("operator",)}
    assert await listed(depot, **counter) == [COUNTING | {"status": "recounting"}]
    await depot.saw(CLOSED)
    [shown] = await listed(depot, **counter)
    assert shown["missing"] == 1


async def test_inventories_are_found_by_their_status_the_latest_first(depot: Depot) -> None:
    given_up = InventoryAbandoned(
        inventory_id="z-2", organisation_id="maarif", abandoned_by="nadia", abandoned_at=NOON
    )
    await depot.saw(opened(), opened("z-2"), given_up)
    assert [one["inventory_id"] for one in await listed(depot)] == ["z-2", "z-1"]
    async with served(depot) as api:
        [found] = await api.items("/inventories?status=abandoned")
        assert found["inventory_id"] == "z-2"


async def test_what_is_disputed_is_listed_with_who_had_it_last(depot: Depot) -> None:
    await depot.saw(invited("nadia", "Nadia Alaoui"), registered(), opened(), LOST)
    async with served(depot) as api:
        assert await api.items(OVERSEEN) == [CLAIM]
        assert await api.items(OVERSEEN, org="elsewhere") == []
        await depot.saw(disputed("RABAT-9", None, None, "c-2"))
        unknown = {"order_id": None, "tracking_number": None, "custodian": None}
        strange = CLAIM | unknown | {"claim_id": "c-2", "parcel_code": "RABAT-9"}
        assert await api.items(OVERSEEN) == [strange, CLAIM]
        assert await api.items(f"{OVERSEEN}?custodian_id=omar") == [CLAIM]
        assert await api.items(f"{OVERSEEN}?inventory_id=z-2") == []
        agent = await api.ask("GET", OVERSEEN, who="omar", roles=("depot_agent",))
        assert agent.status_code == 403
