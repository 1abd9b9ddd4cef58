"""Validations and exits that are taken back, over a real store (D5)."""

import asyncio
from typing import Any

from services.depot_tours.tests.serving import AT_THE_DOOR, Caller, served
from services.depot_tours.tests.test_tours_api import WHOLE


def kind(answer: Any) -> str:
    return str(answer.json()["type"]).removeprefix("urn:relais:problem:")


async def undone(api: Caller, order_id: str) -> Any:
    return await api.omar("DELETE", f"/orders/{order_id}/preparation/completion")


async def test_a_validation_is_taken_back_while_no_tour_has_the_order(database: str) -> None:
    async with served(database) as api:
        order_id = await api.prepared()
        for _ in range(2):
            assert (await undone(api, order_id)).is_success
        assert (await api.omar("GET", f"/orders/{order_id}")).json()["status"] == "to_prepare"
        asked = {"courier_id": "karim", "order_ids": [order_id]}
        assert kind(await api.omar("POST", "/tours", asked)) == "order-is-not-prepared"
        path = f"/orders/{order_id}"
        assert (await api.scanned(path, "CASA-2041")).is_success
        assert (await api.omar("PUT", f"{path}/preparation/completion", {})).is_success
        tour = await api.composed(order_id)
        refused = await undone(api, order_id)
        assert kind(refused) == "order-is-on-another-tour"
        assert refused.json()["facts"]["tour_id"] == tour.removeprefix("/tours/")


async def test_of_a_tour_and_an_undoing_at_once_one_is_refused(database: str) -> None:
    async with served(database) as api:
        for n in range(4):
            order_id = await api.prepared(tracking_number=f"CASA-{n}000")
            asked = {"courier_id": "karim", "order_ids": [order_id]}
            answers = await asyncio.gather(
                undone(api, order_id), api.omar("POST", "/tours", asked), undone(api, order_id)
            )
            tour = answers[1].is_success
            assert [answers[0].is_success, answers[2].is_success] == [not tour] * 2
            shown = (await api.omar("GET", f"/orders/{order_id}")).json()["status"]
            assert shown == ("prepared" if tour else "to_prepare")


async def test_an_exit_is_taken_back_with_what_had_stayed(database: str) -> None:
    async with served(database) as api:
        ids = [await api.prepared(tracking_number=f"CASA-{n}000") for n in (1, 2)]
        path = await api.composed(*ids)
        assert (await api.omar("POST", f"{path}/scans", {"scanned": "CASA-1000"})).is_success
        code = await api.taken(path)
        body = {"code": code, "left_behind": [{"parcel": "CASA-2000", "reason": "no_room"}]}
        assert (await api.omar("PUT", f"{path}/exit", body)).is_success
        other = await api.composed(ids[1])
        refused = await api.omar("DELETE", f"{path}/exit")
        assert kind(refused) == "order-is-on-another-tour"
        assert refused.json()["facts"]["tour_id"] == other.removeprefix("/tours/")


async def test_a_tour_goes_out_again_after_its_exit_was_taken_back(database: str) -> None:
    async with served(database) as api:
        order_id = await api.prepared()
        path = await api.out(order_id)
        for _ in range(2):
            assert (await api.omar("DELETE", f"{path}/exit")).is_success
        shown = (await api.omar("GET", path)).json()
        assert (shown["status"], shown["loaded"], shown["checked_out_at"]) == ("ready", [], None)
        assert (await api.omar("POST", f"{path}/scans", {"scanned": "CASA-2041"})).is_success
        left = await api.omar("PUT", f"{path}/exit", {"code": await api.taken(path)})
        assert left.is_success, left.text
        order = f"{path}/orders/{order_id}"
        failed = await api.karim("PUT", f"{order}/failures/1", AT_THE_DOOR)
        assert failed.is_success
        assert kind(await api.omar("DELETE", f"{path}/exit")) == "tour-is-under-way"
        facts = (await api.omar("GET", f"{path}/history")).json()["items"]
        names = [one["type"].rpartition(".")[2] for one in facts]
        assert names.count("checked_out") == 2
        assert names.count("exit_undone") == 1


async def test_a_tour_with_what_came_back_before_stays_out(database: str) -> None:
    async with served(database) as api:
        order_id = await api.prepared()
        await api.given_back(order_id)
        checked = await api.omar("PUT", f"/returns/{order_id}/check", WHOLE)
        assert checked.is_success, checked.text
        assert kind(await undone(api, order_id)) == "order-was-out"
        path = await api.out(order_id)
        assert kind(await api.omar("DELETE", f"{path}/exit")) == "order-was-out"
