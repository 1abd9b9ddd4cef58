"""The routes of tours, over a real store."""

from dataclasses import replace
from typing import Any

import pytest

from contracts.accounts.user_v1 import Role, UserDeactivated
from infra.testing.esdb import EsdbDouble
from infra.testing.following import NOON, activated, follow, user
from infra.testing.routes import Existing
from services.depot_tours.aggregates import TOUR
from services.depot_tours.service import service
from services.depot_tours.tests.serving import AT_THE_DOOR, BODY, DOOR, ORDER_ID, RECIPIENT, served
from services.depot_tours.tour.departure import MOST_TRIES

CASH = BODY["cash_on_delivery"]
WHOLE = {
    "parcels": [{"parcel": "CASA-2041", "finding": "received"}],
    "cash_on_delivery": CASH,
}


@pytest.mark.requirement("EXX-13", "EXX-14")
async def test_a_tour_goes_from_the_depot_to_the_recipient(database: str) -> None:
    async with served(database) as api:
        path = await api.composed(await api.prepared())
        assert (await api.karim("GET", path)).json()["status"] == "ready"
        await api.omar("POST", f"{path}/scans", {"scanned": "CASA-2041"})
        code = await api.taken(path)
        assert (await api.omar("PUT", f"{path}/exit", {"code": code})).is_success
        order = f"{path}/orders/{ORDER_ID}"
        assert (await api.karim("GET", order)).json()["recipient"] == RECIPIENT
        absent = {"reason": "absent", "photo_file_id": "f-1", "location": DOOR}
        assert (await api.karim("PUT", f"{order}/failures/1", absent)).is_success
        assert (await api.karim("PUT", f"{order}/delivery", {"cash": CASH})).is_success
        [shown] = (await api.omar("GET", path)).json()["orders"]
        assert shown["status"] == "handed_over"
        [failure] = shown["failures"]
        assert failure.pop("failed_at")
        assert failure == absent | {"attempt": 1, "called": False}
        items = (await api.omar("GET", f"{path}/history")).json()["items"]
        assert [one["actor"] for one in items] == ["omar", "omar", "karim", "omar", *["karim"] * 2]


BAD_AT_THE_DOOR: list[tuple[str, dict[str, Any], str]] = [
    ("failures/1", {"location": None}, "/location"),
    ("failures/1", {"called": False}, "/photo_file_id"),
    ("delivery", {"cash": None}, "/cash"),
    ("delivery", {"cash": CASH | {"amount_minor": -34_900}}, "/cash"),
    ("delivery", {"cash": CASH | {"currency": "EUR"}}, "/cash"),
]


@pytest.mark.requirement("M-04")
async def test_what_a_courier_says_is_refused_with_its_field(database: str) -> None:
    async with served(database) as api:
        order = f"{await api.out(await api.prepared())}/orders/{ORDER_ID}"
        for path, changed, field in BAD_AT_THE_DOOR:
            body = AT_THE_DOOR | changed if path.startswith("failures") else changed
            refused = await api.karim("PUT", f"{order}/{path}", body)
            assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, field)
        assert (await api.karim("PUT", f"{order}/delivery", {"cash": CASH})).is_success


@pytest.mark.parametrize("photo", ["f-2", "f-9"])
async def test_an_attempt_names_a_photo_of_the_courier(database: str, photo: str) -> None:
    async with served(database) as api:
        path = "/tours/t-1/orders/o-1/failures/1"
        refused = await api.karim("PUT", path, {"reason": "absent", "photo_file_id": photo})
        assert refused.status_code == 422
        assert [one["field"] for one in refused.json()["errors"]] == ["/photo_file_id"]


async def test_a_wrong_code_is_counted_until_the_courier_takes_the_tour_again(
    database: str,
) -> None:
    async with served(database) as api:
        path, code = await api.handing_over(await api.prepared())
        wrong = {"code": f"{(int(code) + 1) % 10**6:06}"}
        told = [await api.omar("PUT", f"{path}/exit", wrong) for _ in range(MOST_TRIES)]
        assert [one.json()["facts"]["left"] for one in told] == [4, 3, 2, 1, 0]
        for tried in (wrong, {"code": code}):
            refused = await api.omar("PUT", f"{path}/exit", tried)
            assert refused.json()["type"].endswith("code-tried-too-often")
        history = await api.running.commands.history(TOUR, path.rpartition("/")[2])
        assert code not in str(history)
        code = await api.taken(path)
        assert (await api.omar("PUT", f"{path}/exit", {"code": code})).is_success


