"""The back office over HTTP: who may ask, what is shown, page by page, whatever is sent."""

import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, get_args

import httpx
import pytest

from contracts.common_v1 import Money
from contracts.missions.trip_v1 import CounterOffered
from infra.consumers.views import views_seen
from infra.http.app import admissions, create_app
from infra.http.auth import PublishedKeys, Role, SigningKey, Verifier, issue, jwks
from infra.http.positions import Positions
from infra.http.request_context import AppState
from infra.signals import Signal
from services.views.backoffice import api
from services.views.backoffice.tests.conftest import Office
from services.views.backoffice.tests.make import (
    HOUR,
    INVOICE,
    LATER,
    NOON,
    RULE,
    UNTIL,
    added,
    approved,
    asked,
    contested,
    declared,
    extra_requested,
    invited,
    opened,
    paper_accepted,
    paper_added,
    published,
    refused,
    registered,
    replied,
    settled,
    signed,
    submitted,
    validated,
)

KEY = SigningKey.generate()
NO_HEADERS: Mapping[str, str] = {}
ROLES: tuple[Role, ...] = get_args(Role)
ADMITTED = {
    route.path: admission.roles or frozenset()
    for route, admission in admissions(api.router(None).routes)  # type: ignore[arg-type]
}
DAYS = "from_day=2030-05-06&until_day=2030-05-10"
LISTS = sorted(path for path in ADMITTED if "{" not in path)


@dataclass
class Caller:
    """Asks as anybody of `hiflow` unless told otherwise."""

    client: httpx.AsyncClient

    async def get(
        self,
        path: str,
        role: Role = "billing",
        org: str = "hiflow",
        headers: Mapping[str, str] = NO_HEADERS,
    ) -> httpx.Response:
        token = issue(KEY, "lea", org, [role])
        given = {"Authorization": f"Bearer {token}", **headers}
        return await self.client.get(path, headers=given)

    async def items(self, path: str, **asking: Any) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = (await self.get(path, **asking)).json()["items"]
        return found


@asynccontextmanager
async def served(office: Office) -> AsyncIterator[Caller]:
    async def seen(streams: Any) -> Mapping[str, int]:
        return await views_seen(office.pool, "backoffice", streams)

    signal = Signal("seen_backoffice", office.pool)
    app_state = AppState(
        verifier=Verifier(PublishedKeys(jwks(KEY)), "relais-accounts", "relais"),
        positions=Positions(seen, signal, ["invoices.invoice"], within=0.05),
        now=lambda: NOON,
        pool=office.pool,
    )
    app = create_app("backoffice", [api.router(office.pool)], app_state)
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://relais") as client:
        yield Caller(client)


def concrete(path: str) -> str:
    named = path.replace("{trip_id}", "t-1").replace("{invoice_id}", INVOICE)
    return f"{named}?{DAYS}" if "available" in path else named


async def everything(office: Office) -> None:
    """Something for each screen."""
    await office.saw(invited(), signed(), paper_added(), registered(), declared())
    await office.saw(published(), submitted(), extra_requested())
    await office.saw(opened(), added(), validated(), contested(), opened("open", price=None))
    await office.saw(asked())


class TestWhoMay:
    @pytest.mark.parametrize("path", ADMITTED)
    async def test_nobody_without_a_token(self, office: Office, path: str) -> None:
        async with served(office) as api:
            assert (await api.client.get(concrete(path))).status_code == 401

    @pytest.mark.parametrize("role", ROLES)
    @pytest.mark.parametrize("path", ADMITTED)
    async def test_only_the_roles_a_screen_is_for(
        self, office: Office, path: str, role: Role
    ) -> None:
        await everything(office)
        async with served(office) as api:
            expected = 200 if role in ADMITTED[path] else 403
            assert (await api.get(concrete(path), role=role)).status_code == expected

    def test_no_screen_of_the_staff_is_for_drivers(self) -> None:
        assert all("driver" not in roles for roles in ADMITTED.values())

    @pytest.mark.parametrize("path", ADMITTED)
    async def test_another_organisation_sees_nothing(self, office: Office, path: str) -> None:
        await everything(office)
        [role, *_] = sorted(ADMITTED[path])
        async with served(office) as api:
            asked: Any = {"role": role}
            own = await api.get(concrete(path), **asked)
            shown = await api.get(concrete(path), org="stranger", **asked)
            if path in LISTS:
                assert shown.json()["items"] == []
                assert own.json()["items"] or "to-approve" in path
            else:
                assert shown.status_code == 404


