"""The routes of tills, over a real store."""

from typing import Any

import pytest

from contracts.accounts.user_v1 import Role, UserDeactivated
from infra.testing.following import NOON, activated, follow, user
from services.tills.tests.make import DAY, handed_over
from services.tills.tests.serving import COUNTS, PATH, Caller, dh, served

COURIER = {"courier_id": "karim", "expected": dh(35_000), "counted": dh(34_900)}
CLOSE = {"couriers": [COURIER | {"gap_reason": "wrong_change"}]}
LINE: dict[str, Any] = COURIER | {"gap": None, "gap_reason": None, "reported_late": None}
OPEN: dict[str, Any] = {
    "day": str(DAY),
    "status": "open",
    "couriers": [LINE],
    "in_till": None,
    "closed_by": None,
    "closed_at": None,
}


async def closed(api: Caller) -> None:
    await api.paid()
    assert (await api.counted(34_900)).is_success
    answer = await api.ask("PUT", f"{PATH}/close", CLOSE)
    assert answer.is_success, answer.text


@pytest.mark.requirement("M-04")
async def test_who_counts_sees_what_is_expected_only_after_the_close(database: str) -> None:
    async with served(database) as api:
        await api.paid()
        assert (await api.counted(34_900)).is_success
        assert (await api.ask("GET", PATH)).json() == OPEN
        blind = OPEN | {"couriers": [LINE | {"expected": None}]}
        assert (await api.omar("GET", PATH)).json() == blind
        assert (await api.omar("GET", f"{PATH}/history")).status_code == 403
        done = await api.ask("PUT", f"{PATH}/close", CLOSE)
        assert done.is_success, done.text
        shown = (await api.omar("GET", PATH)).json()
        gap = {"gap": dh(-100), "gap_reason": "wrong_change", "reported_late": dh(0)}
        assert shown.pop("closed_at").endswith("Z")
        assert shown == {
            "day": str(DAY),
            "status": "closed",
            "couriers": [COURIER | gap],
            "in_till": dh(34_900),
            "closed_by": "nadia",
        }


@pytest.mark.requirement("M-04")
async def test_a_close_names_what_was_seen(database: str) -> None:
    async with served(database) as api:
        await api.paid()
        assert (await api.counted(34_900)).is_success
        assert (await api.counted(35_000)).is_success
        stale = await api.ask("PUT", f"{PATH}/close", CLOSE)
        assert stale.status_code == 412, stale.text
        assert stale.json()["now"] == {"/couriers": [COURIER | {"counted": dh(35_000)}]}


async def test_cash_reaches_the_till_once_however_often_it_is_told(database: str) -> None:
    async with served(database) as api:
        await api.paid()
        await api.paid()
        [line] = (await api.ask("GET", PATH)).json()["couriers"]
        assert line["expected"] == dh(35_000)


async def test_what_is_told_after_the_close_is_shown_as_late(database: str) -> None:
    async with served(database) as api:
        await closed(api)
        await api.collected(handed_over("o-3"))
        [line] = (await api.ask("GET", PATH)).json()["couriers"]
        assert (line["expected"], line["reported_late"]) == (dh(35_000), dh(34_900))


async def handed_on(api: Caller) -> None:
    """A closed day whose cash went to the bank, which paid the senders; its books are kept."""
    await closed(api)
    cash = {"amount": dh(34_900), "reference": "BMCE-1"}
    orders = {"order_ids": ["o-1", "o-2"], "reference": "BMCE-2"}
    for part, body in (("deposits", cash), ("payments", orders)):
        answer = await api.ask("POST", f"{PATH}/{part}", body)
        assert answer.is_success, answer.text
    await api.booked()


