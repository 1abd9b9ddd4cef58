"""An order, a pickup and a tour with all that is known of them; and who may ask."""

from typing import Any, get_args

import pytest

from infra.http.app import admissions
from infra.testing.routes import Existing
from infra.tokens import Role
from services.views.depot.service import router
from services.views.depot.tests.make import (
    FIRST,
    SECOND,
    approved,
    asked,
    begun,
    came_back,
    canceled,
    cash_gap,
    check_undone,
    checked_out,
    collected,
    composed,
    differs,
    exit_undone,
    failed,
    given_back,
    handed_over,
    left_again,
    loaded,
    on_tour,
    pickup_given,
    planned,
    preparation_undone,
    prepared,
    reassigned,
    recipient_forgotten,
    registered,
    scanned,
    till_closed,
    verified,
)
from services.views.depot.tests.stage import Depot, served
from services.views.depot.tests.test_inventories import disputed, opened
from services.views.depot.tests.test_lists import CASH, KARIM, OMAR, people

NADIA = {"user_id": "nadia", "name": "", "phone": ""}
RECIPIENT = {
    "name": "Salma Idrissi",
    "phone": "+212612345678",
    "address": "12 rue Ibn Batouta",
}
CARRIED: dict[str, Any] = {
    "order_id": "o-1",
    "tracking_number": "CASA-2041",
    "city": "Fès",
    "recipient": RECIPIENT,
    "parcel_codes": [FIRST, SECOND],
    "cash_on_delivery": CASH,
    "status": "given_back",
    "attempts": 1,
    "failure": "refused",
    "ended_at": "2030-05-01T15:00:00Z",
}
PICKED_UP = {
    "pickup_id": "k-1",
    "status": "verified",
    "day": "2030-05-02",
    "courier": KARIM,
}
TAKEN_OUT = {
    "tour_id": "t-1",
    "status": "over",
    "courier": KARIM,
    "order": CARRIED,
    "checked_out_at": "2030-05-01T13:00:00Z",
}
OF_KARIM = "courier_id=karim&week=2030-05-01&figure="
IDS = {
    "order_id": "o-1",
    "tour_id": "t-1",
    "pickup_id": "k-1",
    "to_prepare": "o-2",
    "courier": "karim",
    "courier_id": "karim",
    "till_id": "maarif:2030-05-01",
    "inventory_id": "z-1",
}
COUNTING = ("GET /work/waiting", "GET /returns/held")
"""What has numbers and no ids."""


async def everything(depot: Depot) -> None:
    """An order that was brought, prepared, taken out and came back."""
    await people(depot)
    await depot.saw(registered(), asked(), scanned(), planned(), pickup_given(), verified())
    await depot.saw(prepared(), composed(), loaded(), checked_out(behind=(SECOND,)))
    await depot.saw(failed(), given_back(), came_back())


@pytest.mark.requirement("EXX-07")
async def test_an_order_shows_how_it_was_prepared(depot: Depot) -> None:
    await everything(depot)
    async with served(depot) as api:
        shown = await api.shown("/orders/o-1")
    del shown["pickups"], shown["tours"], shown["returned"]
    assert shown == {
        "order_id": "o-1",
        "tracking_number": "CASA-2041",
        "status": "prepared",
        "city": "Fès",
        "recipient": RECIPIENT,
        "parcel_codes": [FIRST, SECOND],
        "cash_on_delivery": CASH,
        "operator": OMAR,
        "scanned": [FIRST],
        "missing": [{"parcel_code": SECOND, "reason": "damaged"}],
        "registered_by": NADIA,
        "registered_at": "2030-05-01T12:00:00Z",
        "assigned_at": "2030-05-01T12:00:00Z",
        "prepared_by": OMAR,
        "prepared_at": "2030-05-01T13:00:00Z",
    }


@pytest.mark.requirement("EXX-18")
async def test_an_order_shows_the_ways_it_went(depot: Depot) -> None:
    await everything(depot)
    await depot.saw(differs(), approved(), left_again())
    async with served(depot) as api:
        shown = await api.shown("/orders/o-1")
        [listed] = await api.items("/returns")
    assert (shown["pickups"], shown["tours"]) == ([PICKED_UP], [TAKEN_OUT])
    assert shown["returned"] == listed | {
        "stayed": [SECOND],
        "brought_by": KARIM,
        "approved_by": OMAR,
        "differing": [{"parcel_code": "RABAT-7", "finding": "extra"}],
        "cash_differs": True,
        "left_with": "t-2",
        "left_at": "2030-05-02T12:00:00Z",
        "sent_back_at": None,
    }
    assert listed["courier"]["user_id"] == "hassan"


async def test_a_check_that_was_undone_leaves_nothing(depot: Depot) -> None:
    await depot.saw(registered(), came_back())
    async with served(depot) as api:
        before = await api.shown("/orders/o-1")
        await depot.saw(differs(), approved(), check_undone())
        assert await api.shown("/orders/o-1") == before


@pytest.mark.requirement("EXX-14")
async def test_a_tour_shows_its_orders_and_what_stayed(depot: Depot) -> None:
    await everything(depot)
    async with served(depot) as api:
        shown = await api.shown("/tours/t-1")
        [listed] = await api.items("/outgoing?status=over")
    assert listed["parcels"] == 1
    assert shown == listed | {
        "orders": [CARRIED],
        "loaded": [FIRST],
        "left_behind": [{"parcel_code": SECOND, "reason": "no_room"}],
        "composed_by": NADIA,
        "checked_out_by": OMAR,
        "canceled_at": None,
    }


