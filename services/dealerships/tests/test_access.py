"""Nobody finds another organisation's things, and what is not licensed is refused."""

from typing import Any

import pytest

from contracts.dealerships.dealership_v1 import Licence
from infra.http.problems import Problem
from infra.lookups import dealerships
from infra.testing.following import follow
from infra.testing.routes import Existing
from services.dealerships.aggregates import CHECKLIST, DEVICE, PREDEFINED_MESSAGE, TEMPLATE
from services.dealerships.tests.make import (
    brand_added,
    dealership_opened,
    licences_changed,
    overridden,
    settings_changed,
)
from services.dealerships.tests.serving import Caller, served
from services.dealerships.tests.test_checklists_api import BODY as CHECKLIST_BODY
from services.dealerships.tests.test_checklists_api import OF_MANUFACTURER
from services.dealerships.tests.test_templates_api import BODY, MESSAGE

TEMPLATED = BODY | {"banner_file_id": None}
HERE = "/dealerships/{dealership_id}"
DEVICE_BODY = {"name": "Atelier-1"}
BODIES: dict[str, Any] = {
    f"PUT {HERE}/settings": {},
    f"PUT {HERE}/brands/{{brand}}/settings": {},
    f"PUT {HERE}/brands/{{brand}}": {"brand_name": "Opel"},
    f"PUT {HERE}/notified-addresses": {"email_addresses": []},
    f"PUT {HERE}/licences": {"licences": []},
    f"PUT {HERE}/media-limits": {},
    f"POST {HERE}/checklists": CHECKLIST_BODY,
    f"PUT {HERE}/checklists/{{checklist_id}}": CHECKLIST_BODY,
    f"POST {HERE}/checklists/{{checklist_id}}/copies": {"title": "Mine"},
    "PUT /manufacturer-checklists/{checklist_id}": OF_MANUFACTURER,
    f"POST {HERE}/templates": TEMPLATED,
    f"PUT {HERE}/templates/{{template_id}}": TEMPLATED,
    "PUT /group-templates/{template_id}": TEMPLATED,
    f"POST {HERE}/devices": DEVICE_BODY,
    "PUT /devices/{device_id}/version": {"version": "3.2"},
    f"POST {HERE}/predefined-messages": MESSAGE,
    f"PUT {HERE}/predefined-messages/{{predefined_message_id}}": MESSAGE,
}


async def known_device(api: Caller, where: str) -> str:
    """The id of a device; the workers know it."""
    answer = await api.chief("POST", f"/dealerships/{where}/devices", DEVICE_BODY)
    device = str(answer.json()["device_id"])
    facts = await api.running.commands.history(DEVICE, device)
    await follow(api.running, *(fact.event for fact in facts))
    return device


ELSEWHERE = (
    # Only the operator of the platform is shown these, and a template of the group has no history
    # at a dealership.
    "GET /manufacturer-checklists",
    "GET /manufacturer-checklists/{checklist_id}",
    f"GET {HERE}/templates/{{template_id}}/history",
    # It names only the text.
    f"GET {HERE}/predefined-messages/{{predefined_message_id}}/preview",
)


async def test_strangers_find_no_trace_of_it(database: str) -> None:
    async with served(database) as api:
        where = await api.opened()
        there = f"/dealerships/{where}"
        lists = await api.chief("POST", f"{there}/checklists", CHECKLIST_BODY)
        around = await api.chief("POST", "/group-templates", TEMPLATED)
        said = await api.chief("POST", f"{there}/predefined-messages", MESSAGE)
        existing = Existing(
            ids={
                "dealership_id": where,
                "device_id": await known_device(api, where),
                "checklist_id": await api.made(lists, CHECKLIST),
                "template_id": await api.made(around, TEMPLATE),
                "predefined_message_id": await api.made(said, PREDEFINED_MESSAGE),
            },
            words={"brand": "peugeot"},
            bodies=BODIES,
            owners={"group_manager": "gina", "administration": "rose"},
            for_all=ELSEWHERE,
        )
        await existing.is_hidden_from(api)


@pytest.mark.requirement("G-79")
def test_what_a_dealership_is_not_licensed_for_is_refused() -> None:
    row = dealerships.project(None, dealership_opened())
    for event in (brand_added(), settings_changed(), overridden(), licences_changed(Licence.CHAT)):
        row = dealerships.project(row, event)
    dealerships.require_licence(row, Licence.CHAT)
    with pytest.raises(Problem) as refused:
        dealerships.require_licence(row, Licence.ODITOO)
    assert (refused.value.status_code, refused.value.facts) == (403, {"licence": "oditoo"})
