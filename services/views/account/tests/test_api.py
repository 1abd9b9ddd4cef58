"""About oneself, over HTTP: who may ask, what is shown, page by page."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, get_args

import httpx
import pytest

from infra.consumers.views import views_seen
from infra.http.app import admissions, create_app
from infra.http.auth import PublishedKeys, Role, SigningKey, Verifier, issue, jwks
from infra.http.positions import Positions
from infra.http.request_context import AppState
from infra.http.versions import OpaqueVersions
from infra.signals import Signal
from services.views.account import api
from services.views.account.tests.conftest import Mine
from services.views.account.tests.make import (
    HOUR,
    INVOICE,
    NOON,
    STREAM,
    TODAY,
    UNTIL,
    added,
    approved,
    closed,
    contested,
    invited,
    licence_changed,
    opened,
    paid_out,
    paper_accepted,
    paper_added,
    profile_changed,
    settled,
    validated,
)

KEY = SigningKey.generate()
NO_HEADERS: Mapping[str, str] = {}
ROLES: tuple[Role, ...] = get_args(Role)
PATHS = [
    route.path
    for route, _ in admissions(api.router(None).routes)  # type: ignore[arg-type]
]
LISTS = [path for path in PATHS if path in ("/papers", "/invoices", "/statements")]
PAGED = [path for path in LISTS if path != "/papers"]


@dataclass
class Caller:
    """Asks as anybody; the driver `ada` of `hiflow` unless told otherwise."""

    client: httpx.AsyncClient

    async def get(
        self,
        path: str,
        who: str = "ada",
        role: Role = "driver",
        org: str = "hiflow",
        headers: Mapping[str, str] = NO_HEADERS,
    ) -> httpx.Response:
        token = issue(KEY, who, org, [role])
        given = {"Authorization": f"Bearer {token}", **headers}
        return await self.client.get(path, headers=given)


@asynccontextmanager
async def served(mine: Mine) -> AsyncIterator[Caller]:
    async def seen(streams: Any) -> Mapping[str, int]:
        return await views_seen(mine.pool, "account", streams)

    signal = Signal("seen_account", mine.pool)
    app_state = AppState(
        verifier=Verifier(PublishedKeys(jwks(KEY)), "relais-accounts", "relais"),
        positions=Positions(seen, signal, ["invoices.invoice"], within=0.05),
        versions=OpaqueVersions(bytes(32)),
        now=lambda: NOON,
    )
    app = create_app("account", [api.router(mine.pool)], app_state)
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://relais") as client:
        yield Caller(client)


def concrete(path: str) -> str:
    return path.replace("{invoice_id}", INVOICE).replace("{payout_id}", "ada-1")


class TestWhoMay:
    @pytest.mark.parametrize("path", PATHS)
    async def test_nobody_without_a_token(self, mine: Mine, path: str) -> None:
        async with served(mine) as api:
            assert (await api.client.get(concrete(path))).status_code == 401

    @pytest.mark.parametrize("role", ROLES)
    @pytest.mark.parametrize("path", PATHS)
    async def test_only_drivers(self, mine: Mine, path: str, role: Role) -> None:
        await mine.saw(invited(), paper_added(), opened(), closed())
        async with served(mine) as api:
            expected = 200 if role == "driver" else 403
            assert (await api.get(concrete(path), role=role)).status_code == expected

    @pytest.mark.parametrize(("who", "org"), [("bob", "hiflow"), ("ada", "stranger")])
    @pytest.mark.parametrize("path", PATHS)
    async def test_nobody_else_sees_anything(
        self, mine: Mine, path: str, who: str, org: str
    ) -> None:
        await mine.saw(invited(), paper_added(), opened(), closed())
        async with served(mine) as api:
            shown = await api.get(concrete(path), who=who, org=org)
            if path in LISTS:
                assert shown.json()["items"] == []
            else:
                assert shown.status_code == 404


class TestSelf:
    @pytest.mark.requirement("HIF-39", "HIF-40")
    async def test_the_profile_comes_with_licence_and_roles(self, mine: Mine) -> None:
        await mine.saw(invited(), profile_changed(), licence_changed())
        async with served(mine) as api:
            shown = (await api.get("/profile")).json()
            assert (shown["name"], shown["roles"]) == ("Ada Lovelace", ["driver"])
            assert (shown["city"], shown["licence_categories"]) == ("Paris", ["B"])

    @pytest.mark.requirement("HIF-42")
    async def test_a_paper_comes_with_the_days_it_has_left(self, mine: Mine) -> None:
        await mine.saw(invited(), paper_added(), paper_accepted())
        async with served(mine) as api:
            [shown] = (await api.get("/papers")).json()["items"]
            assert (shown["holds"], shown["days_left"]) == (True, (UNTIL - TODAY).days)


class TestFigures:
    @pytest.mark.requirement("HIF-29")
    async def test_an_approved_figure_names_its_fact(self, mine: Mine) -> None:
        await mine.saw(opened(), added(), validated(), approved())
        async with served(mine) as api:
            shown = (await api.get(f"/invoices/{INVOICE}")).json()["approval"]
            assert [line["facts"] for line in shown["lines"]] == [
                [{"stream": STREAM, "version": version}] for version in (2, 4)
            ]
            assert shown["total"] == {
                "amount": {"amount_minor": 40_056, "currency": "EUR"},
                "facts": [{"stream": STREAM, "version": 6}],
            }

    @pytest.mark.requirement("G-15")
    async def test_a_contested_invoice_is_disputed_until_settled(self, mine: Mine) -> None:
        await mine.saw(opened(), added(), validated(), approved(), contested())
        async with served(mine) as api:
            [shown] = (await api.get("/invoices")).json()["items"]
            assert (shown["status"], shown["contested"]) == ("disputed", ["e-1"])
            await mine.saw(settled())
            [shown] = (await api.get("/invoices")).json()["items"]
            assert shown["status"] == "approved"
            [settlement] = shown["settlements"]
            assert settlement["facts"] == [{"stream": STREAM, "version": 9}]

    async def test_every_sum_of_a_statement_names_the_facts_it_adds_up(self, mine: Mine) -> None:
        await mine.saw(closed(carried=-100))
        async with served(mine) as api:
            shown = (await api.get("/statements/ada-1")).json()
            kinds = ("gross", "expenses", "adjustments", "vat", "carried_in", "net")
            facts = {
                kind: [(one["stream"], one["version"]) for one in shown[kind]["facts"]]
                for kind in kinds
            }
            assert facts == {
                "gross": [(STREAM, 2)],
                "expenses": [(STREAM, 4)],
                "adjustments": [(STREAM, 9)],
                "vat": [(STREAM, 6), (STREAM, 9)],
                "carried_in": [("payout-ada", 2)],
                "net": [("payout-ada", 4)],
            }

    async def test_the_lines_of_a_statement_add_up_to_its_sums(self, mine: Mine) -> None:
        await mine.saw(closed())
        async with served(mine) as api:
            [shown] = (await api.get("/statements")).json()["items"]
            lines = sum(line["amount"]["amount_minor"] for line in shown["lines"])
            sums = ("gross", "expenses", "adjustments", "vat")
            assert lines == sum(shown[name]["amount"]["amount_minor"] for name in sums)
            assert shown["net"]["amount"]["amount_minor"] == lines
            by_id = {line["line_id"]: line["contest"] for line in shown["lines"]}
            assert by_id.pop("vat", None) is None
            assert all(path.endswith(f"/lines/{id}/contest") for id, path in by_id.items())

    async def test_a_paid_statement_names_the_payment(self, mine: Mine) -> None:
        await mine.saw(closed(), paid_out())
        async with served(mine) as api:
            shown = (await api.get("/statements/ada-1")).json()
            assert (shown["status"], shown["reference"]) == ("paid", "SEPA 42")
            assert shown["payment"] == {"stream": "payout-ada", "version": 5}


class TestAsking:
    @pytest.mark.requirement("G-09")
    async def test_pages_have_neither_doubles_nor_gaps(self, mine: Mine) -> None:
        await mine.saw(*[opened(f"i-{n}", at=NOON + HOUR * n) for n in range(5)])
        async with served(mine) as api:
            path, found = "/invoices?limit=2", list[str]()
            while path:
                page = await api.get(path)
                found += [item["invoice_id"] for item in page.json()["items"]]
                path = page.links["next"]["url"] if "next" in page.links else ""
            assert found == [f"i-{n}" for n in reversed(range(5))]

    @pytest.mark.parametrize("path", PAGED)
    @pytest.mark.parametrize(
        ("query", "status"),
        [("limit=0", 422), ("limit=201", 422), ("limit=many", 422), ("cursor=made-up", 400)],
    )
    async def test_what_cannot_be_read_is_refused(
        self, mine: Mine, path: str, query: str, status: int
    ) -> None:
        async with served(mine) as api:
            assert (await api.get(f"{path}?{query}")).status_code == status

    async def test_a_cursor_of_another_list_is_refused(self, mine: Mine) -> None:
        await mine.saw(closed("ada-1"), closed("ada-2"))
        async with served(mine) as api:
            cursor = (await api.get("/statements?limit=1")).json()["next"]
            assert (await api.get(f"/invoices?cursor={cursor}")).status_code == 400

    @pytest.mark.parametrize("path", ["/invoices/not%20an%20id", "/statements/not%20an%20id"])
    async def test_what_is_no_id_is_refused(self, mine: Mine, path: str) -> None:
        async with served(mine) as api:
            assert (await api.get(path)).status_code == 422
