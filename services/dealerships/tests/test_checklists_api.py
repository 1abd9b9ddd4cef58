"""The routes of checklists, over a real store."""

from typing import Any

import pytest
from pydantic import ValidationError

from services.dealerships.aggregates import CHECKLIST
from services.dealerships.http.checklists import ThresholdsBody
from services.dealerships.tests.serving import Caller, refusal, served

ITEM: dict[str, Any] = {
    "item_id": "pads",
    "label": "Plaquettes",
    "translations": [{"language": "en", "label": "Pads"}],
    "level": "advised",
    "price": {"price": {"amount_minor": 18_900, "currency": "EUR"}, "mode": "including_vat"},
    "measurement": {
        "unit": "millimetre",
        "thresholds": {
            "advised_below_thousandths": 5_000,
            "urgent_below_thousandths": 3_000,
            "advised_due_days": 90,
            "urgent_due_days": 7,
        },
        "brands": [
            {
                "brand": "peugeot",
                "thresholds": {
                    "advised_below_thousandths": 6_000,
                    "urgent_below_thousandths": 4_000,
                    "advised_due_days": None,
                    "urgent_due_days": 0,
                },
            }
        ],
    },
}
CATEGORY: dict[str, Any] = {"label": "Freins", "translations": [], "items": [ITEM]}
BODY: dict[str, Any] = {
    "brand": "peugeot",
    "title": "Hiver",
    "language": "fr",
    "categories": [CATEGORY],
}
UNPRICED = ITEM | {"price": None}
OF_MANUFACTURER = BODY | {"title": "Peugeot", "categories": [CATEGORY | {"items": [UNPRICED]}]}


async def written(api: Caller, where: str, **changed: Any) -> str:
    answer = await api.manager(where, "POST", "/checklists", BODY | changed)
    return await api.made(answer, CHECKLIST)


async def of_manufacturer(api: Caller, **changed: Any) -> str:
    body = OF_MANUFACTURER | changed
    return await api.made(await api.operator("POST", "/manufacturer-checklists", body), CHECKLIST)


@pytest.mark.requirement("FLB-143", "FLB-144", "FLB-145", "G-91")
async def test_a_checklist_is_written_changed_and_deleted(database: str) -> None:
    async with served(database) as api:
        where = await api.opened()
        path = f"/checklists/{await written(api, where)}"
        found = (await api.at(where, "device", "GET", path)).json()
        at = found.pop("saved_at")
        assert at.endswith("Z")
        assert found == {
            **BODY,
            "checklist_id": path.rpartition("/")[2],
            "manufacturer": False,
            "copy_of": None,
            "saved_by": "ines",
        }
        summer = BODY | {"title": "Été", "brand": None}
        assert (await api.manager(where, "PUT", path, summer)).status_code == 200
        assert (await api.manager(where, "GET", path)).json()["title"] == "Été"
        for _ in range(2):
            assert (await api.manager(where, "DELETE", path)).status_code == 200
        assert refusal(await api.manager(where, "GET", path)) == (404, "no-such-checklist")
        history = (await api.manager(where, "GET", f"{path}/history")).json()["items"]
        assert [one["what"].get("title") for one in history] == ["Hiver", "Été", None]


@pytest.mark.requirement("FLB-143")
async def test_a_manufacturers_is_read_and_copied_and_only_the_copy_is_changed(
    database: str,
) -> None:
    async with served(database) as api:
        where = await api.opened()
        source = await of_manufacturer(api)
        path = f"/checklists/{source}"
        assert (await api.manager(where, "GET", path)).json()["manufacturer"] is True
        for method, body in (("PUT", BODY), ("DELETE", None)):
            refused = await api.manager(where, method, path, body)
            assert refusal(refused) == (409, "checklist-of-manufacturer")
        answer = await api.manager(where, "POST", f"{path}/copies", {"title": "Chez nous"})
        copy = f"/checklists/{await api.made(answer, CHECKLIST)}"
        assert (await api.manager(where, "PUT", copy, BODY)).status_code == 200
        found = (await api.manager(where, "GET", copy)).json()
        assert (found["title"], found["copy_of"], found["manufacturer"]) == ("Hiver", source, False)


async def test_the_list_has_those_of_the_dealership_and_of_its_brands(database: str) -> None:
    async with served(database) as api:
        where, other = await api.opened(), await api.opened()
        own, shared = await written(api, where), await of_manufacturer(api)
        await written(api, other)
        hidden = await of_manufacturer(api, brand="opel")
        items = (await api.manager(where, "GET", "/checklists")).json()["items"]
        assert [one.pop("saved_at") is not None for one in items] == [True, True]
        said = {"brand": "peugeot", "language": "fr", "items": 1, "copy_of": None}
        assert items == [
            {**said, "checklist_id": own, "manufacturer": False, "title": "Hiver"}
            | {"saved_by": "ines"},
            {**said, "checklist_id": shared, "manufacturer": True, "title": "Peugeot"}
            | {"saved_by": "lea"},
        ]
        gone = await api.manager(where, "GET", f"/checklists/{hidden}")
        assert refusal(gone) == (404, "no-such-checklist")
        of_all = (await api.operator("GET", "/manufacturer-checklists")).json()["items"]
        assert {one["checklist_id"] for one in of_all} == {shared, hidden}


