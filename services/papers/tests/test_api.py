"""The routes of papers, over a real store."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, time, timedelta
from typing import Any, get_args

import httpx
import pytest
from fastapi.routing import APIRoute

from contracts.media.file_v1 import FileRemoved, Purpose
from infra.http.app import admissions
from infra.testing import serving
from infra.testing.following import NOON, file, follow
from infra.testing.routes import Existing
from infra.timers import Timers
from infra.tokens import Role
from services.papers.aggregates import PAPER
from services.papers.http.papers import router
from services.papers.service import service

EVERY_ROLE: tuple[Role, ...] = get_args(Role)


class Caller(serving.Caller):
    """Asks as Lea of logistics, or as Ada, whose papers they are."""

    async def ada(self, method: str, path: str, body: Any = None) -> httpx.Response:
        return await self.ask(method, path, body, "ada", ("driver",))

    async def shown(self, **changed: str) -> httpx.Response:
        """Ada shows her insurance."""
        return await self.ada("PUT", "/mine/liability_insurance", SEEN | changed)

    async def status(self) -> dict[str, str]:
        items = (await self.ada("GET", "/mine")).json()["items"]
        return {item["kind"]: item["status"] for item in items if item["status"] != "missing"}


@asynccontextmanager
async def served(database: str) -> AsyncIterator[Caller]:
    """The API, with two files of Ada's that may be shown as papers."""
    async with serving.served(service, database, Caller) as caller:
        await follow(caller.running, file("f-1"), file("f-2"))
        yield caller


SEEN = {"file_id": "f-1", "issued_on": "2020-05-01", "expires_on": "2035-05-01"}
ACCEPTANCE = "/partners/ada/liability_insurance/acceptance"
REFUSAL = "/partners/ada/liability_insurance/refusal"


@pytest.mark.requirement("HIF-42")
async def test_a_paper_goes_from_the_partner_to_staff_and_back(database: str) -> None:
    async with served(database) as api:
        assert (await api.shown()).is_success
        assert await api.status() == {"liability_insurance": "waiting"}
        reason = {**SEEN, "reason": "The second page is missing."}
        assert (await api.ask("PUT", REFUSAL, reason)).is_success
        items = (await api.ada("GET", "/mine")).json()["items"]
        assert reason["reason"] in [item["refused_because"] for item in items]
        await api.shown(file_id="f-2")
        assert (await api.ask("PUT", ACCEPTANCE, SEEN | {"file_id": "f-2"})).is_success
        assert await api.status() == {"liability_insurance": "accepted"}


async def test_notices_and_the_end_come_in_time_by_themselves(database: str) -> None:
    async with served(database) as api:
        # At noon, because in Paris the evening may belong to the next day already.
        noon = datetime.combine(datetime.now(UTC).date(), time(12), UTC)
        last = {"expires_on": (noon + timedelta(90)).date().isoformat()}
        await api.shown(**last)
        await api.ask("PUT", ACCEPTANCE, SEEN | last)
        timers = Timers("papers", api.running.commands, (PAPER,))
        fired = [await timers.fire_due(noon + timedelta(days)) for days in (55, 62, 84, 90, 92)]
        assert fired == [0, 1, 1, 1, 1]
        entries = await api.running.commands.history(PAPER, "ada:liability_insurance")
        told = [entry.type.rpartition(".")[2] for entry in entries]
        assert told == ["added", "accepted", *["expiry_notice"] * 3, "expired"]
        assert await api.status() == {"liability_insurance": "expired"}


@pytest.mark.requirement("G-07")
async def test_staff_accepts_only_what_they_saw(database: str) -> None:
    async with served(database) as api:
        await api.shown()
        await api.shown(file_id="f-2")
        stale = await api.ask("PUT", ACCEPTANCE, SEEN)
        assert (stale.status_code, stale.json()["now"]) == (412, {"/file_id": "f-2"})
        newest = SEEN | {"file_id": "f-2"}
        late = await api.ask("PUT", ACCEPTANCE, newest, headers={"If-Match": '"1"'})
        assert late.status_code == 412
        assert (await api.ask("PUT", ACCEPTANCE, newest)).is_success


@pytest.mark.requirement("G-05")
async def test_the_history_tells_who_did_what(database: str) -> None:
    async with served(database) as api:
        await api.shown()
        await api.ask("PUT", ACCEPTANCE, SEEN)
        path = "/partners/ada/liability_insurance/history"
        for answer in (
            await api.ask("GET", path),
            await api.ada("GET", "/mine/liability_insurance/history"),
        ):
            assert [item["actor"] for item in answer.json()["items"]] == ["ada", "lea"]


