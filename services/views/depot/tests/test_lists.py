"""The four lists of a depot: every column, the three filters of each, pages and files."""

import csv
import io
from collections.abc import Mapping
from datetime import date
from typing import Any

import pytest

from services.views.depot.tests.make import (
    DAY,
    FIRST,
    HOUR,
    NOON,
    approved,
    asked,
    begun,
    came_back,
    canceled,
    checked_out,
    composed,
    differs,
    given_back,
    handed_over,
    invited,
    left_again,
    on_tour,
    pickup_canceled,
    pickup_given,
    planned,
    prepared,
    recipient_forgotten,
    registered,
    scanned,
    sent_back,
    shelved,
    user_forgotten,
)
from services.views.depot.tests.stage import Caller, Depot, served

KARIM = {"user_id": "karim", "name": "Karim Alaoui", "phone": "+212611111111"}
OMAR = {"user_id": "omar", "name": "Omar Naciri", "phone": ""}
CASH = {"amount_minor": 34_900, "currency": "MAD"}
NUMBERS = {"o-1": "CASA-2041", "o-2": "RABAT-7"}


async def people(depot: Depot) -> None:
    await depot.saw(invited("karim", "Karim Alaoui"), invited("omar", "Omar Naciri", None))


async def answers(api: Caller, id: str, expected: Mapping[str, list[str]]) -> None:
    """Every query answers exactly these ids, in this order."""
    found = {asked: [one[id] for one in await api.items(asked)] for asked in expected}
    assert found == expected


# --- Work -------------------------------------------------------------------


@pytest.mark.requirement("EXX-06")
async def test_a_task_shows_its_order_who_does_it_and_who_brings_it(depot: Depot) -> None:
    await people(depot)
    await depot.saw(registered(), asked(), scanned(), planned(), pickup_given())
    async with served(depot) as api:
        [task] = await api.items("/work")
    assert task == {
        "order_id": "o-1",
        "tracking_number": "CASA-2041",
        "city": "Fès",
        "recipient_name": "Salma Idrissi",
        "parcels": 2,
        "scanned": 1,
        "cash_on_delivery": CASH,
        "operator": OMAR,
        "assigned_at": "2030-05-01T12:00:00Z",
        "pickup": {"pickup_id": "k-1", "courier": KARIM},
    }


TASKS = {
    "/work": ["o-2", "o-1"],
    "/work?city=fes": ["o-1"],
    "/work?city=Casablanca": [],
    "/work?tracking_number=RABAT-7": ["o-2"],
    "/work?courier_id=karim": ["o-1"],
    "/work?courier_id=hassan": [],
    "/work?operator_id=omar": ["o-1"],
}


@pytest.mark.requirement("EXX-06", "EXX-24", "G-29")
async def test_tasks_are_narrowed_and_operators_see_their_own(depot: Depot) -> None:
    await depot.saw(registered(), asked(at=NOON + HOUR), planned(), pickup_given())
    await depot.saw(registered("o-2", "RABAT-7", "Rabat"), asked("badr", "o-2"))
    await depot.saw(registered("o-3", "AGA-1"))
    async with served(depot) as api:
        await answers(api, "order_id", TASKS)
        own = await api.items("/work", who="omar", roles=("operator",))
        assert [one["order_id"] for one in own] == ["o-1"]
        counted = await api.shown("/work/waiting", who="omar", roles=("operator",))
        assert counted["orders_to_prepare"] == 1
        assert (await api.shown("/work/waiting"))["orders_to_prepare"] == 2
        await depot.saw(prepared())
        await answers(api, "order_id", {"/work": ["o-2"]})


