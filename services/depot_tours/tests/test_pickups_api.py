"""The routes of pickups, over a real store."""

import pytest

from services.depot_tours.tests.serving import ORDER_ID, served

BROUGHT = {
    "scanned": ["CASA-2041/1"],
    "not_brought": [{"parcel": "(00)340123450000000000", "reason": "not_ready"}],
}


@pytest.mark.requirement("EXX-09", "EXX-10", "EXX-11", "G-23")
async def test_a_pickup_goes_to_another_courier_and_is_verified(database: str) -> None:
    async with served(database) as api:
        path = await api.planned()
        assert (await api.omar("GET", path)).json()["status"] == "pending"
        await api.omar("PUT", f"{path}/courier", {"courier_id": "karim"})
        assert (await api.karim("GET", path)).json()["status"] == "assigned"
        assert (await api.karim("PUT", f"{path}/cancellation")).is_success
        assert (await api.omar("GET", path)).json()["status"] == "canceled"
        await api.omar("PUT", f"{path}/courier", {"courier_id": "hassan"})
        assert (await api.karim("GET", path)).status_code == 404
        assert (await api.omar("PUT", f"{path}/verification", BROUGHT)).is_success
        shown = (await api.omar("GET", path)).json()
        assert (shown["status"], shown["courier_id"]) == ("verified", "hassan")
        assert shown["brought"] == ["CASA-2041/1"]
        lacking = {"parcel_code": "340123450000000000", "reason": "not_ready"}
        assert shown["not_brought"] == [lacking]
        items = (await api.omar("GET", f"{path}/history")).json()["items"]
        assert [one["actor"] for one in items] == ["omar", "omar", "karim", "omar", "omar"]


async def test_an_order_is_on_one_pickup_until_that_is_verified(database: str) -> None:
    async with served(database) as api:
        path = await api.planned()
        await api.omar("PUT", f"{path}/courier", {"courier_id": "karim"})
        body = {"order_ids": [ORDER_ID], "day": "2030-05-03"}
        refused = await api.omar("POST", "/pickups", body)
        assert refused.json()["facts"]["tour_id"] == path.rpartition("/")[2]
        unknown = await api.omar("POST", "/pickups", body | {"order_ids": ["nothing"]})
        assert unknown.json()["errors"][0]["field"] == "/order_ids/0"
        assert (await api.omar("PUT", f"{path}/verification", BROUGHT)).is_success
        assert (await api.omar("POST", "/pickups", body)).status_code == 201
