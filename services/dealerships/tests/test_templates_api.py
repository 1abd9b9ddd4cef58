"""The routes of templates and predefined messages, over a real store."""

from typing import Any

import pytest

from contracts.media.file_v1 import Visibility
from infra.testing.following import follow
from services.dealerships.aggregates import PREDEFINED_MESSAGE, TEMPLATE
from services.dealerships.tests.serving import Caller, picture, refusal, served

BODY: dict[str, Any] = {
    "brand": "peugeot",
    "module": "mechanical",
    "title": "Printemps",
    "texts": [
        {"language": "es", "text": "La primavera"},
        {"language": "fr", "text": "Le printemps"},
    ],
    "banner_file_id": "f-1",
    "advertising_file_id": None,
}
MESSAGE: dict[str, Any] = {"module": None, "title": "Prêt", "texts": BODY["texts"]}
SPANISH = {"language": "es", "text": "La primavera"}


async def templated(api: Caller, where: str, **changed: Any) -> str:
    answer = await api.manager(where, "POST", "/templates", BODY | changed)
    return await api.made(answer, TEMPLATE)


@pytest.mark.requirement("FLB-137", "FLB-138", "FLB-139")
async def test_a_template_is_written_changed_and_deleted(database: str) -> None:
    async with served(database) as api:
        where = await api.opened()
        await follow(api.running, picture("f-1"), picture("f-2"))
        path = f"/templates/{await templated(api, where)}"
        found = (await api.manager(where, "GET", path)).json()
        assert found.pop("saved_at").endswith("Z")
        template_id = path.rpartition("/")[2]
        assert found == {**BODY, "template_id": template_id, "group": False, "saved_by": "ines"}
        [listed] = (await api.manager(where, "GET", "/templates")).json()["items"]
        assert listed.pop("saved_at").endswith("Z")
        assert listed == found
        changed = BODY | {"advertising_file_id": "f-2"}
        assert (await api.chief("PUT", f"/dealerships/{where}{path}", changed)).status_code == 422
        assert (await api.manager(where, "PUT", path, changed)).status_code == 200
        # Who has not sent the pictures changes the words beside them.
        words = changed | {"title": "Mai"}
        assert (await api.chief("PUT", f"/dealerships/{where}{path}", words)).status_code == 200
        assert (await api.manager(where, "DELETE", path)).status_code == 200
        assert refusal(await api.manager(where, "GET", path)) == (404, "no-such-template")
        history = (await api.manager(where, "GET", f"{path}/history")).json()["items"]
        assert [one["what"].get("title") for one in history] == ["Printemps"] * 2 + ["Mai", None]


@pytest.mark.parametrize(
    ("file", "slug"),
    [("nothing", "unknown-reference"), ("private", "invalid-request")],
)
async def test_pictures_are_public_files_of_the_callers(
    database: str, file: str, slug: str
) -> None:
    async with served(database) as api:
        where = await api.opened()
        await follow(api.running, picture("private", Visibility.PRIVATE))
        body = BODY | {"banner_file_id": file}
        answer = await api.manager(where, "POST", "/templates", body)
        assert refusal(answer) == (422, slug)
        assert [one["field"] for one in answer.json()["errors"]] == ["/banner_file_id"]


@pytest.mark.requirement("FLB-140")
async def test_a_template_of_the_group_is_for_each_dealership_of_it(database: str) -> None:
    async with served(database) as api:
        where = await api.opened()
        body = BODY | {"banner_file_id": None}
        alone = await api.ask("POST", "/group-templates", body, roles=("dealership_manager",))
        assert alone.status_code == 403
        made = await api.chief("POST", "/group-templates", body)
        group = f"/group-templates/{await api.made(made, TEMPLATE)}"
        here = f"/templates/{group.rpartition('/')[2]}"
        assert (await api.manager(where, "GET", here)).json()["group"] is True
        for method, sent in (("PUT", body), ("DELETE", None)):
            refused = await api.manager(where, method, here, sent)
            assert refusal(refused) == (404, "no-such-template")
        for there in (await api.chief("GET", "/group-templates"), await listed(api, where)):
            assert [one["title"] for one in there.json()["items"]] == ["Printemps"]
        assert (await api.chief("PUT", group, body | {"title": "Mai"})).status_code == 200
        assert (await api.chief("GET", group)).json()["title"] == "Mai"
        assert (await api.chief("DELETE", group)).status_code == 200
        assert (await api.chief("GET", group)).status_code == 404