EXISTING = Existing(
    ids={"user_id": "ada", "file_id": "f-1"},
    words={"kind": "liability_insurance"},
    bodies={
        "PUT /partners/{user_id}/{kind}/acceptance": SEEN,
        "PUT /partners/{user_id}/{kind}/refusal": {**SEEN, "reason": "no"},
    },
    owners={"driver": "ada", "logistics": "lea", "provider_manager": "ada"},
)


@pytest.mark.requirement("G-01")
async def test_strangers_find_no_trace_of_a_paper(database: str) -> None:
    async with served(database) as api:
        await api.shown()
        path = "/organisation/liability_insurance"
        answer = await api.ask("PUT", path, SEEN, "ada", ("provider_manager",))
        assert answer.is_success, answer.text
        await EXISTING.is_hidden_from(api)
        await EXISTING.is_hidden_from(api, "bob", "hiflow", ("driver",))
        items = (await api.ask("GET", "/partners/ada", org="strangers")).json()["items"]
        assert {item["status"] for item in items} == {"missing"}
        assert await api.status() == {"liability_insurance": "waiting"}


ROUTES = [route for route in router.routes if isinstance(route, APIRoute)]


@pytest.mark.parametrize("route", ROUTES, ids=str)
async def test_every_route_admits_its_roles_and_nobody_else(database: str, route: APIRoute) -> None:
    path = route.path.replace("{user_id}", "ada").replace("{kind}", "contract")
    method = next(iter(route.methods or ()))
    [(_, admission)] = admissions([route])
    async with served(database) as api:
        assert (await api.anybody(method, path)).status_code == 401
        for role in EVERY_ROLE:
            asked = await api.ask(method, path, roles=(role,))
            assert (asked.status_code == 403) is (role not in (admission.roles or ())), role


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"expires_on": None}, 422),
        ({"expires_on": "2020-05-02"}, 422),
        ({"issued_on": "yesterday"}, 422),
        ({"file_id": ""}, 422),
        ({"colour": "red"}, 422),
        ({}, 200),
    ],
)
async def test_a_body_is_as_it_should_be(
    database: str, change: dict[str, Any], status: int
) -> None:
    body = {"file_id": "f-1", "issued_on": "2020-05-01", "expires_on": "2040-05-01", **change}
    async with served(database) as api:
        asked = await api.ada("PUT", "/mine/tax_certificate", body)
        assert asked.status_code == status
        unknown = await api.ada("PUT", "/mine/passport", body)
        assert unknown.status_code in (400, 422)


PAPER_BODY = {"issued_on": "2020-05-01", "expires_on": "2040-05-01"}


@pytest.mark.parametrize(
    "others",
    [
        [],
        [file("f-9", user="bob")],
        [file("f-9", organisation="elsewhere")],
        [
            file("f-9"),
            FileRemoved(
                file_id="f-9",
                organisation_id="hiflow",
                user_id="ada",
                removed_by="ada",
                removed_at=NOON,
            ),
        ],
    ],
    ids=["never existed", "somebody else's", "another organisation's", "removed"],
)
async def test_a_paper_names_a_file_that_its_owner_has(database: str, others: list[Any]) -> None:
    async with served(database) as api:
        await follow(api.running, *others)
        refused = await api.ada("PUT", "/mine/contract", {**PAPER_BODY, "file_id": "f-9"})
        assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "/file_id")
        assert await api.status() == {}
        good = await api.ada("PUT", "/mine/contract", {**PAPER_BODY, "file_id": "f-1"})
        assert good.is_success


async def test_a_paper_names_a_file_that_was_sent_as_a_paper(database: str) -> None:
    async with served(database) as api:
        await follow(api.running, file("f-9", purpose=Purpose.RECEIPT))
        refused = await api.ada("PUT", "/mine/contract", {**PAPER_BODY, "file_id": "f-9"})
        assert refused.json()["type"].endswith("unfit-file")
        assert refused.json()["errors"][0]["field"] == "/file_id"


async def test_a_file_that_is_still_on_its_way_is_waited_for(database: str) -> None:
    async with served(database) as api:
        body = {**PAPER_BODY, "file_id": "f-1"}
        for file_id, status in (("f-1", 200), ("f-3", 425)):
            headers = {"Relais-Min-Position": api.position(f"media.file/{file_id}", 1)}
            asked = await api.ask(
                "PUT", "/mine/contract", body, "ada", ("driver",), headers=headers
            )
            assert asked.status_code == status