async def test_what_waits_is_counted_as_its_lists_have_it(depot: Depot) -> None:
    await depot.saw(planned("k-1"), planned("k-2"), pickup_given(id="k-2"))
    await depot.saw(planned("k-3"), pickup_given(id="k-3"), pickup_canceled("k-3"))
    await depot.saw(composed(), begun(), composed(id="t-2"), composed(id="t-3"), canceled("t-3"))
    await depot.saw(came_back("o-1"), differs(), came_back("o-2"), came_back("o-3"))
    await depot.saw(approved("o-3"))
    async with served(depot) as api:
        counted = await api.shown("/work/waiting")
        await depot.saw(checked_out())
        assert (await api.shown("/work/waiting"))["tours_out"] == 1
    assert counted == {
        "orders_to_prepare": 0,
        "pickups_pending": 1,
        "pickups_assigned": 1,
        "pickups_canceled": 1,
        "tours_ready": 2,
        "tours_out": 0,
        "tours_canceled": 1,
        "returns_to_check": 1,
        "returns_disputed": 1,
        "returns_approved": 1,
    }


# --- Orders -----------------------------------------------------------------


@pytest.mark.requirement("EXX-09", "SM-08")
async def test_an_order_shows_who_brings_it_prepares_it_and_takes_it_out(depot: Depot) -> None:
    await people(depot)
    await depot.saw(registered(), planned(), pickup_given(), asked(), scanned(), prepared())
    await depot.saw(composed(courier="hassan"), checked_out(), came_back(), approved())
    await depot.saw(composed(id="t-2", at=NOON + HOUR))
    async with served(depot) as api:
        [one] = await api.items("/orders")
    assert one == {
        "order_id": "o-1",
        "tracking_number": "CASA-2041",
        "status": "prepared",
        "city": "Fès",
        "recipient_name": "Salma Idrissi",
        "parcels": 2,
        "cash_on_delivery": CASH,
        "operator": OMAR,
        "pickup": {"pickup_id": "k-1", "courier": KARIM},
        "tour": {"tour_id": "t-2", "status": "ready", "courier": KARIM},
        "registered_at": "2030-05-01T12:00:00Z",
        "prepared_at": "2030-05-01T13:00:00Z",
    }


ORDERS = {
    "/orders": ["o-3", "o-2", "o-1"],
    "/orders?status=registered": ["o-3"],
    "/orders?status=to_prepare": ["o-2"],
    "/orders?status=prepared": ["o-1"],
    "/orders?city=FES": ["o-1"],
    "/orders?tracking_number=AGA-1": ["o-3"],
    "/orders?tracking_number=AGA-1&status=prepared": [],
}


@pytest.mark.requirement("EXX-09")
async def test_an_order_that_nobody_brings_or_prepares_yet_is_found(depot: Depot) -> None:
    await depot.saw(registered(), asked(), prepared())
    await depot.saw(registered("o-2", "RABAT-7", "Rabat"), asked(id="o-2"))
    await depot.saw(registered("o-3", "AGA-1", "Agadir"))
    async with served(depot) as api:
        await answers(api, "order_id", ORDERS)
        [new] = await api.items("/orders?status=registered", roles=("depot_agent",))
        waiting = {"operator": None, "pickup": None, "tour": None, "prepared_at": None}
        assert new | waiting == new


# --- Incoming parcels -------------------------------------------------------


@pytest.mark.requirement("EXX-09", "EXX-10", "EXX-11")
async def test_a_pickup_shows_its_courier_day_and_status(depot: Depot) -> None:
    await people(depot)
    await depot.saw(planned(), pickup_given())
    async with served(depot) as api:
        [pickup] = await api.items("/incoming")
    assert pickup == {
        "pickup_id": "k-1",
        "status": "assigned",
        "courier": KARIM,
        "day": "2030-05-02",
        "cities": ["Fès"],
        "tracking_numbers": ["CASA-2041"],
        "parcels": 2,
    }


INCOMING = {
    "/incoming": ["k-2", "k-1"],
    "/incoming?status=pending": ["k-2"],
    "/incoming?status=verified": [],
    "/incoming?city=FES": ["k-1"],
    "/incoming?courier_id=karim": ["k-1"],
    "/incoming?tracking_number=RABAT-7": ["k-2"],
    "/incoming?tracking_number=RABAT-7&city=fes": [],
}


