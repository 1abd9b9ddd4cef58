"""The screens show each value, field by field: one that goes missing breaks a test here."""

from dataclasses import replace
from typing import Any

import pytest

from contracts.common_v1 import Money
from contracts.missions.trip_v1 import (
    CounterOffered,
    ExpenseKind,
    QuotedExpense,
    TripProposed,
)
from services.views.partner.tests.conftest import Partner
from services.views.partner.tests.make import (
    LATER,
    UNTIL,
    assigned,
    attached,
    declared,
    delivered,
    engaged,
    extra_cost_accepted,
    extra_cost_refused,
    extra_cost_requested,
    home_changed,
    modified,
    published,
    qualified,
    refused,
    registered,
    submitted,
    training,
)
from services.views.partner.tests.test_api import DAYS, served


def euro(amount_minor: int) -> dict[str, Any]:
    return {"amount_minor": amount_minor, "currency": "EUR"}


TRIP: dict[str, Any] = {
    "trip_id": "t-1",
    "client_brand": "Atlas",
    "tags": ["trade_plate_required"],
    "departure": {"city": "Paris", "postal_code": "75012"},
    "arrival": {"city": "Lyon", "postal_code": "69003"},
    "from": {"date": "2030-05-06", "fixed": True},
    "until": {"date": "2030-05-10", "fixed": False},
    "vehicle": {"make": "Renault", "model": "Clio"},
    "delivery_type": "depot",
    "distance_km": 465,
    "duration_minutes": 290,
    "client_process": "atlas",
    "additional_services": ["wash"],
}
OFFER = {
    **TRIP,
    "status": "open",
    "quotes": "0-2",
    "quoted": True,
    "proposed": True,
    "missing_qualifications": ["additional_service:wash"],
    "published_at": "2030-05-01T12:00:00Z",
}
TOLL = QuotedExpense(ExpenseKind.TOLL, Money(900, "EUR"))
GATED = published(process="atlas", services=("wash",))
HELD = {
    "kind": "client_process",
    "code": "atlas",
    "valid_until": "2030-05-10",
    "obtained_at": "2030-05-01T13:00:00Z",
}
BEGUN = {"kind": "client_process", "code": "orion", "started_at": "2030-05-01T12:00:00Z"}
FREE = {
    "availability_id": "a-1",
    "period": "week",
    "from_day": "2030-05-06",
    "until_day": "2030-05-10",
    "reason": None,
}
BUSY = {"trip_id": "t-9", "from_day": "2030-05-06", "until_day": "2030-05-07"}
ADA: dict[str, Any] = {
    "driver_id": "ada",
    "organisation_id": "hiflow",
    "name": "Ada Lovelace",
    "phone": "+33 6 12 34 56 78",
    "registered_at": "2030-05-01T12:00:00Z",
    "street": "1 rue de Rivoli",
    "postal_code": "75001",
    "city": "Paris",
    "location": {"latitude": 48.84, "longitude": 2.38},
    "latitude": 48.84,
    "longitude": 2.38,
    "qualifications": [HELD],
    "trainings": [BEGUN],
    "availabilities": [FREE],
    "engagements": [BUSY],
    "suspended": False,
    "forgotten": False,
}
QUOTE: dict[str, Any] = {
    "trip_id": "t-1",
    "status": "submitted",
    "comment": "late",
    "pickup_on": None,
    "delivery_on": "2030-05-10",
    "submitted_at": "2030-05-01T12:00:00Z",
    "modified_at": "2030-05-01T13:00:00Z",
    "processed_at": None,
    "refusal_reason": None,
    "expenses": [{"kind": "toll", "amount": euro(900), "amount_minor": 900}],
    "earlier": [
        {
            "status": "refused",
            "price": euro(12_500),
            "amount_minor": 12_500,
            "currency": "EUR",
            "reason": "too dear",
            "rule": None,
            "ended_at": "2030-05-01T13:00:00Z",
        }
    ],
    "valid_until": "2030-05-01T13:00:00Z",
}
MY_QUOTE = {
    **QUOTE,
    "refusal_rule": None,
    "departure": TRIP["departure"],
    "arrival": TRIP["arrival"],
    "departure_city": "Paris",
    "arrival_city": "Lyon",
    "client_brand": "Atlas",
    "from": TRIP["from"],
    "until": TRIP["until"],
    "from_day": "2030-05-06",
    "until_day": "2030-05-10",
    "price": euro(11_000),
    "counter_offer": {"status": "offered", "price": euro(700)},
}
COMPARED_QUOTE = {
    **QUOTE,
    "driver_id": "ada",
    "price": euro(11_000),
    "amount_minor": 11_000,
    "currency": "EUR",
    "counter_offer": {"status": "offered", "price": euro(700)},
    "counter_minor": 700,
    "counter_status": "offered",
}


