"""Audits over HTTP: begun and completed by devices, late and twice, where there is a licence."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from contracts.accounts.user_v1 import (
    Role,
    RolesAtDealership,
    RolesChanged,
    SubjectForgotten,
    UserDeactivated,
)
from contracts.dealerships.dealership_v1 import DealershipOpened, Licence, LicencesChanged
from contracts.dealerships.device_v1 import Application, DeviceAdded, DevicePaired
from contracts.interventions import case_v1
from contracts.runtime import REDACTED
from infra.testing import serving
from infra.testing.following import NOON, follow, user
from infra.testing.serving import KEY
from infra.tokens import Role as RoleName
from infra.tokens import issue
from services.audits.adapters.forgetting import forgetter
from services.audits.reactions import from_interventions_case
from services.audits.service import service

GROUP, LILLE, METZ = "lumen", "GLILLE", "GMETZ"
PEOPLE: Mapping[str, tuple[RoleName, str]] = {
    "ines": ("audit_manager", LILLE),
    "maya": ("dealership_manager", LILLE),
    "lea": ("administrative_agent", LILLE),
    "paul": ("audit_manager", METZ),
    "tablet": ("device", LILLE),
    "phone": ("device", LILLE),
}
TEMPLATE = {
    "title": "Tour",
    "items": [{"item_id": "pads", "label": "Front brake pads"}],
}
FINDING: dict[str, Any] = {
    "finding_id": "pads",
    "label": "Front brake pads",
    "level": "urgent",
    "price": {"amount": {"amount_minor": 18_900, "currency": "EUR"}, "mode": "including_vat"},
}
FOUND = {"findings": [FINDING, FINDING | {"finding_id": "x-1", "level": "ok", "price": None}]}


class Caller(serving.Caller):
    async def says(
        self, who: str, method: str, path: str, body: Any = None, org: str = GROUP, at: str = ""
    ) -> httpx.Response:
        """Ask as one of `PEOPLE`, with their role where it holds; `at` is when it happened."""
        role, dealership_id = PEOPLE[who]
        token = issue(
            KEY, who, org, (role,), session_id=f"k-{who}", dealerships={role: [dealership_id]}
        )
        headers = {"Authorization": f"Bearer {token}"} | ({"Relais-Occurred-At": at} if at else {})
        return await self.anybody(method, path, body, headers)

    async def template(self) -> str:
        answer = await self.says("ines", "POST", f"/dealerships/{LILLE}/templates", TEMPLATE)
        assert answer.status_code == 201, answer.text
        found: str = answer.json()["id"]
        return found

    async def begun(self, who: str = "tablet", **changed: Any) -> httpx.Response:
        body = {
            "key": "a-1",
            "dealership_id": LILLE,
            "template_id": changed.pop("template_id", None) or await self.template(),
            "identifier": "OR-48213",
            "auditor_id": "karim",
        }
        return await self.says(who, "POST", "/audits", body | changed, at="2026-05-06T07:30:00Z")

    async def completed(self, path: str) -> httpx.Response:
        at = "2026-05-06T07:52:00Z"
        return await self.says("tablet", "PUT", f"{path}/completion", FOUND, at=at)


def opened(dealership_id: str) -> DealershipOpened:
    return DealershipOpened(
        dealership_id=dealership_id,
        organisation_id=GROUP,
        dealership_name="Lumen",
        time_zone="Europe/Paris",
        currency="EUR",
        country="FR",
        default_language="fr",
        vat_basis_points=2_000,
        main_brand="peugeot",
        main_brand_name="Peugeot",
        opened_by="olga",
        opened_at=NOON,
    )


def licences(*some: Licence) -> LicencesChanged:
    return LicencesChanged(
        dealership_id=LILLE,
        organisation_id=GROUP,
        licences=some,
        changed_by="olga",
        changed_at=NOON,
    )


def device(id: str, application: Application) -> tuple[DeviceAdded, DevicePaired]:
    added = DeviceAdded(
        device_id=id,
        organisation_id=GROUP,
        dealership_id=LILLE,
        device_name=id,
        application=application,
        added_by="maya",
        added_at=NOON,
    )
    paired = DevicePaired(
        device_id=id,
        organisation_id=GROUP,
        dealership_id=LILLE,
        device_name=id,
        application=application,
        public_key="x",
        key_id=f"k-{id}",
        code_sha256="0" * 64,
        version="1.0",
        paired_at=NOON,
    )
    return added, paired


def colleague(user_id: str, role: Role) -> Any:
    roles = (RolesAtDealership(dealership_id=LILLE, roles=(role,)),)
    return replace(user(user_id, GROUP, role), dealerships=roles)


@asynccontextmanager
async def served(database: str) -> AsyncIterator[Caller]:
    """The API over two dealerships of a group, of which that in Lille has the licence."""
    async with serving.served(service, database, Caller) as caller:
        await follow(
            caller.running,
            opened(LILLE),
            opened(METZ),
            licences(Licence.ODITOO),
            *device("tablet", Application.ODITOO),
            *device("phone", Application.FLEETBACK),
            colleague("karim", Role.TECHNICIAN),
            colleague("sami", Role.SALES_REPRESENTATIVE),
        )
        yield caller


def refusal(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["type"].rpartition(":")[2]


@pytest.mark.requirement("SM-23", "FLB-021", "G-79")
async def test_a_device_begins_and_completes_an_audit_however_often(database: str) -> None:
    async with served(database) as api:
        template_id = await api.template()
        made = await api.begun(template_id=template_id)
        assert made.status_code == 201, made.text
        path = f"/audits/{made.json()['id']}"
        assert (await api.begun(template_id=template_id)).json()["id"] == made.json()["id"]
        for _ in range(2):
            assert (await api.completed(path)).status_code == 200
        again = await api.begun(template_id=template_id)
        assert again.json()["id"] == made.json()["id"]
        assert (await api.says("lea", "GET", path)).json() == {
            "audit_id": made.json()["id"],
            "dealership_id": LILLE,
            "template_id": template_id,
            "identifier": "OR-48213",
            "status": "completed",
            "auditor_id": "karim",
            "begun_by": "tablet",
            "begun_at": "2026-05-06T07:30:00Z",
            "findings": FOUND["findings"],
            "completed_by": "tablet",
            "completed_at": "2026-05-06T07:52:00Z",
        }


@pytest.mark.requirement("G-79")
async def test_without_the_licence_nothing_is_done_or_shown(database: str) -> None:
    async with served(database) as api:
        template_id = await api.template()
        path = f"/audits/{(await api.begun(template_id=template_id)).json()['id']}"
        templates = f"/dealerships/{LILLE}/templates"
        await follow(api.running, licences(Licence.CHAT))
        for who, method, there, body in (
            ("tablet", "PUT", f"{path}/completion", FOUND),
            ("ines", "GET", path, None),
            ("ines", "GET", f"{path}/history", None),
            ("ines", "POST", templates, TEMPLATE),
            ("ines", "GET", templates, None),
        ):
            refused = await api.says(who, method, there, body)
            assert refusal(refused) == (403, "not-licensed"), f"{method} {there}"
            assert refused.json()["facts"]["licence"] == "oditoo"
        refused = await api.begun(template_id=template_id, key="a-2")
        assert refusal(refused) == (403, "not-licensed")


@pytest.mark.requirement("FLB-021", "FLB-024")
async def test_who_audits_does_so_on_a_device_for_it(database: str) -> None:
    async with served(database) as api:
        template_id = await api.template()
        other = await api.begun("phone", template_id=template_id)
        assert refusal(other) == (403, "not-an-audit-device")
        agent = await api.begun("lea", template_id=template_id)
        assert agent.status_code == 403
        others: tuple[dict[str, Any], ...] = (
            {"auditor_id": "sami"},
            {"auditor_id": None},
            {"template_id": "AT0"},
        )
        for changed in others:
            refused = await api.begun(**({"template_id": template_id} | changed))
            assert refusal(refused) == (422, "unknown-reference"), changed
        manager = await api.begun("ines", template_id=template_id, auditor_id=None)
        assert manager.status_code == 201, manager.text


@pytest.mark.requirement("FLB-031", "G-31")
@pytest.mark.parametrize("seconds", [0, 1])
@pytest.mark.parametrize("how", ["deactivated", "moved", "forgotten"])
async def test_a_device_that_was_offline_names_who_has_left_since(
    database: str, how: str, seconds: int
) -> None:
    async with served(database) as api:
        template_id = await api.template()
        left = datetime(2026, 5, 6, 7, 30, tzinfo=UTC) + timedelta(seconds=seconds)
        await follow(api.running, leaves("karim", how, left))
        made = await api.begun(template_id=template_id)
        assert made.status_code == (201 if seconds else 422), made.text


def leaves(user_id: str, how: str, at: datetime) -> Any:
    """The fact by which somebody audits at the dealership no more."""
    if how == "deactivated":
        return UserDeactivated(
            user_id=user_id, organisation_id=GROUP, deactivated_by="maya", deactivated_at=at
        )
    if how == "forgotten":
        return SubjectForgotten(user_id=user_id, forgotten_at=at)
    there = (RolesAtDealership(dealership_id=METZ, roles=(Role.TECHNICIAN,)),)
    return RolesChanged(
        user_id=user_id,
        organisation_id=GROUP,
        roles=(Role.TECHNICIAN,),
        dealerships=there,
        changed_by="maya",
        changed_at=at,
    )


@pytest.mark.requirement("G-01", "FLB-022")
async def test_another_dealership_and_another_organisation_find_nothing(database: str) -> None:
    async with served(database) as api:
        template_id = await api.template()
        path = f"/audits/{(await api.begun(template_id=template_id)).json()['id']}"
        one = f"/dealerships/{LILLE}/templates/{template_id}"
        for who, org in (("paul", GROUP), ("ines", "other")):
            for there in (path, f"{path}/history"):
                answer = await api.says(who, "GET", there, org=org)
                assert refusal(answer) == (404, "no-such-audit")
            done = await api.says(who, "PUT", f"{path}/completion", FOUND, org=org)
            assert refusal(done) == (404, "no-such-audit")
            shown = await api.says(who, "GET", one, org=org)
            assert refusal(shown) == (404, "no-such-dealership")


@pytest.mark.requirement("FLB-022")
async def test_a_template_is_kept_by_managers_and_read_by_devices(database: str) -> None:
    async with served(database) as api:
        template_id = await api.template()
        path = f"/dealerships/{LILLE}/templates/{template_id}"
        renamed = await api.says("maya", "PUT", path, TEMPLATE | {"title": "Winter"})
        assert renamed.status_code == 200, renamed.text
        shown = (await api.says("tablet", "GET", path)).json()
        assert {name: shown[name] for name in ("template_id", "title", "items", "saved_by")} == {
            "template_id": template_id,
            "title": "Winter",
            "items": TEMPLATE["items"],
            "saved_by": "maya",
        }
        assert (await api.says("tablet", "PUT", path, TEMPLATE)).status_code == 403
        assert (await api.says("ines", "DELETE", path)).status_code == 200
        assert refusal(await api.says("tablet", "GET", path)) == (404, "no-such-audit-template")
        # A device that was offline has it still.
        assert (await api.begun(template_id=template_id)).status_code == 201
        history = (await api.says("ines", "GET", f"{path}/history")).json()
        assert len(history["items"]) == 3


@pytest.mark.requirement("G-50")
async def test_the_identifier_is_gone_with_the_case_that_is_forgotten(database: str) -> None:
    async with served(database) as api:
        audit_id = (await api.begun()).json()["id"]
        gone = case_v1.SubjectForgotten(
            case_id="J1",
            organisation_id=GROUP,
            dealership_id=LILLE,
            forgotten_at=NOON,
            file_ids=(),
            audit_ids=(audit_id,),
        )
        commands = from_interventions_case.react(gone)
        async with api.running.pool.connection() as connection:
            assert await forgetter(api.running)(connection, commands) == commands
        shown = (await api.says("ines", "GET", f"/audits/{audit_id}")).json()
        assert shown["identifier"] == REDACTED