@pytest.mark.requirement("EXX-24", "G-29")
async def test_pickups_are_narrowed(depot: Depot) -> None:
    await depot.saw(planned(), pickup_given())
    await depot.saw(planned("k-2", date(2030, 5, 3), "o-2", "RABAT-7", "Rabat"))
    async with served(depot) as api:
        await answers(api, "pickup_id", INCOMING)
        await depot.saw(pickup_canceled())
        await answers(api, "pickup_id", {"/incoming?status=canceled": ["k-1"]})


# --- Outgoing parcels -------------------------------------------------------


@pytest.mark.requirement("EXX-12")
async def test_a_tour_shows_its_courier_and_what_became_of_its_orders(depot: Depot) -> None:
    await people(depot)
    free = on_tour("o-2", "RABAT-7", "Rabat", None)
    await depot.saw(composed(on_tour(), free), checked_out("o-1", "o-2"), handed_over())
    async with served(depot) as api:
        [tour] = await api.items("/outgoing")
    assert tour == {
        "tour_id": "t-1",
        "status": "out",
        "courier": KARIM,
        "cities": ["Fès", "Rabat"],
        "tracking_numbers": ["CASA-2041", "RABAT-7"],
        "parcels": 3,
        "handed_over": 1,
        "given_back": 0,
        "cash": CASH,
        "composed_at": "2030-05-01T12:00:00Z",
        "checked_out_at": "2030-05-01T13:00:00Z",
    }


@pytest.mark.requirement("EXX-12", "M-04")
async def test_what_stayed_in_the_depot_counts_until_the_tour_leaves(depot: Depot) -> None:
    await depot.saw(composed(on_tour(), on_tour("o-2", "RABAT-7")))
    async with served(depot) as api:
        [tour] = await api.items("/outgoing")
        assert (tour["parcels"], tour["cash"]) == (3, CASH | {"amount_minor": 69_800})
        await depot.saw(checked_out("o-1", behind=(FIRST, "RABAT-7")))
        [tour] = await api.items("/outgoing")
        assert (tour["parcels"], tour["cash"]) == (1, CASH)


OUTGOING = {
    "/outgoing": ["t-2", "t-1"],
    "/outgoing?status=ready": ["t-2"],
    "/outgoing?status=out": ["t-1"],
    "/outgoing?city=fes": ["t-1"],
    "/outgoing?courier_id=hassan": ["t-2"],
    "/outgoing?tracking_number=RABAT-7": ["t-2"],
}


@pytest.mark.requirement("EXX-12", "EXX-24", "G-29")
async def test_tours_are_narrowed_until_they_are_over(depot: Depot) -> None:
    other = on_tour("o-2", "RABAT-7", "Rabat")
    await depot.saw(composed(), checked_out())
    await depot.saw(composed(other, id="t-2", courier="hassan", at=NOON + HOUR))
    async with served(depot) as api:
        await answers(api, "tour_id", OUTGOING)
        await depot.saw(given_back())
        over = {"/outgoing": ["t-2"], "/outgoing?status=over": ["t-1"]}
        await answers(api, "tour_id", over)
        [tour] = await api.items("/outgoing?status=over")
        assert (tour["handed_over"], tour["given_back"]) == (0, 1)


# --- Incoming returns -------------------------------------------------------


KEPT = {
    "order_id": "o-1",
    "status": "approved",
    "tracking_number": "CASA-2041",
    "recipient_name": "Salma Idrissi",
    "city": "Fès",
    "courier": KARIM,
    "tour_id": "t-1",
    "reason": "refused",
    "attempts": 2,
    "cash_on_delivery": CASH,
    "parcels": 1,
    "parcels_of_tour": 3,
    "stored": [{"parcel_code": "CASA-2041/1", "shelf": "B-12"}],
    "returned_at": "2030-05-01T12:00:00Z",
    "age_days": 2,
    "approved_at": "2030-05-01T12:00:00Z",
    "sent_back_from": "2030-05-08T12:00:00Z",
    "claim_id": None,
}


@pytest.mark.requirement("EXX-16", "EXX-17")
async def test_a_return_shows_its_order_its_courier_and_its_age(depot: Depot) -> None:
    await people(depot)
    other = on_tour("o-2", "RABAT-7", "Rabat")
    await depot.saw(registered(), composed(on_tour(), other), came_back())
    await depot.saw(approved(), shelved())
    async with served(depot, NOON + 2 * DAY) as api:
        [one] = await api.items("/returns")
    assert one == KEPT