async def test_a_courier_takes_what_was_seen_and_no_other_parcel(database: str) -> None:
    async with served(database) as api:
        first, second = await api.prepared(), await api.prepared(tracking_number="CASA-7")
        path = await api.composed(first, second)
        await api.omar("POST", f"{path}/scans", {"scanned": "CASA-7"})
        stale = await api.karim("POST", f"{path}/handovers", {"loaded": ["CASA-7", "CASA-2041"]})
        assert (stale.status_code, stale.json()["now"]) == (412, {"/loaded": ["CASA-7"]})
        code = await api.taken(path)
        await api.omar("POST", f"{path}/scans", {"scanned": "CASA-2041"})
        late = await api.omar("PUT", f"{path}/exit", {"code": code})
        assert late.json()["type"].endswith("handover-not-begun")
        assert (await api.omar("PUT", f"{path}/exit", {"code": await api.taken(path)})).is_success


async def test_who_was_signed_out_takes_no_parcels_and_no_cash(database: str) -> None:
    async with served(database) as api:
        path, code = await api.handing_over(await api.prepared())
        gone = [
            UserDeactivated(
                user_id=one, organisation_id="maarif", deactivated_by="nadia", deactivated_at=NOON
            )
            for one in ("omar", "karim")
        ]
        for one in gone:
            await follow(api.running, user(one.user_id, "maarif"), one)
        asked = [
            await api.omar("PUT", f"{path}/exit", {"code": code}),
            await api.karim("PUT", f"{path}/orders/{ORDER_ID}/delivery", {"cash": CASH}),
        ]
        assert [one.json()["type"] for one in asked] == ["urn:relais:problem:session-over"] * 2


async def test_an_order_is_on_one_tour(database: str) -> None:
    async with served(database) as api:
        first, second = await api.prepared(), await api.prepared(tracking_number="CASA-7")
        path = await api.composed(first)
        both = {"courier_id": "karim", "order_ids": [second, first]}
        refused = await api.omar("POST", "/tours", both)
        assert refused.json()["facts"]["tracking_number"] == "CASA-2041"
        other = await api.composed(second)
        scanned = await api.omar("POST", f"{other}/scans", {"scanned": "CASA-2041"})
        assert scanned.json()["type"].endswith("parcel-of-another-tour")
        assert scanned.json()["facts"]["tour_id"] == path.rpartition("/")[2]


async def test_orders_are_claimed_and_given_back_with_events_that_are_elsewhere(
    database: str,
) -> None:
    async with (
        EsdbDouble() as server,
        served(database, stores={service.name: server.url}) as api,
    ):
        first, second = await api.prepared(), await api.prepared(tracking_number="CASA-7")
        path = await api.composed(first, second)
        twice = {"courier_id": "karim", "order_ids": [first]}
        assert (await api.omar("POST", "/tours", twice)).status_code == 409
        await api.omar("POST", f"{path}/scans", {"scanned": "CASA-7"})
        code = await api.taken(path)
        left = [{"parcel": "CASA-2041", "reason": "no_room"}]
        answer = await api.omar("PUT", f"{path}/exit", {"code": code, "left_behind": left})
        assert answer.is_success, answer.text
        await api.composed(first)


