"""Requests in lists for the operator, and offers for both sides (OGU-24, M1, M2)."""

from typing import Any

import pytest

from contracts.dispatch.request_v1 import OfferWay
from services.views.market.tests.make import (
    DAY,
    ECLAT,
    NOON,
    VITREX,
    assigned,
    chosen,
    connected,
    created,
    customer_forgotten,
    declined,
    offer_ended,
    offered,
    proposed,
    replaced,
    request_cancelled,
    sent,
    unanswered,
)
from services.views.market.tests.stage import PROVIDER, Market, served
from services.views.market.tests.test_jobs import euros

REQUEST: dict[str, Any] = {
    "request_id": "R1",
    "status": "created",
    "service_code": "windows",
    "customer_name": "Awa Diop",
    "locality": "Lille",
    "wanted_from": "2030-05-20T06:00:00Z",
    "wanted_until": "2030-05-21T07:00:00Z",
    "created_by": "customer",
    "created_at": "2030-05-06T12:00:00Z",
    "answer_by": None,
    "send_at": None,
    "unanswered": False,
    "proposals": 0,
    "chosen_provider_id": None,
    "chosen_provider_name": None,
    "job_id": None,
}
CHOSEN = {"chosen_provider_id": "eclat", "chosen_provider_name": "Éclat Net", "job_id": "J1"}
NO_ONE = dict.fromkeys(CHOSEN)
OFFER: dict[str, Any] = {
    "request_id": "R1",
    "marketplace_id": "agora",
    "marketplace_name": "Agora",
    "provider_id": "eclat",
    "provider_name": "Éclat Net",
    "status": "awaiting",
    "end": None,
    "way": "broadcast",
    "round": 1,
    "rank": 1,
    "service_code": "windows",
    "locality": "Lille",
    "wanted_from": "2030-05-20T06:00:00Z",
    "wanted_until": "2030-05-21T07:00:00Z",
    "criteria": [{"criterion": "zone", "met": True, "fact": "inside"}],
    "commission_basis_points": 1_250,
    "offered_at": "2030-05-06T12:00:00Z",
    "answer_by": "2030-05-07T12:00:00Z",
    "proposal": None,
    "job_id": None,
}
PROPOSAL: dict[str, Any] = {
    "price": euros(12_000),
    "unit": None,
    "vat_basis_points": 2_000,
    "including_vat": euros(14_400),
    "commission": euros(1_500),
    "net": euros(10_500),
    "commission_vat": euros(300),
    "payout": euros(12_600),
    "slots": ["2030-05-20T07:00:00Z"],
    "scope": "Six windows",
    "valid_until": "2030-05-20T07:00:00Z",
    "made_at": "2030-05-06T13:00:00Z",
}
OF_VITREX = {"provider_id": "vitrex", "provider_name": "Vitrex", "rank": 2}
BOTH = (connected(), connected(VITREX, "Vitrex"), created(), offered(), offered(VITREX, 2))


async def shown(market: Market, path: str, **asking: Any) -> list[dict[str, Any]]:
    async with served(market) as api:
        return await api.items(path, **asking)


@pytest.mark.requirement("OGU-24")
async def test_a_request_is_listed_as_far_as_it_has_come(market: Market) -> None:
    dates = {"answer_by": "2030-05-07T12:00:00Z", "send_at": "2030-05-09T12:00:00Z"}
    steps: list[tuple[Any, dict[str, Any]]] = [
        (connected(), {}),
        (assigned(0), dates),
        (assigned(), {"status": "assigned"}),
        (unanswered(), {"unanswered": True}),
        (proposed(), {"status": "answered", "proposals": 1}),
        (proposed(VITREX), {"proposals": 2}),
        (declined(VITREX), {"proposals": 1}),
        (sent(ECLAT), {"status": "proposals_sent"}),
        (chosen(), {"status": "chosen"} | CHOSEN),
        (
            replaced(),
            {"status": "assigned", "proposals": 0, "unanswered": False, "send_at": None} | NO_ONE,
        ),
        (request_cancelled(), {"status": "cancelled"}),
        (customer_forgotten(), {"status": "forgotten", "customer_name": ""}),
    ]
    await market.saw(created(), offered(), offered(VITREX, 2))
    now = REQUEST
    for event, change in steps:
        await market.saw(event)
        now = now | change
        assert await shown(market, "/requests") == [now], event


async def test_requests_are_found_by_status_and_words_the_newest_first(market: Market) -> None:
    await market.saw(created(), created("R2", NOON + DAY), created("R3", org="elsewhere"))
    await market.saw(request_cancelled(), customer_forgotten())
    for chosen_so, found in [
        ("", ["R2", "R1"]),
        ("?status=forgotten", ["R1"]),
        ("?q=awa", ["R2"]),
        ("?q=lille", ["R2", "R1"]),
        ("?service_code=gardens", []),
        ("?unanswered=true", []),
    ]:
        rows = await shown(market, f"/requests{chosen_so}")
        assert [one["request_id"] for one in rows] == found, chosen_so


@pytest.mark.requirement("G-69")
async def test_a_provider_sees_no_list_of_requests_and_no_offer_of_another(market: Market) -> None:
    await market.saw(*BOTH)
    assert await shown(market, "/offers", **PROVIDER) == [OFFER]
    assert await shown(market, f"/offers?provider_id={VITREX}", **PROVIDER) == []
    assert await shown(market, "/offers", org="elsewhere") == []
    async with served(market) as api:
        assert (await api.ask("GET", "/requests", **PROVIDER)).status_code == 403
        assert (await api.ask("GET", "/offers", roles=("driver",))).status_code == 403


@pytest.mark.requirement("OGU-24")
async def test_proposals_of_a_request_stand_side_by_side(market: Market) -> None:
    await market.saw(*BOTH, proposed(), proposed(VITREX))
    answered = {"status": "accepted", "proposal": PROPOSAL}
    both = [OFFER | OF_VITREX | answered, OFFER | answered]
    assert await shown(market, "/offers?request_id=R1") == both
    await market.saw(chosen(), offer_ended())
    ended = {"status": "closed", "end": "another_chosen"}
    assert await shown(market, "/offers") == [
        both[0] | ended,
        both[1] | {"status": "chosen", "job_id": "J1"},
    ]
    assert await shown(market, "/offers?status=chosen", **PROVIDER) == [
        both[1] | {"status": "chosen", "job_id": "J1"}
    ]


async def test_an_offer_is_closed_by_its_own_cancellation_and_offered_anew(market: Market) -> None:
    await market.saw(*BOTH, proposed(), proposed(VITREX), chosen(), offer_ended(), replaced())
    again = offered(VITREX, 2, OfferWay.RUNNER_UP, NOON + DAY)
    await market.saw(again)
    runner_up = {"way": "runner_up", "offered_at": "2030-05-07T12:00:00Z"}
    assert await shown(market, "/offers") == [
        OFFER | OF_VITREX | runner_up,
        OFFER | {"status": "closed", "proposal": PROPOSAL},
    ]


async def test_an_answer_outlasts_another_broadcast(market: Market) -> None:
    await market.saw(*BOTH, declined(), offered(at=NOON + DAY, way=OfferWay.BROADCAST_AGAIN))
    [found] = await shown(market, "/offers", **PROVIDER)
    again = {"way": "broadcast_again", "offered_at": "2030-05-07T12:00:00Z"}
    assert found == OFFER | again | {"status": "declined"}