async def test_another_dealership_of_the_group_has_its_own(database: str) -> None:
    async with served(database) as api:
        where, other = await api.opened(), await api.opened()
        path = f"/checklists/{await written(api, where)}"
        copies = f"{path}/copies"
        for method, there, body in (
            ("GET", path, None),
            ("PUT", path, BODY),
            ("DELETE", path, None),
            ("GET", f"{path}/history", None),
            ("POST", copies, {"title": "Mine"}),
        ):
            answer = await api.manager(other, method, there, body)
            assert refusal(answer) == (404, "no-such-checklist"), f"{method} {there}"


@pytest.mark.requirement("FLB-133")
async def test_the_default_of_a_brand_is_a_checklist_for_it(database: str) -> None:
    async with served(database) as api:
        where, other = await api.opened(), await api.opened()
        for checklist_id, good in (
            (await written(api, where), True),
            (await written(api, where, brand=None), True),
            (await of_manufacturer(api), True),
            (await written(api, other), False),
            (await of_manufacturer(api, brand="opel"), False),
            ("nothing", False),
        ):
            body = {"default_checklist_id": checklist_id}
            answer = await api.manager(where, "PUT", "/brands/peugeot/settings", body)
            assert (answer.status_code == 200) is good, answer.text
        special = {"default_checklist_id": await written(api, where)}
        for_all = await api.manager(where, "PUT", "/settings", special)
        assert refusal(for_all) == (422, "unknown-reference")


async def test_only_the_operator_keeps_those_of_manufacturers(database: str) -> None:
    async with served(database) as api:
        path = f"/manufacturer-checklists/{await of_manufacturer(api)}"
        for method, there, body in (
            ("POST", "/manufacturer-checklists", OF_MANUFACTURER),
            ("GET", "/manufacturer-checklists", None),
            ("GET", path, None),
            ("PUT", path, OF_MANUFACTURER),
            ("DELETE", path, None),
        ):
            refused = await api.ask(method, there, body)
            assert refusal(refused) == (403, "not-the-operator"), f"{method} {there}"
        renamed = OF_MANUFACTURER | {"title": "2031"}
        assert (await api.operator("PUT", path, renamed)).status_code == 200
        assert (await api.operator("GET", path)).json()["title"] == "2031"
        assert (await api.operator("DELETE", path)).status_code == 200
        assert (await api.operator("GET", path)).status_code == 404


async def test_a_brand_that_the_dealership_does_not_have_has_no_checklist(database: str) -> None:
    async with served(database) as api:
        where = await api.opened()
        answer = await api.manager(where, "POST", "/checklists", BODY | {"brand": "opel"})
        assert refusal(answer) == (404, "no-such-brand")


async def test_thresholds_are_those_of_brands_that_the_dealership_has(database: str) -> None:
    said = ITEM["measurement"]
    async with served(database) as api:
        where = await api.opened()
        other = said | {"brands": [said["brands"][0] | {"brand": "lancia"}]}
        body = BODY | {"categories": [CATEGORY | {"items": [ITEM | {"measurement": other}]}]}
        refused = await api.manager(where, "POST", "/checklists", body)
        assert refusal(refused) == (404, "no-such-brand")
        high = said["thresholds"] | {"urgent_below_thousandths": 5_010}
        bad = said | {"thresholds": high}
        body = BODY | {"categories": [CATEGORY | {"items": [ITEM | {"measurement": bad}]}]}
        refused = await api.manager(where, "POST", "/checklists", body)
        assert refusal(refused) == (422, "thresholds-out-of-order")


@pytest.mark.parametrize(
    ("field", "good", "bad"),
    [
        ("advised_below_thousandths", [0, 1_000_000], [-1, 1_000_001, 1.5, "5", None]),
        ("urgent_due_days", [0, 3_650, None], [-1, 3_651]),
    ],
)
def test_a_threshold_is_within_what_can_be(field: str, good: list[Any], bad: list[Any]) -> None:
    body = {"advised_below_thousandths": 5_000, "urgent_below_thousandths": 0}
    for value in good:
        assert getattr(ThresholdsBody.model_validate(body | {field: value}), field) == value
    for value in bad:
        with pytest.raises(ValidationError):
            ThresholdsBody.model_validate(body | {field: value})