@pytest.mark.requirement("G-23")
async def test_a_canceled_tour_begins_anew_with_another_courier(depot: Depot) -> None:
    await depot.saw(composed(), loaded(), canceled())
    async with served(depot) as api:
        shown = await api.shown("/tours/t-1")
        assert (shown["status"], shown["canceled_at"]) == ("canceled", "2030-05-01T13:00:00Z")
        await depot.saw(reassigned())
        shown = await api.shown("/tours/t-1")
        assert (shown["status"], shown["loaded"], shown["canceled_at"]) == ("ready", [], None)
        assert shown["courier"]["user_id"] == "hassan"


async def test_an_exit_that_was_undone_leaves_nothing(depot: Depot) -> None:
    await depot.saw(composed(on_tour(), on_tour("o-2", "RABAT-7")))
    async with served(depot) as api:
        before = await api.shown("/tours/t-1")
        await depot.saw(loaded(), begun(), checked_out("o-1", behind=(SECOND, "RABAT-7")))
        await depot.saw(exit_undone())
        assert await api.shown("/tours/t-1") == before


async def test_a_preparation_that_was_undone_is_to_be_done(depot: Depot) -> None:
    await depot.saw(registered(), asked())
    async with served(depot) as api:
        before = await api.shown("/orders/o-1")
        await depot.saw(scanned(), prepared(), preparation_undone())
        assert await api.shown("/orders/o-1") == before


async def test_a_tour_is_taken_again_when_one_more_parcel_is_scanned(depot: Depot) -> None:
    await depot.saw(composed(), loaded(), begun())
    async with served(depot) as api:
        assert (await api.shown("/tours/t-1"))["status"] == "handing_over"
        await depot.saw(loaded(SECOND))
        shown = await api.shown("/tours/t-1")
    assert (shown["status"], shown["loaded"]) == ("ready", [FIRST, SECOND])


async def test_a_tour_is_over_once_it_is_known_what_became_of_each_order(depot: Depot) -> None:
    three = [on_tour(), on_tour("o-2", "RABAT-7"), on_tour("o-3", "AGA-1")]
    await depot.saw(composed(*three), checked_out("o-1", "o-2", behind=("AGA-1",)))
    async with served(depot) as api:
        for done, status in ((handed_over(), "out"), (handed_over("o-2"), "over")):
            await depot.saw(done)
            assert (await api.shown("/tours/t-1"))["status"] == status
        orders = (await api.shown("/tours/t-1"))["orders"]
    assert [one["status"] for one in orders] == ["handed_over", "handed_over", "left_behind"]


@pytest.mark.requirement("EXX-10", "EXX-11")
async def test_a_pickup_shows_its_orders_and_what_was_brought(depot: Depot) -> None:
    await everything(depot)
    async with served(depot) as api:
        shown = await api.shown("/pickups/k-1")
        [listed] = await api.items("/incoming")
    order = {"order_id": "o-1", "tracking_number": "CASA-2041", "city": "Fès"}
    assert shown == listed | {
        "orders": [order | {"parcel_codes": [FIRST, SECOND]}],
        "brought": [FIRST],
        "not_brought": [{"parcel_code": SECOND, "reason": "not_ready"}],
        "planned_at": "2030-05-01T12:00:00Z",
        "assigned_at": "2030-05-01T13:00:00Z",
        "canceled_at": None,
        "verified_by": OMAR,
        "verified_at": "2030-05-01T15:00:00Z",
    }


async def test_a_recipient_who_was_forgotten_is_shown_nowhere(depot: Depot) -> None:
    await everything(depot)
    await depot.saw(recipient_forgotten())
    async with served(depot) as api:
        assert (await api.shown("/orders/o-1"))["recipient"] is None
        assert (await api.shown("/tours/t-1"))["orders"][0]["recipient"] is None
    async with depot.pool.connection() as connection:
        cursor = await connection.execute("select recipient_name, phone, address from orders")
        assert await cursor.fetchall() == [("", "", "")]


# --- Who may ----------------------------------------------------------------


def test_only_the_people_of_a_depot_ask() -> None:
    for route, admission in admissions(router.routes):
        others = {"operator", "depot_agent"}
        if route.path.startswith("/tills"):
            others = set()
        if route.path.startswith(("/scorecard", "/inventories/claims")):
            others = {"operator"}
        assert admission.roles == frozenset({"administration", *others}), route.path


async def test_others_are_refused(depot: Depot) -> None:
    async with served(depot) as api:
        for role in {*get_args(Role)} - {"administration", "operator", "depot_agent"}:
            assert (await api.ask("GET", "/returns", roles=(role,))).status_code == 403, role


@pytest.mark.requirement("G-01")
async def test_another_depot_finds_no_trace(depot: Depot) -> None:
    await everything(depot)
    await depot.saw(registered("o-2"), asked(id="o-2"), collected(), till_closed(), cash_gap())
    await depot.saw(opened(), disputed("CASA-2041/2", "o-1", None, "c-1"))
    existing = Existing(
        ids=IDS,
        words={"day": "2030-05-01"},
        queries={
            "GET /outgoing": "status=over",
            "GET /scorecard/deliveries": f"{OF_KARIM}given_back",
            "GET /scorecard/returns": f"{OF_KARIM}returned",
            "GET /scorecard/gaps": OF_KARIM.removesuffix("&figure="),
        },
        owners={"administration": "nadia", "operator": "omar"},
        for_all=COUNTING,
    )
    async with served(depot) as api:
        await existing.is_hidden_from(api)
        for path in COUNTING:
            counted = await api.shown(path.removeprefix("GET "), org="strangers")
            assert not any(counted.values()), path
