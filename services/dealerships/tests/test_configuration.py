"""The one answer that a device fetches, and its read models."""

from dataclasses import replace
from functools import reduce
from typing import Any

import pytest

from contracts.accounts.user_v1 import (
    Role,
    RolesAtDealership,
    RolesChanged,
    SubjectForgotten,
    UserDeactivated,
    UserListed,
)
from infra.consumers.views import OutOfOrder
from infra.testing.following import NOON, activated, follow, user
from services.dealerships.aggregates import CHECKLIST, DEALERSHIP, PREDEFINED_MESSAGE, TEMPLATE
from services.dealerships.read_models import colleagues, dealerships
from services.dealerships.tests.make import brand_added, dealership_opened
from services.dealerships.tests.serving import Caller, refusal, served
from services.dealerships.tests.test_checklists_api import BODY as CHECKLIST_BODY
from services.dealerships.tests.test_dealerships_api import USUAL
from services.dealerships.tests.test_templates_api import BODY as TEMPLATE_BODY
from services.dealerships.tests.test_templates_api import MESSAGE

TEMPLATED = TEMPLATE_BODY | {"banner_file_id": None}
LISTED = UserListed(user_id="theo", organisation_id="group", listed_at=NOON)


def invited(where: str, *roles: Role) -> Any:
    """Theo, who has roles at a dealership."""
    at = (RolesAtDealership(dealership_id=where, roles=roles),)
    return replace(user("theo", "group", Role.TECHNICIAN), name="Theo", dealerships=at)


async def fetched(api: Caller, where: str, etag: str = "") -> Any:
    headers = {"If-None-Match": etag} if etag else {}
    return await api.at(where, "device", "GET", "/configuration", headers=headers)


async def filled(api: Caller, where: str) -> str:
    """A dealership with one of each; answers the id of its default checklist."""
    only_invited = replace(invited(where, Role.TECHNICIAN), user_id="nora")
    elsewhere = replace(invited("hill", Role.TECHNICIAN), user_id="paul")
    await follow(api.running, invited(where, Role.TECHNICIAN), LISTED, only_invited)
    await follow(api.running, elsewhere, replace(LISTED, user_id="paul"))
    made = await api.manager(where, "POST", "/checklists", CHECKLIST_BODY)
    checklist_id = await api.made(made, CHECKLIST)
    body = {"default_checklist_id": checklist_id}
    assert (await api.manager(where, "PUT", "/brands/peugeot/settings", body)).is_success
    await api.made(await api.manager(where, "POST", "/templates", TEMPLATED), TEMPLATE)
    await greeting(api, where)
    return checklist_id


async def greeting(api: Caller, where: str, module: str | None = None) -> str:
    """The id of a predefined message of the dealership."""
    body = MESSAGE | {"module": module}
    made = await api.manager(where, "POST", "/predefined-messages", body)
    return await api.made(made, PREDEFINED_MESSAGE)


@pytest.mark.requirement("FLB-030", "FLB-043", "FLB-050", "FLB-133")
async def test_a_device_fetches_all_that_it_works_with_at_once(database: str) -> None:
    async with served(database) as api:
        where = await api.opened()
        default = await filled(api, where)
        answer = (await fetched(api, where)).json()
        [template], [message] = answer.pop("templates"), answer.pop("predefined_messages")
        assert {name: template[name] for name in TEMPLATED} == TEMPLATED
        assert {name: message[name] for name in MESSAGE} == MESSAGE
        assert answer == {
            "dealership_id": where,
            "dealership_name": "Lake",
            "time_zone": "Europe/Paris",
            "currency": "EUR",
            "licences": [],
            "brands": [
                {
                    "brand": "peugeot",
                    "brand_name": "Peugeot",
                    "effective": USUAL | {"default_checklist_id": default},
                }
            ],
            "checklists": [{**CHECKLIST_BODY, "checklist_id": default}],
            "users": [{"user_id": "theo", "name": "Theo", "roles": ["technician"]}],
        }


@pytest.mark.requirement("FLB-030")
async def test_a_device_that_has_it_is_spared_until_it_changes(database: str) -> None:
    async with served(database) as api:
        where = await api.opened()
        default = await filled(api, where)
        etag = (await fetched(api, where)).headers["ETag"]
        assert (await fetched(api, where, etag)).status_code == 304
        assert (await api.manager(where, "DELETE", f"/checklists/{default}")).is_success
        await api.follows(CHECKLIST, default)
        again = await fetched(api, where, etag)
        assert again.status_code == 200
        [brand] = again.json()["brands"]
        assert brand["effective"]["default_checklist_id"] is None