class TestAccounts:
    @pytest.mark.requirement("HIF-02")
    async def test_a_user_to_activate_comes_with_papers(self, office: Office) -> None:
        await office.saw(invited(), signed(), paper_added(), paper_accepted())
        async with served(office) as api:
            [shown] = await api.items("/accounts/to-activate", role="administration")
            assert (shown["user_id"], shown["agreement"]["file_id"]) == ("ada", "file-1")
            [paper] = shown["papers"]
            assert (paper["kind"], paper["holds"]) == ("liability_insurance", True)
            assert paper["expires_on"] == UNTIL.isoformat()

    async def test_a_paper_after_its_last_day_does_not_hold(self, office: Office) -> None:
        for last, holds in ((NOON.date(), True), (NOON.date().replace(month=4), False)):
            await office.saw(invited(), signed(), paper_added(expires_on=last))
            await office.saw(paper_accepted(expires_on=last))
            async with served(office) as api:
                [shown] = await api.items("/accounts/to-activate", role="administration")
                assert shown["papers"][0]["holds"] is holds


class TestQuotes:
    @pytest.mark.requirement("G-17")
    async def test_waiting_quotes_stand_side_by_side(self, office: Office) -> None:
        await office.saw(published(), submitted("ada", 900), submitted("bob", 800))
        async with served(office) as api:
            [trip] = await api.items("/quotes/to-process", role="logistics")
            offers = [(q["driver_id"], q["price"]["amount_minor"]) for q in trip["quotes"]]
            assert offers == [("bob", 800), ("ada", 900)]
            [cheapest, _] = trip["quotes"]
            assert cheapest["service"]["amount_minor"] == 500
            assert [one["kind"] for one in cheapest["expenses"]] == ["toll"]

    async def test_a_counter_offer_stands_beside_its_quote(self, office: Office) -> None:
        countered = CounterOffered(
            trip_id="t-1",
            driver_id="ada",
            price=Money(700, "EUR"),
            offered_at=NOON,
            offered_by=None,
        )
        await office.saw(published(), submitted("ada"), submitted("bob"), countered)
        async with served(office) as api:
            [trip] = await api.items("/quotes/to-process", role="logistics")
            [ada, bob] = sorted(trip["quotes"], key=lambda quote: str(quote["driver_id"]))
            assert bob["counter_offer"] is None
            assert ada["counter_offer"] == {
                "status": "offered",
                "price": {"amount_minor": 700, "currency": "EUR"},
            }

    @pytest.mark.requirement("G-05")
    async def test_why_is_the_rule_or_null_for_a_person(self, office: Office) -> None:
        await office.saw(published(), submitted("ada"), refused("ada", RULE))
        await office.saw(submitted("bob"), refused("bob"))
        async with served(office) as api:
            shown = (await api.get("/trips/t-1/quotes", role="logistics")).json()["quotes"]
            assert {quote["driver_id"]: quote["why"] for quote in shown} == {
                "ada": {
                    "rule": "trip-assigned",
                    "version": 2,
                    "inputs": [{"name": "driver_id", "value": "bob"}],
                },
                "bob": None,
            }