async def test_an_order_that_stays_may_go_with_another_tour(database: str) -> None:
    async with served(database) as api:
        first, second = await api.prepared(), await api.prepared(tracking_number="CASA-7")
        path = await api.composed(first, second)
        await api.omar("POST", f"{path}/scans", {"scanned": "CASA-7"})
        code = await api.taken(path)
        left = [{"parcel": "CASA-2041", "reason": "no_room"}]
        answer = await api.omar("PUT", f"{path}/exit", {"code": code, "left_behind": left})
        assert answer.is_success
        shown = (await api.omar("GET", path)).json()
        assert [one["status"] for one in shown["orders"]] == ["left_behind", "out"]
        await api.composed(first)


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"order_ids": []}, "/order_ids"),
    ({"order_ids": ["nothing"]}, "/order_ids/0"),
    ({"courier_id": "lea"}, "/courier_id"),
    ({"courier_id": "nobody-here"}, "/courier_id"),
]


async def test_a_tour_names_prepared_orders_and_a_courier_of_the_depot(database: str) -> None:
    async with served(database) as api:
        body = {"courier_id": "karim", "order_ids": [await api.prepared()]}
        for change, field in WRONG:
            refused = await api.omar("POST", "/tours", body | change)
            assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, field)
        path = await api.assigned(tracking_number="CASA-7")
        waiting = {"order_ids": [path.rpartition("/")[2]]}
        early = await api.omar("POST", "/tours", body | waiting)
        assert early.json()["type"].endswith("order-is-not-prepared")


@pytest.mark.requirement("G-23")
async def test_a_canceled_tour_goes_to_another_courier(database: str) -> None:
    async with served(database) as api:
        path = await api.composed(await api.prepared())
        assert (await api.karim("PUT", f"{path}/cancellation")).is_success
        assert (await api.omar("GET", path)).json()["status"] == "canceled"
        given = await api.omar("PUT", f"{path}/courier", {"courier_id": "hassan"})
        assert given.is_success
        assert (await api.omar("GET", path)).json()["courier_id"] == "hassan"
        assert (await api.karim("GET", path)).status_code == 404


def existing(tour_id: str, pickup_id: str) -> Existing:
    """An order and its tour, which is out, and a pickup of another one."""
    return Existing(
        ids={"order_id": ORDER_ID, "tour_id": tour_id, "pickup_id": pickup_id},
        words={"attempt": "1"},
        bodies={
            "PUT /orders/{order_id}/preparation": {"operator_id": "omar"},
            "POST /orders/{order_id}/preparation/scans": {"scanned": "CASA-2041"},
            "PUT /orders/{order_id}/preparation/completion": {},
            "PUT /pickups/{pickup_id}/courier": {"courier_id": "omar"},
            "PUT /pickups/{pickup_id}/verification": {"scanned": ["CASA-7"]},
            "PUT /tours/{tour_id}/courier": {"courier_id": "omar"},
            "POST /tours/{tour_id}/scans": {"scanned": "CASA-2041"},
            "POST /tours/{tour_id}/handovers": {"loaded": ["CASA-2041"]},
            "PUT /tours/{tour_id}/exit": {"code": "123456"},
            "PUT /returns/{order_id}/check": WHOLE,
            "PUT /returns/{order_id}/shelf": {"parcel": "CASA-2041", "shelf": "B-12"},
            "PUT /tours/{tour_id}/orders/{order_id}/delivery": {},
            "PUT /tours/{tour_id}/orders/{order_id}/failures/{attempt}": {"reason": "absent"},
        },
        owners={"operator": "omar", "administration": "nadia", "courier": "karim"},
    )


@pytest.mark.requirement("G-01")
async def test_strangers_find_no_trace_of_orders_and_tours(database: str) -> None:
    async with served(database) as api:
        order_id = await api.prepared()
        await api.given_back(order_id)
        checked = await api.omar("PUT", f"/returns/{order_id}/check", WHOLE)
        assert checked.is_success
        path = await api.out(order_id)
        pickup = await api.planned(tracking_number="CASA-7", parcels=[{}])
        given = await api.omar("PUT", f"{pickup}/courier", {"courier_id": "karim"})
        assert given.is_success
        theirs = activated("omar", "strangers", Role.COURIER)
        both = replace(theirs, roles=(Role.COURIER, Role.OPERATOR))
        await follow(api.running, user("omar", "strangers", Role.COURIER), both)
        ids = (one.rpartition("/")[2] for one in (path, pickup))
        await existing(*ids).is_hidden_from(api)
