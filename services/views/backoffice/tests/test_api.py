"""The back office over HTTP: who may ask, page by page, whatever is sent."""

import re
from dataclasses import replace
from typing import Any, get_args

import pytest

from infra.http.app import admissions
from infra.http.readable_ids import TRIP, USER, referenced_id
from infra.testing.routes import Existing
from infra.tokens import Role
from services.views.backoffice.service import router
from services.views.backoffice.tests.make import (
    HOUR,
    INVOICE,
    KEPT,
    LATER,
    OPENED,
    OPERATOR,
    added,
    applied,
    approved,
    asked,
    assigned,
    bank_given,
    closed,
    contested,
    declared,
    extra_requested,
    file_started,
    founded,
    invited,
    opened,
    own_sent,
    paper_added,
    published,
    registered,
    signed,
    submitted,
    validated,
)
from services.views.backoffice.tests.stage import TOKENS, Office, served

ROLES: tuple[Role, ...] = get_args(Role)
ADMITTED = {
    route.path: admission.roles or frozenset() for route, admission in admissions(router.routes)
}
DAYS = "from_day=2030-05-06&until_day=2030-05-10"
LISTS = sorted(path for path in ADMITTED if "{" not in path)


def concrete(path: str) -> str:
    named = path.replace("{trip_id}", "t-1").replace("{invoice_id}", INVOICE)
    return f"{named}?{DAYS}" if "available" in path else named


async def everything(office: Office) -> None:
    """Something for each screen."""
    await office.saw(invited(), signed(), paper_added(), registered(), declared())
    await office.saw(published(), submitted(), extra_requested())
    await office.saw(opened(), added(), validated(), contested(), opened("open", price=None))
    await office.saw(asked())
    await office.saw(opened("own"), validated("own"), approved("own", waits=True))
    await office.saw(own_sent(id="own"))
    await office.saw(published("t-9"), replace(assigned(), trip_id="t-9"))
    await office.saw(bank_given(), closed(), file_started())
    await office.saw(OPERATOR, founded("anfa"), applied("anfa"))
    await office.saw(OPENED, KEPT)


class TestWhoMay:
    async def test_nobody_without_a_token(self, office: Office) -> None:
        async with served(office) as api:
            for path in ADMITTED:
                assert (await api.client.get(concrete(path))).status_code == 401, path

    @pytest.mark.parametrize("role", ROLES)
    async def test_only_the_screens_that_are_for_a_role(self, office: Office, role: Role) -> None:
        await everything(office)
        async with served(office) as api:
            for path, roles in ADMITTED.items():
                expected = 200 if role in roles else 403
                answer = await api.get(concrete(path), role=role)
                assert answer.status_code == expected, path

    def test_no_screen_of_the_staff_is_for_drivers(self) -> None:
        assert all("driver" not in roles for roles in ADMITTED.values())

    @pytest.mark.requirement("G-01")
    async def test_another_organisation_finds_no_trace_of_it(self, office: Office) -> None:
        await everything(office)
        await office.saw(opened("fine"), validated("fine"))
        existing = Existing(
            ids={
                "trip_id": "t-1",
                "invoice_id": INVOICE,
                "user_id": "ada",
                "organisation_id": "anfa",
                "fine": "fine",
                "request_id": OPENED.request_id,
                "reply_id": KEPT.reply_id,
            },
            queries={"GET /drivers/available": DAYS},
            owners={"logistics": "lea", "billing": "lea", "administration": "lea"},
        )
        async with served(office) as api:
            await existing.is_hidden_from(api)
            await existing.is_hidden_from(api, "lea")


class TestAsking:
    @pytest.mark.requirement("G-09")
    async def test_pages_have_neither_doubles_nor_gaps(self, office: Office) -> None:
        for n in range(5):
            await office.saw(opened(f"i-{n}"), validated(f"i-{n}", LATER + HOUR * n))
        async with served(office) as api:
            path, found = "/invoices/to-approve?limit=2", list[str]()
            while path:
                page = await api.get(path)
                found += [item["invoice_id"] for item in page.json()["items"]]
                path = page.links["next"]["url"] if "next" in page.links else ""
            assert found == [f"i-{n}" for n in range(5)]

    async def test_lists_are_narrowed_by_the_reference_of_a_trip_or_user(
        self, office: Office
    ) -> None:
        trip, user = (referenced_id(kind, "hiflow", "4711") for kind in (TRIP, USER))
        for id in (trip, "t-2"):
            await office.saw(published(id), submitted(id=id))
            await office.saw(replace(extra_requested(f"x-{id}"), trip_id=id))
        for id in (user, "bob"):
            await office.saw(invited(id), signed(id))
            await office.saw(replace(paper_added(), paper_id=f"{id}:p", user_id=id))
        lists = {
            "/quotes/to-process": ("trip_id", trip),
            "/extras/to-decide": ("trip_id", trip),
            "/accounts/to-activate": ("user_id", user),
            "/papers/to-check": ("user_id", user),
        }
        async with served(office) as api:
            for path, (field, id) in lists.items():
                whole = await api.get(path, role="logistics")
                assert len(whole.json()["items"]) == 2, path
                found = await api.get(f"{path}?reference=4711", role="logistics")
                assert [item[field] for item in found.json()["items"]] == [id], path
                none = await api.get(f"{path}?reference=4712", role="logistics")
                assert none.json()["items"] == [], path

    @pytest.mark.parametrize(
        ("query", "status"),
        [("limit=0", 422), ("limit=201", 422), ("limit=many", 422), ("cursor=made-up", 400)],
    )
    async def test_what_cannot_be_read_is_refused(
        self, office: Office, query: str, status: int
    ) -> None:
        async with served(office) as api:
            for path in LISTS:
                [role, *_] = sorted(ADMITTED[path])
                joined = "&" if "?" in concrete(path) else "?"
                asked: Any = {"role": role}
                shown = await api.get(f"{concrete(path)}{joined}{query}", **asked)
                assert shown.status_code == status, path

    async def test_what_is_no_id_is_refused(self, office: Office) -> None:
        async with served(office) as api:
            for path in sorted(ADMITTED.keys() - set(LISTS)):
                [role, *_] = sorted(ADMITTED[path])
                asked: Any = {"role": role}
                shown = await api.get(re.sub(r"{\w+}", "not%20an%20id", path), **asked)
                assert shown.status_code == 422, path

    async def test_facts_not_shown_in_time_are_too_early(self, office: Office) -> None:
        async with served(office) as api:
            asked = {"Relais-Min-Position": TOKENS.tell("hiflow", f"invoices.invoice/{INVOICE}", 5)}
            early = await api.get("/lines/contested", headers=asked)
            assert (early.status_code, early.headers["Retry-After"]) == (425, "1")