@pytest.mark.requirement("FLB-086")
async def test_a_device_knows_what_messages_begin_with_until_it_is_deleted(database: str) -> None:
    async with served(database) as api:
        where = await api.opened()
        said = {
            "default_after_sales_message_id": await greeting(api, where),
            "default_sales_message_id": await greeting(api, where, "direct_message"),
        }
        assert (await api.manager(where, "PUT", "/settings", said)).is_success
        await api.follows(DEALERSHIP, where)
        [brand] = (await fetched(api, where)).json()["brands"]
        assert said.items() <= brand["effective"].items()
        for message_id in said.values():
            path = f"/predefined-messages/{message_id}"
            assert (await api.manager(where, "DELETE", path)).is_success
            await api.follows(PREDEFINED_MESSAGE, message_id)
        [brand] = (await fetched(api, where)).json()["brands"]
        assert dict.fromkeys(said).items() <= brand["effective"].items()


@pytest.mark.requirement("FLB-086")
async def test_the_default_of_a_mode_is_a_message_of_the_dealership_for_it(database: str) -> None:
    async with served(database) as api:
        where, other = await api.opened(), await api.opened()
        for message_id, after_sales, sales in (
            (await greeting(api, where), True, True),
            (await greeting(api, where, "warranty"), True, False),
            (await greeting(api, where, "direct_message"), False, True),
            (await greeting(api, other), False, False),
            ("nothing", False, False),
        ):
            for field, good in (
                ("default_after_sales_message_id", after_sales),
                ("default_sales_message_id", sales),
            ):
                answer = await api.manager(where, "PUT", "/settings", {field: message_id})
                assert answer.is_success is good, (field, answer.text)
                found = [] if good else [one["field"] for one in answer.json()["errors"]]
                assert found == ([] if good else [f"/{field}"])


async def test_a_device_fetches_that_of_its_own_dealership(database: str) -> None:
    async with served(database) as api:
        where, other = await api.opened(), await api.opened()
        away = await api.at(where, "device", "GET", f"/../{other}/configuration")
        assert refusal(away) == (404, "no-such-dealership")
        auditor = await api.at(where, "audit_manager", "GET", "/configuration")
        assert auditor.status_code == 403


ROW = colleagues.Row(
    user_id="theo",
    organisation_id="group",
    name="Theo",
    nameable=True,
    dealership_ids=("lake",),
    places=(colleagues.RolesAt("lake", ("technician", "auditor")),),
)
INVITED = invited("lake", Role.TECHNICIAN, Role.AUDITOR)
GONE = UserDeactivated(
    user_id="theo", organisation_id="group", deactivated_by="ines", deactivated_at=NOON
)
BACK = activated("theo", "group", Role.TECHNICIAN)
FORGOTTEN = SubjectForgotten(user_id="theo", forgotten_at=NOON)


@pytest.mark.requirement("FLB-015", "FLB-050", "G-31")
@pytest.mark.parametrize(
    ("events", "changed"),
    [
        ([INVITED], {"nameable": False}),
        ([INVITED, LISTED], {}),
        ([INVITED, BACK], {}),
        ([INVITED, LISTED, GONE], {"nameable": False}),
        ([INVITED, LISTED, GONE, BACK], {}),
        ([INVITED, LISTED, FORGOTTEN], {"nameable": False, "name": ""}),
    ],
)
def test_who_works_there_is_named(events: list[Any], changed: dict[str, Any]) -> None:
    assert reduce(colleagues.project, events, None) == replace(ROW, **changed)


def test_who_lost_the_roles_there_is_not() -> None:
    lost = RolesChanged(
        user_id="theo",
        organisation_id="group",
        roles=(Role.AUDITOR,),
        changed_by="ines",
        changed_at=NOON,
        dealerships=(RolesAtDealership(dealership_id="hill", roles=(Role.AUDITOR,)),),
    )
    row = reduce(colleagues.project, [INVITED, LISTED, lost], None)
    assert row is not None
    assert (row.dealership_ids, row.places) == (
        ("hill",),
        (colleagues.RolesAt("hill", ("auditor",)),),
    )


def test_history_with_a_hole_stops() -> None:
    with pytest.raises(OutOfOrder):
        colleagues.project(None, LISTED)
    with pytest.raises(OutOfOrder):
        dealerships.project(None, brand_added())


def test_a_dealership_is_found_by_its_name_and_its_brands() -> None:
    row = dealerships.project(None, dealership_opened("Élan"))
    row = dealerships.project(row, brand_added())
    assert (row.dealership_name, row.filed_name) == ("Élan", "elan")
    assert row.search == "elan peugeot opel"
