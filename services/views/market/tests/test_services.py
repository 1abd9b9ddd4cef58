"""The services of providers, and their consents, for both sides (OGU-22, OGU-26)."""

from typing import Any

import pytest

from services.views.market.tests.make import (
    ECLAT,
    HOUR,
    NOON,
    VITREX,
    accepted_service,
    activated,
    connected,
    consented,
    deactivated_service,
    ended,
    in_catalogue,
    proposed_service,
    provider_forgotten,
    rejected_service,
    withdrawn_service,
)
from services.views.market.tests.stage import PROVIDER, Market, served

SERVICE: dict[str, Any] = {
    "relation_id": "agora-eclat",
    "marketplace_id": "agora",
    "marketplace_name": "Agora",
    "provider_id": "eclat",
    "provider_name": "Éclat Net",
    "service_code": "windows",
    "names": [{"language": "fr", "text": "Vitres"}],
    "unit": "square_metre",
    "standing": "pending",
    "explanation": None,
    "proposed_at": "2030-05-06T12:00:00Z",
    "changed_at": "2030-05-06T12:00:00Z",
}
CONSENT: dict[str, Any] = {
    "relation_id": "agora-eclat",
    "marketplace_id": "agora",
    "marketplace_name": "Agora",
    "provider_id": "eclat",
    "provider_name": "Éclat Net",
    "standing": "connected",
    "given": False,
    "changed_at": None,
}
GROUND = (activated(), in_catalogue(), connected(), connected(VITREX, "Vitrex"))
ONE = {"changed_at": "2030-05-06T13:00:00Z"}
TWO = {"changed_at": "2030-05-06T14:00:00Z"}


async def shown(market: Market, path: str, **asking: Any) -> list[dict[str, Any]]:
    async with served(market) as api:
        return await api.items(path, **asking)


@pytest.mark.requirement("OGU-22")
async def test_both_sides_follow_an_offered_service(market: Market) -> None:
    explained = {"standing": "rejected", "explanation": "No insurance for heights"} | ONE
    steps: list[tuple[Any, dict[str, Any]]] = [
        (proposed_service(), {}),
        (rejected_service(), explained),
        (provider_forgotten(), {"explanation": "XXXX"}),
        (accepted_service(), {"standing": "accepted", "explanation": None} | ONE),
        (deactivated_service(), {"standing": "deactivated"} | TWO),
    ]
    await market.saw(*GROUND)
    now = SERVICE
    for event, change in steps:
        await market.saw(event)
        now = now | change
        assert await shown(market, "/services") == [now]
        assert await shown(market, "/services", **PROVIDER) == [now]
    await market.saw(withdrawn_service())
    assert await shown(market, "/services") == []


@pytest.mark.requirement("G-69")
async def test_nobody_else_sees_what_a_provider_offers(market: Market) -> None:
    await market.saw(*GROUND, proposed_service(), consented(True))
    for path in ("/services", "/consents"):
        assert await shown(market, path, org="elsewhere") == []
        assert await shown(market, path, org=ECLAT) == []
    vitrex: Any = {"org": VITREX, "roles": ("provider_manager",)}
    assert await shown(market, "/services", **vitrex) == []
    assert [one["provider_id"] for one in await shown(market, "/consents", **vitrex)] == [VITREX]
    async with served(market) as api:
        for path in ("/services", "/consents"):
            assert (await api.ask("GET", path, roles=("driver",))).status_code == 403


async def test_services_are_found_by_standing_and_provider_the_last_first(market: Market) -> None:
    late = proposed_service(id=VITREX, at=NOON + 3 * HOUR)
    await market.saw(*GROUND, proposed_service("gardens"), proposed_service(), late)
    await market.saw(accepted_service())
    for chosen, found in [
        ("", [("vitrex", "windows"), ("eclat", "windows"), ("eclat", "gardens")]),
        ("?standing=accepted", [("eclat", "windows")]),
        ("?provider_id=vitrex", [("vitrex", "windows")]),
        ("?service_code=gardens", [("eclat", "gardens")]),
    ]:
        rows = await shown(market, f"/services{chosen}")
        assert [(one["provider_id"], one["service_code"]) for one in rows] == found
    [unlisted] = await shown(market, "/services?service_code=gardens")
    assert (unlisted["names"], unlisted["unit"]) == ([], None)


@pytest.mark.requirement("OGU-26")
async def test_consent_is_what_the_provider_said_last(market: Market) -> None:
    await market.saw(connected())
    assert await shown(market, "/consents") == [CONSENT]
    for given in (True, False):
        await market.saw(consented(given))
        said = CONSENT | {"given": given, "changed_at": "2030-05-06T12:00:00Z"}
        assert await shown(market, "/consents") == [said]
        assert await shown(market, "/consents", **PROVIDER) == [said]


async def test_consents_are_by_name_and_without_relations_that_are_gone(market: Market) -> None:
    await market.saw(connected(VITREX, "Vitrex"), connected())
    for chosen, found in [
        ("", [ECLAT, VITREX]),
        ("?q=eclat", [ECLAT]),
        ("?standing=accepted", []),
    ]:
        rows = await shown(market, f"/consents{chosen}")
        assert [one["provider_id"] for one in rows] == found
    await market.saw(ended())
    assert [one["provider_id"] for one in await shown(market, "/consents")] == [VITREX]