@pytest.mark.requirement("M-04")
async def test_the_books_follow_the_cash_to_the_senders(database: str) -> None:
    async with served(database) as api:
        await handed_on(api)
        found = (await api.ask("GET", f"{PATH}/accounts")).json()["items"]
        assert {one["account"]: one["balance"] for one in found} == {
            "recipients": dh(-35_000),
            "courier:karim": dh(0),
            "gaps:wrong_change": dh(100),
            "till": dh(0),
            "bank": dh(-100),
            "senders": dh(35_000),
        }
        entries = (await api.ask("GET", f"{PATH}/entries")).json()["items"]
        [paid] = [one for one in entries if one["entry_id"] == "payment:BMCE-2"]
        assert paid.pop("booked_at").endswith("Z")
        postings = [("bank", dh(-35_000)), ("senders", dh(35_000))]
        lines = [{"account": account, "amount": amount} for account, amount in postings]
        assert paid == {"entry_id": "payment:BMCE-2", "day": str(DAY), "postings": lines}


async def test_only_couriers_of_the_depot_are_counted(database: str) -> None:
    async with served(database) as api:
        await api.paid()
        for courier in ("samir", "omar", "nobody-knows"):
            refused = await api.counted(100, courier)
            assert refused.status_code == 422
            assert refused.json()["errors"][0]["field"] == "/courier_id"
        await follow(
            api.running,
            user("hassan", "maarif", Role.COURIER),
            activated("hassan", "maarif", Role.COURIER),
        )
        assert (await api.counted(100, "hassan")).is_success


def gone(user_id: str) -> UserDeactivated:
    return UserDeactivated(
        user_id=user_id, organisation_id="maarif", deactivated_by="nadia", deactivated_at=NOON
    )


async def test_cash_of_a_courier_whose_account_was_closed_is_counted(database: str) -> None:
    async with served(database) as api:
        await api.paid()
        await follow(api.running, gone("karim"))
        assert (await api.counted(35_000)).is_success


async def test_a_closed_account_brings_cash_of_an_earlier_day(database: str) -> None:
    async with served(database) as api:
        await api.paid()
        await follow(api.running, user("hassan", "maarif", Role.COURIER))
        await follow(api.running, user("rim", "maarif", Role.OPERATOR), gone("rim"))
        for courier in ("hassan", "rim"):
            assert (await api.counted(100, courier)).status_code == 422, courier
        await follow(api.running, gone("hassan"))
        assert (await api.counted(100, "hassan")).is_success


@pytest.mark.parametrize(
    ("counted", "slug"),
    [
        ({"amount_minor": -1, "currency": "MAD"}, "cash-not-possible"),
        ({"amount_minor": 100, "currency": "EUR"}, "wrong-currency"),
    ],
    ids=["less than nothing", "euros"],
)
async def test_bad_cash_is_refused_with_its_field(
    database: str, counted: dict[str, Any], slug: str
) -> None:
    async with served(database) as api:
        await api.paid()
        body = {"courier_id": "karim", "counted": counted}
        refused = await api.omar("POST", COUNTS, body)
        assert (refused.status_code, refused.json()["type"]) == (422, f"urn:relais:problem:{slug}")
        assert refused.json()["errors"][0]["field"] == "/counted"


async def test_a_manager_who_is_an_operator_too_does_not_count(database: str) -> None:
    async with served(database) as api:
        await api.paid()
        body = {"courier_id": "karim", "counted": dh(1)}
        both = await api.ask("POST", COUNTS, body, "nadia", ("administration", "operator"))
        assert both.json()["type"] == "urn:relais:problem:count-is-not-blind"
        assert (await api.ask("POST", COUNTS, body)).status_code == 403


async def test_the_till_of_one_depot_is_hidden_from_another(database: str) -> None:
    async with served(database) as api:
        await closed(api)
        await api.booked()
        assert (await api.ask("GET", PATH, org="elsewhere")).status_code == 404
        assert (await api.ask("GET", f"{PATH}/history", org="elsewhere")).status_code == 404
        for part in ("accounts", "entries"):
            found = await api.ask("GET", f"{PATH}/{part}", org="elsewhere")
            assert found.json()["items"] == []


async def test_a_time_that_is_no_day_in_casablanca_is_refused(database: str) -> None:
    async with served(database) as api:
        body, at = {"courier_id": "karim", "counted": dh(1)}, "0001-01-01T00:00:00Z"
        sent = {"Relais-Occurred-At": at}
        refused = await api.ask("POST", COUNTS, body, "omar", ("operator",), headers=sent)
        assert refused.status_code == 400
        assert refused.json()["errors"][0]["field"] == "header:Relais-Occurred-At"