RETURNS = {
    "/returns": ["o-2", "o-1", "o-3", "o-4"],
    "/returns?state=in_depot": ["o-2", "o-1"],
    "/returns?state=approved": ["o-3"],
    "/returns?state=out_of_depot": ["o-4"],
    "/returns?status=disputed": ["o-1"],
    "/returns?state=approved&status=disputed": [],
    "/returns?city=rabat": ["o-2"],
    "/returns?tracking_number=RABAT-7": ["o-2"],
    "/returns?courier_id=hassan": ["o-4"],
    "/returns?goes_back_within_days=1": [],
    "/returns?goes_back_within_days=7": ["o-3"],
}


@pytest.mark.requirement("EXX-15", "EXX-24", "G-29")
async def test_returns_are_narrowed_and_the_oldest_come_first(depot: Depot) -> None:
    await depot.saw(came_back(), differs())
    await depot.saw(came_back("o-2", "RABAT-7", "Rabat", at=NOON - DAY))
    await depot.saw(came_back("o-3", "AGA-1", "Agadir"), approved("o-3"))
    await depot.saw(came_back("o-4", "AGA-2", "Agadir"), approved("o-4"), left_again("o-4"))
    async with served(depot) as api:
        await answers(api, "order_id", RETURNS)
        [disputed] = await api.items("/returns?status=disputed")
        assert disputed["claim_id"] == "c-1"
        await depot.saw(sent_back("o-3"))
        await answers(api, "order_id", {"/returns?status=back_to_sender": ["o-3"]})


async def test_what_is_kept_of_returns_is_counted_with_its_value(depot: Depot) -> None:
    async with served(depot) as api:
        nothing = await api.shown("/returns/held")
        assert nothing == {"orders": 0, "value": None, "going_back": 0, "oldest_at": None}
        await depot.saw(came_back(at=NOON - DAY), came_back("o-2", cash=None))
        await depot.saw(came_back("o-3"), approved("o-3", DAY))
        await depot.saw(came_back("o-4"), approved("o-4"), left_again("o-4"))
        await depot.saw(came_back("o-5"), approved("o-5"), sent_back("o-5"))
        held = await api.shown("/returns/held")
    assert held == {
        "orders": 3,
        "value": {"amount_minor": 69_800, "currency": "MAD"},
        "going_back": 1,
        "oldest_at": "2030-04-30T12:00:00Z",
    }


# --- All of them ------------------------------------------------------------


@pytest.mark.parametrize("format", ["csv", "xlsx"])
async def test_each_list_is_a_file(depot: Depot, format: str) -> None:
    await depot.saw(registered(), asked(), planned(), composed(), came_back())
    async with served(depot) as api:
        for path in ("/work", "/orders", "/incoming", "/outgoing", "/returns"):
            answer = await api.ask("GET", f"{path}?format={format}")
            assert answer.status_code == 200, path
            if format == "csv":
                [row] = csv.DictReader(io.StringIO(answer.text))
                assert "CASA-2041" in " ".join(row.values())


async def test_a_list_has_an_etag_until_something_changes(depot: Depot) -> None:
    await depot.saw(composed())
    async with served(depot) as api:
        etag = (await api.ask("GET", "/outgoing")).headers["etag"]
        known: Any = {"If-None-Match": etag}
        assert (await api.ask("GET", "/outgoing", headers=known)).status_code == 304
        await depot.saw(begun())
        assert (await api.ask("GET", "/outgoing", headers=known)).status_code == 200


async def test_nobody_who_was_forgotten_is_named(depot: Depot) -> None:
    await people(depot)
    await depot.saw(registered(), asked(), composed(), came_back())
    await depot.saw(recipient_forgotten(), user_forgotten("karim"))
    async with served(depot) as api:
        [one] = await api.items("/returns")
        assert (one["recipient_name"], one["courier"]["name"]) == ("", "")
        [task] = await api.items("/work")
        assert task["recipient_name"] == ""