class TestInvoices:
    @pytest.mark.requirement("HIF-28")
    async def test_declared_expenses_stand_beside_quoted_ones(self, office: Office) -> None:
        await office.saw(opened(), added("e-1", 3_480), added("e-2", 500), validated())
        async with served(office) as api:
            [shown] = await api.items("/expenses/to-check")
            [toll] = shown["kinds"]
            assert [one["amount_minor"] for one in toll["quoted"]] == [3_000]
            assert [one["extra_id"] for one in toll["extras"]] == ["x-1"]
            assert [one["expense_id"] for one in toll["declared"]] == ["e-1", "e-2"]
            sums = (toll["allowed_minor"], toll["declared_minor"], toll["over_minor"])
            assert sums == (3_500, 3_980, 480)

    @pytest.mark.requirement("G-15")
    async def test_a_contested_invoice_waits_until_it_is_settled(self, office: Office) -> None:
        await office.saw(opened(), added(), validated(), contested(), opened("open", price=None))
        async with served(office) as api:
            [shown] = await api.items("/expenses/to-check")
            assert (shown["status"], await api.items("/invoices/to-approve")) == ("disputed", [])
            await office.saw(settled(amount=3_000))
            [shown] = await api.items("/invoices/to-approve")
            assert shown["kinds"][0]["declared_minor"] == 3_000

    @pytest.mark.requirement("HIF-29")
    async def test_an_approved_figure_names_its_fact(self, office: Office) -> None:
        await office.saw(opened(), added(), validated(), approved())
        async with served(office) as api:
            shown = (await api.get(f"/invoices/{INVOICE}")).json()["approval"]
            facts = [line["fact"] for line in shown["lines"]]
            stream = f"invoice-{INVOICE}"
            assert facts == [{"stream": stream, "version": n} for n in (2, 4)]
            assert shown["total"]["fact"] == {"stream": stream, "version": 6}
            assert shown["seller"] == {"stream": "seller-ada", "version": 3}

    @pytest.mark.requirement("G-15")
    async def test_a_contested_line_says_who_and_why(self, office: Office) -> None:
        await office.saw(opened(), added(), validated(), contested(), opened("open", price=None))
        async with served(office) as api:
            [shown] = await api.items("/lines/contested")
            assert (shown["line_id"], shown["contested_by"]) == ("e-1", "billing")
            assert shown["reason"] == "twice on the receipt"

    @pytest.mark.requirement("HIF-30")
    async def test_a_question_waits_until_billing_answers(self, office: Office) -> None:
        await office.saw(asked(), asked("q-2", LATER))
        async with served(office) as api:
            shown = await api.items("/questions/open")
            assert [one["question_id"] for one in shown] == ["q-1", "q-2"]
            await office.saw(replied())
            [left] = await api.items("/questions/open")
            assert (left["question_id"], left["question"]) == ("q-2", "When?")


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

    @pytest.mark.parametrize("path", LISTS)
    @pytest.mark.parametrize(
        ("query", "status"),
        [("limit=0", 422), ("limit=201", 422), ("limit=many", 422), ("cursor=made-up", 400)],
    )
    async def test_what_cannot_be_read_is_refused(
        self, office: Office, path: str, query: str, status: int
    ) -> None:
        [role, *_] = sorted(ADMITTED[path])
        joined = "&" if "?" in concrete(path) else "?"
        async with served(office) as api:
            asked: Any = {"role": role}
            shown = await api.get(f"{concrete(path)}{joined}{query}", **asked)
            assert shown.status_code == status

    @pytest.mark.parametrize("path", sorted(ADMITTED.keys() - set(LISTS)))
    async def test_what_is_no_id_is_refused(self, office: Office, path: str) -> None:
        [role, *_] = sorted(ADMITTED[path])
        async with served(office) as api:
            asked: Any = {"role": role}
            shown = await api.get(re.sub(r"{\w+}", "not%20an%20id", path), **asked)
            assert shown.status_code == 422

    @pytest.mark.parametrize("days", ["", "from_day=2030-05-06", "from_day=2&until_day=3",
                                      "from_day=2030-05-07&until_day=2030-05-06"])  # fmt: skip
    async def test_days_have_an_order(self, office: Office, days: str) -> None:
        async with served(office) as api:
            shown = await api.get(f"/drivers/available?{days}", role="logistics")
            assert shown.status_code == 422

    async def test_facts_not_shown_in_time_are_too_early(self, office: Office) -> None:
        async with served(office) as api:
            asked = {"Relais-Min-Position": f"invoices.invoice/{INVOICE}@5"}
            early = await api.get("/lines/contested", headers=asked)
            assert (early.status_code, early.headers["Retry-After"]) == (425, "1")
