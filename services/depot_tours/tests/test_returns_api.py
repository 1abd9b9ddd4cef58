"""The routes of returns, over a real store."""

from typing import Any

import pytest

from services.depot_tours.tests.serving import BODY, ORDER_ID, Caller, served

CASH = BODY["cash_on_delivery"]


def counted(finding: str, **changed: Any) -> dict[str, Any]:
    """A check of the only parcel."""
    parcels = [{"parcel": "CASA-2041", "finding": finding}]
    return {"parcels": parcels, "cash_on_delivery": CASH} | changed


WHOLE = counted("received")
PATH = f"/returns/{ORDER_ID}"


async def status(api: Caller) -> str:
    found: str = (await api.omar("GET", PATH)).json()["status"]
    return found


@pytest.mark.requirement("EXX-16", "EXX-17", "EXX-20", "EXX-22")
async def test_an_order_comes_back_is_approved_and_leaves_again(database: str) -> None:
    async with served(database) as api:
        await api.given_back(await api.prepared())
        shown = (await api.omar("GET", PATH)).json()
        assert (shown["status"], shown["reason"], shown["attempts"]) == ("in_depot", "refused", 1)
        body = {"courier_id": "karim", "order_ids": [ORDER_ID]}
        early = await api.omar("POST", "/tours", body)
        assert early.json()["type"].endswith("return-is-not-approved")
        assert (await api.omar("PUT", f"{PATH}/check", WHOLE)).is_success
        assert await status(api) == "approved"
        shelf = {"parcel": "CASA-2041", "shelf": "B-12"}
        assert (await api.omar("PUT", f"{PATH}/shelf", shelf)).is_success
        [stored] = (await api.omar("GET", PATH)).json()["stored"]
        assert stored == {"parcel_code": "CASA-2041", "shelf": "B-12"}
        tour = await api.out(ORDER_ID)
        await api.reacted(tour.rpartition("/")[2])
        assert await status(api) == "out_of_depot"
        items = (await api.omar("GET", f"{PATH}/history")).json()["items"]
        told = [one["type"].rpartition(".")[2] for one in items]
        assert told == ["returned", "approved", "parcel_shelved", "left"]


@pytest.mark.requirement("G-26")
async def test_what_is_missing_opens_a_claim_against_who_had_it(database: str) -> None:
    async with served(database) as api:
        await api.given_back(await api.prepared())
        lost = counted("missing", note="The courier says that it fell off")
        assert (await api.omar("PUT", f"{PATH}/check", lost)).is_success
        shown = (await api.omar("GET", PATH)).json()
        assert (shown["status"], shown["discrepancy"]["courier_id"]) == ("disputed", "karim")
        assert shown["discrepancy"]["note"] == lost["note"]
        other = await api.omar("PUT", f"{PATH}/check", WHOLE)
        assert other.json()["type"].endswith("return-is-checked")


@pytest.mark.requirement("G-26")
async def test_an_order_is_on_no_tour_while_its_cash_is_disputed(database: str) -> None:
    async with served(database) as api:
        await api.given_back(await api.prepared())
        free = counted("received", cash_on_delivery=None)
        assert (await api.omar("PUT", f"{PATH}/check", free)).is_success
        shown = (await api.omar("GET", PATH)).json()
        assert (shown["status"], shown["discrepancy"]["cash_differs"]) == ("disputed", True)
        body = {"courier_id": "karim", "order_ids": [ORDER_ID]}
        refused = await api.omar("POST", "/tours", body)
        assert refused.json()["type"].endswith("return-is-not-approved")
        silent = {"parcels": WHOLE["parcels"]}
        unsaid = await api.omar("PUT", f"{PATH}/check", silent)
        assert unsaid.json()["errors"][0]["field"] == "/cash_on_delivery"


async def test_a_check_is_undone_unless_another_tour_has_the_order(database: str) -> None:
    async with served(database) as api:
        await api.given_back(await api.prepared())
        await api.omar("PUT", f"{PATH}/check", WHOLE)
        assert (await api.omar("DELETE", f"{PATH}/check")).is_success
        assert await status(api) == "in_depot"
        await api.omar("PUT", f"{PATH}/check", WHOLE)
        await api.composed(ORDER_ID)
        late = await api.omar("DELETE", f"{PATH}/check")
        assert late.json()["type"].endswith("order-is-on-another-tour")
        assert await status(api) == "approved"