async def ada(partner: Partner) -> None:
    """All that can be known of a driver."""
    await partner.saw(registered(), home_changed(), qualified("atlas", UNTIL), training("orion"))
    await partner.saw(declared(), engaged("t-9"))


@pytest.mark.requirement("HIF-10", "HIF-11", "HIF-12", "HIF-14")
async def test_an_offer_is_shown_with_all_that_a_driver_decides_by(partner: Partner) -> None:
    await ada(partner)
    await partner.saw(GATED, TripProposed(trip_id="t-1", driver_id="ada", proposed_at=LATER))
    await partner.saw(submitted())
    async with served(partner) as api:
        assert (await api.get("/trips/t-1")).json() == OFFER
        assert (await api.get("/trips/more")).json() == {"items": [OFFER], "next": None}


async def test_a_trip_near_home_is_shown_like_every_other_with_the_way(partner: Partner) -> None:
    await partner.saw(registered(), home_changed(), published())
    async with served(partner) as api:
        [whole] = (await api.get("/trips")).json()["items"]
        near = (await api.get("/trips/near-home")).json()
    assert near == {"items": [whole | {"kilometres_away": 0.0}], "next": None}


@pytest.mark.requirement("HIF-23", "HIF-26", "SM-04")
async def test_a_mission_is_shown_with_all_that_its_driver_needs(partner: Partner) -> None:
    await partner.saw(registered(), GATED, replace(assigned(), expenses=(TOLL,)))
    await partner.saw(extra_cost_requested("x-1"), extra_cost_accepted("x-1", amount=4_000))
    await partner.saw(extra_cost_requested("x-2"), extra_cost_refused("x-2"), attached("f-3"))
    extra = {"kind": "taxi", "amount": euro(4_200), "amount_minor": 4_200}
    granted = {"granted": euro(4_000), "granted_minor": 4_000}
    nothing = {"granted": None, "granted_minor": None}
    mission = {
        **TRIP,
        "status": "assigned",
        "price": euro(12_500),
        "expenses": [{"kind": "toll", "amount": euro(900), "amount_minor": 900}],
        "extra_costs": [
            {"request_id": "x-1", **extra, "status": "accepted", **granted},
            {"request_id": "x-2", **extra, "status": "refused", **nothing},
        ],
        "attachments": ["f-3"],
        "assigned_at": "2030-05-01T13:00:00Z",
        "delivered_at": None,
    }
    over = {"status": "confirmed", "delivered_at": "2030-05-01T14:00:00Z"}
    async with served(partner) as api:
        assert (await api.get("/missions")).json()["items"] == [mission]
        await partner.saw(delivered())
        assert (await api.get("/missions")).json()["items"] == [mission | over]


async def test_a_quote_is_shown_with_what_became_of_it_and_of_those_before(
    partner: Partner,
) -> None:
    countered = CounterOffered(
        trip_id="t-1", driver_id="ada", price=Money(700, "EUR"), offered_at=LATER, offered_by=None
    )
    await partner.saw(registered(), published(), submitted(), refused())
    again = replace(modified(), expenses=(TOLL,), comment="late", valid_until=LATER)
    await partner.saw(submitted(), again, countered)
    async with served(partner) as api:
        assert (await api.get("/quotes")).json()["items"] == [MY_QUOTE]
        shown = await api.get("/logistics/trips/t-1/quotes", role="logistics")
        assert shown.json() == {"items": [COMPARED_QUOTE]}


@pytest.mark.requirement("HIF-34", "HIF-36")
async def test_a_driver_is_shown_with_all_that_is_known_of_them(partner: Partner) -> None:
    await ada(partner)
    async with served(partner) as api:
        assert (await api.get("/profile")).json() == ADA
        held = (await api.get("/qualifications")).json()
        assert held == {"held": [HELD], "in_training": [BEGUN], "offered": []}
        calendar = (await api.get("/calendar")).json()
        assert calendar == {"availabilities": [FREE], "engagements": [BUSY]}
        waiting = await api.get("/logistics/trainings", role="logistics")
        named = {"driver_id": "ada", "name": "Ada Lovelace", "phone": ADA["phone"]}
        known = {"city": ADA["city"], "missions_delivered": 0}
        assert waiting.json() == {"items": [{**named, **known, **BEGUN}], "next": None}


async def test_an_available_driver_is_shown_like_in_their_profile(partner: Partner) -> None:
    await partner.saw(registered(), home_changed(), declared())
    async with served(partner) as api:
        mine = (await api.get("/profile")).json()
        found = await api.get(f"/logistics/drivers/available?{DAYS}", role="logistics")
    assert found.json() == {"items": [mine], "next": None}