async def listed(api: Caller, where: str) -> Any:
    return await api.manager(where, "GET", "/templates")


@pytest.mark.requirement("FLB-139", "G-53")
@pytest.mark.parametrize(
    ("asked", "told", "translated"), [("?language=es", 0, True), ("?language=nl", 1, False)]
)
async def test_a_template_is_previewed_as_the_customer_will_see_it(
    database: str, asked: str, told: int, translated: bool
) -> None:
    async with served(database) as api:
        where = await api.opened()
        await follow(api.running, picture("f-1"))
        template_id = await templated(api, where)
        path = f"/templates/{template_id}/preview{asked}"
        assert (await api.manager(where, "GET", path)).json() == {
            "template_id": template_id,
            "brand": "peugeot",
            "brand_name": "Peugeot",
            "dealership_name": "Lake",
            "website": None,
            "module": "mechanical",
            "text": BODY["texts"][told] | {"translated": translated},
            "banner_file_id": "f-1",
            "advertising_file_id": None,
        }


async def test_another_dealership_of_the_group_has_its_own(database: str) -> None:
    async with served(database) as api:
        where, other = await api.opened(), await api.opened()
        path = f"/templates/{await templated(api, where, banner_file_id=None)}"
        for method, there, body in (
            ("GET", path, None),
            ("GET", f"{path}/preview", None),
            ("GET", f"{path}/history", None),
            ("PUT", path, BODY),
            ("DELETE", path, None),
        ):
            answer = await api.manager(other, method, there, body)
            assert refusal(answer) == (404, "no-such-template"), f"{method} {there}"


@pytest.mark.requirement("FLB-141", "FLB-142")
async def test_a_predefined_message_is_written_previewed_and_deleted(database: str) -> None:
    async with served(database) as api:
        where = await api.opened()
        made = await api.manager(where, "POST", "/predefined-messages", MESSAGE)
        message_id = await api.made(made, PREDEFINED_MESSAGE)
        path = f"/predefined-messages/{message_id}"
        found = (await api.at(where, "sales_representative", "GET", path)).json()
        assert found.pop("saved_at").endswith("Z")
        assert found == {**MESSAGE, "predefined_message_id": message_id, "saved_by": "ines"}
        [listed] = (await api.manager(where, "GET", "/predefined-messages")).json()["items"]
        assert listed.pop("saved_at").endswith("Z")
        assert listed == found
        preview = await api.manager(where, "GET", f"{path}/preview?language=es-MX")
        assert preview.json() == SPANISH | {"translated": True}
        changed = MESSAGE | {"module": "warranty"}
        assert (await api.manager(where, "PUT", path, changed)).status_code == 200
        assert (await api.manager(where, "GET", path)).json()["module"] == "warranty"
        assert (await api.manager(where, "DELETE", path)).status_code == 200
        gone = await api.manager(where, "GET", path)
        assert refusal(gone) == (404, "no-such-predefined-message")
        history = (await api.manager(where, "GET", f"{path}/history")).json()["items"]
        assert [one["what"].get("module") for one in history] == [None, "warranty", None]


async def test_another_dealership_of_the_group_has_its_own_messages(database: str) -> None:
    async with served(database) as api:
        where, other = await api.opened(), await api.opened()
        made = await api.manager(where, "POST", "/predefined-messages", MESSAGE)
        path = f"/predefined-messages/{await api.made(made, PREDEFINED_MESSAGE)}"
        for method, there, body in (
            ("GET", path, None),
            ("GET", f"{path}/preview", None),
            ("GET", f"{path}/history", None),
            ("PUT", path, MESSAGE),
            ("DELETE", path, None),
        ):
            answer = await api.manager(other, method, there, body)
            slug = "no-such-predefined-message"
            assert refusal(answer) == (404, slug), f"{method} {there}"
