"""The routes of orders, over a real store."""

from typing import Any
from uuid import uuid4

import pytest

from contracts.accounts.user_v1 import Role
from infra.commands import CommandContext, Done
from infra.testing.following import NOON, activated, follow, user
from services.depot_tours.aggregates import ORDER
from services.depot_tours.http.orders import MOST_PARCELS
from services.depot_tours.tests.serving import BODY, ORDER_ID, RECIPIENT, SSCC, served


@pytest.mark.requirement("EXX-07", "EXX-08")
async def test_an_order_goes_from_its_registration_until_it_is_prepared(database: str) -> None:
    async with served(database) as api:
        path = await api.registered()
        early = await api.scanned(path, "CASA-2041/1")
        assert early.json()["type"].endswith("order-is-not-assigned")
        await api.assigned()
        for text in ("casa-2041/1", f"]C100{SSCC}"):
            assert (await api.scanned(path, text)).is_success
        done = await api.omar("PUT", f"{path}/preparation/completion", {})
        assert done.is_success
        shown = (await api.omar("GET", path)).json()
        assert shown["status"] == "prepared"
        assert shown["recipient"] == RECIPIENT
        assert shown["scanned"] == ["CASA-2041/1", SSCC]
        assert shown["cash_on_delivery"] == BODY["cash_on_delivery"]
        items = (await api.omar("GET", f"{path}/history")).json()["items"]
        assert [item["actor"] for item in items] == ["omar", "nadia", "omar", "omar", "omar"]


async def test_a_scan_says_why_it_is_refused(database: str) -> None:
    async with served(database) as api:
        path = await api.assigned()
        await api.registered(tracking_number="CASA-7", parcels=[{}])
        await api.scanned(path, "CASA-2041/1")
        for text, problem in (
            ("CASA-2041/1", "parcel-is-scanned"),
            ("CASA-7", "parcel-of-another-order"),
            ("CASA-8", "parcel-unknown"),
        ):
            assert (await api.scanned(path, text)).json()["type"].endswith(problem)
        left = await api.omar("PUT", f"{path}/preparation/completion", {})
        assert left.json()["facts"]["parcel_codes"] == [SSCC]
        lacking = {"missing": [{"parcel": f"(00){SSCC}", "reason": "damaged"}]}
        assert (await api.omar("PUT", f"{path}/preparation/completion", lacking)).is_success
        missing = (await api.omar("GET", path)).json()["missing"]
        assert missing == [{"parcel_code": SSCC, "reason": "damaged"}]


async def test_tracking_numbers_and_parcels_are_one_orders_in_an_organisation(
    database: str,
) -> None:
    async with served(database) as api:
        path = await api.registered()
        assert await api.registered() == path
        other = await api.omar("POST", "/orders", BODY | {"city": "Rabat"})
        assert other.json()["type"].endswith("tracking-number-taken")
        again = BODY | {"tracking_number": "CASA-7"}
        taken = await api.omar("POST", "/orders", again)
        assert (taken.status_code, taken.json()["facts"]["parcel_code"]) == (409, SSCC)
        history = await api.running.commands.history(ORDER, path.rpartition("/")[2])
        assert len(history) == 1
        elsewhere = await api.ask("POST", "/orders", BODY, org="elsewhere")
        assert elsewhere.status_code == 201


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"tracking_number": "casa/1"}, "/tracking_number"),
    ({"parcels": []}, "/parcels"),
    ({"parcels": [{}] * (MOST_PARCELS + 1)}, "/parcels"),
    ({"parcels": [{"sscc": "340123450000000001"}]}, "/parcels/0/sscc"),
    ({"recipient": RECIPIENT | {"phone": "12"}}, "/recipient/phone"),
    ({"cash_on_delivery": {"amount_minor": 0, "currency": "MAD"}}, "/cash_on_delivery"),
    ({"cash_on_delivery": {"amount_minor": 100, "currency": "EUR"}}, "/cash_on_delivery"),
]


async def test_a_body_is_as_it_should_be(database: str) -> None:
    async with served(database) as api:
        for change, field in WRONG:
            refused = await api.omar("POST", "/orders", BODY | change)
            assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, field)
        whole: dict[str, Any] = {"parcels": [{}] * MOST_PARCELS, "cash_on_delivery": None}
        assert (await api.omar("POST", "/orders", BODY | whole)).is_success


@pytest.mark.requirement("G-22", "SM-08")
async def test_an_order_is_given_to_somebody_who_prepares_orders_in_the_depot(
    database: str,
) -> None:
    async with served(database) as api:
        path = f"{await api.registered()}/preparation"
        await follow(api.running, user("said", "maarif", Role.OPERATOR))
        for nobody in ("lea", "nobody-here", "karim", "said"):
            refused = await api.ask("PUT", path, {"operator_id": nobody})
            assert refused.json()["errors"][0]["field"] == "/operator_id", nobody
        assert (await api.ask("PUT", path, {"operator_id": "omar"})).is_success
        for role in (Role.DEPOT_AGENT, Role.ADMINISTRATION):
            await follow(api.running, activated("said", "maarif", role))
            assert (await api.ask("PUT", path, {"operator_id": "said"})).is_success, role


async def test_a_forgotten_recipient_is_shown_to_nobody(database: str) -> None:
    async with served(database) as api:
        path = await api.registered()
        await api.running.keyring.forget(ORDER_ID, "salma")
        assert ORDER.forget is not None
        forget = ORDER.forget(ORDER_ID, "maarif", NOON)
        context = CommandContext(uuid4(), "c", "c", "operator:sara", "maarif", NOON, "forget")
        assert isinstance(await api.running.commands.handle(ORDER, ORDER_ID, forget, context), Done)
        shown = (await api.omar("GET", path)).json()
        assert (shown["recipient"], shown["city"]) == (None, "Casablanca")
        assert RECIPIENT["name"] not in (await api.omar("GET", f"{path}/history")).text
