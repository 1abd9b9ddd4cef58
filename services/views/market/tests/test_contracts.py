"""The tab of recurring services, for both sides (OGU-27, G-69, M12)."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from contracts.common_v1 import Money
from contracts.dispatch.contract_v1 import (
    ContractAgreed,
    ContractContinued,
    ContractEnded,
    ContractPaused,
    ContractReassigned,
    RuleChanged,
)
from infra.consumers.views import OutOfOrder
from services.views.market.contracts import project
from services.views.market.tests.make import DAY, ECLAT, NOON, VITREX, activated, connected
from services.views.market.tests.stage import PROVIDER, Market, served

JUNE_4, JULY_2 = date(2030, 6, 4), date(2030, 7, 2)
AGREED = ContractAgreed(
    contract_id="SC1",
    organisation_id="agora",
    plan_at=None,
    request_id="R1",
    provider_id=ECLAT,
    manager_id="eclat-manager",
    service_code="windows",
    price=Money(9_000, "EUR"),
    unit=None,
    vat_basis_points=2_000,
    commission_basis_points=1_250,
    rule="FREQ=WEEKLY;BYDAY=TU",
    first_day=JUNE_4,
    minute=540,
    time_zone="Europe/Paris",
    locality="Lille",
    customer_name="Awa Diop",
    customer_email="awa@example.org",
    customer_phone=None,
    address="12 rue des Tanneurs",
    customer_link="https://portal.example.org/dispatch/page/R1",
    language="fr",
    agreed_by="sophie",
    agreed_at=NOON,
)
PAUSED = ContractPaused(
    contract_id="SC1",
    organisation_id="agora",
    plan_at=None,
    from_day=JULY_2,
    until_day=JULY_2,
    paused_by="sophie",
    paused_at=NOON,
)
CHANGED = RuleChanged(
    contract_id="SC1",
    organisation_id="agora",
    plan_at=None,
    rule="FREQ=DAILY",
    first_day=JULY_2,
    minute=600,
    changed_by="sophie",
    changed_at=NOON,
)
TAKEN_OVER = ContractReassigned(
    contract_id="SC1",
    organisation_id="agora",
    provider_id=VITREX,
    manager_id="vitrex-manager",
    commission_basis_points=1_000,
    first_day=JULY_2,
    reassigned_by="sophie",
    reassigned_at=NOON,
)
ENDED = ContractEnded(
    contract_id="SC1",
    organisation_id="agora",
    plan_at=None,
    last_day=JULY_2,
    ended_by="sophie",
    ended_at=NOON,
    leaver_id=ECLAT,
    also_leaves_id=None,
    also_last_day=None,
)
CONTINUED = ContractContinued(
    contract_id="SC1",
    organisation_id="agora",
    plan_at=None,
    last_day=None,
    continued_by="sophie",
    continued_at=NOON,
    stayer_id=ECLAT,
)
GROUND = (activated(), connected(), connected(VITREX, "Vitrex"))
TURN = {
    "provider_id": ECLAT,
    "provider_name": "Éclat Net",
    "first_day": "2030-06-04",
    "commission_basis_points": 1_250,
}
SHOWN = {
    "contract_id": "SC1",
    "marketplace_id": "agora",
    "marketplace_name": "Agora",
    "request_id": "R1",
    "service_code": "windows",
    "locality": "Lille",
    "address": "12 rue des Tanneurs",
    "customer_name": "Awa Diop",
    "time_zone": "Europe/Paris",
    "price": {"amount_minor": 9_000, "currency": "EUR"},
    "unit": None,
    "vat_basis_points": 2_000,
    "rules": [{"rule": "FREQ=WEEKLY;BYDAY=TU", "first_day": "2030-06-04", "minute": 540}],
    "pauses": [],
    "turns": [TURN],
    "last_day": None,
    "agreed_at": "2030-05-06T12:00:00Z",
}


@pytest.mark.requirement("OGU-27", "G-69")
async def test_both_sides_see_a_contract_with_all_that_was_agreed(market: Market) -> None:
    await market.saw(*GROUND, AGREED)
    async with served(market) as api:
        assert await api.items("/contracts") == [SHOWN]
        assert await api.items("/contracts", **PROVIDER) == [SHOWN]
        await market.saw(PAUSED, CHANGED, ENDED)
        [shown] = await api.items("/contracts")
    day = "2030-07-02"
    rule = {"rule": "FREQ=DAILY", "first_day": day, "minute": 600}
    assert shown == SHOWN | {
        "rules": [*SHOWN["rules"], rule],  # type: ignore[misc]
        "pauses": [{"from_day": day, "until_day": day}],
        "last_day": day,
    }


@pytest.mark.requirement("G-68", "G-69")
async def test_a_provider_sees_its_own_turns_and_no_commission_of_another_one(
    market: Market,
) -> None:
    await market.saw(*GROUND, AGREED, TAKEN_OVER)
    other = {
        "provider_id": VITREX,
        "provider_name": "Vitrex",
        "first_day": "2030-07-02",
        "commission_basis_points": 1_000,
    }
    vitrex: Any = {"org": VITREX, "roles": ("provider_manager",)}
    async with served(market) as api:
        callers: tuple[Any, ...] = ({}, PROVIDER, vitrex)
        seen = [[one["turns"] for one in await api.items("/contracts", **who)] for who in callers]
        assert seen == [[[TURN, other]], [[TURN]], [[other]]]
        found = [
            [one["contract_id"] for one in await api.items(f"/contracts?{query}")]
            for query in ("provider_id=vitrex", "provider_id=nobody", "service_code=roofs")
        ]
        assert found == [["SC1"], [], []]


@pytest.mark.requirement("G-69")
async def test_nobody_else_sees_a_contract(market: Market) -> None:
    await market.saw(*GROUND, AGREED)
    async with served(market) as api:
        vitrex: Any = {"org": VITREX, "roles": ("provider_manager",)}
        assert await api.items("/contracts", **vitrex) == []
        assert await api.items("/contracts", org="elsewhere") == []
        assert (await api.ask("GET", "/contracts", roles=("driver",))).status_code == 403


def test_a_fact_of_a_contract_that_is_seen_again_changes_nothing() -> None:
    row = None
    for event in (AGREED, PAUSED, CHANGED, TAKEN_OVER, ENDED, CONTINUED):
        row = project(row, event)
        assert project(row, event) == row
    assert row is not None
    assert row.last_day is None
    earlier = replace(TAKEN_OVER, first_day=JULY_2 - DAY, provider_id="clair")
    assert [one.provider_id for one in project(row, earlier).turns] == [ECLAT, "clair"]


def test_a_hole_in_the_history_of_a_contract_stops_the_view() -> None:
    with pytest.raises(OutOfOrder):
        project(None, ENDED)
