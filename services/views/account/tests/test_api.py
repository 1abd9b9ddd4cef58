"""About oneself, over HTTP: what is shown, to whom, page by page."""

import pytest

from infra.http.app import admissions
from infra.testing.following import follow
from infra.testing.routes import Existing
from infra.testing.serving import Caller
from infra.testing.serving import served as served_alone
from services.views.account.service import router, service
from services.views.account.tests.make import (
    HOUR,
    INVOICE,
    LATER,
    NOON,
    RECEIPT,
    STREAM,
    TODAY,
    UNTIL,
    added,
    approved,
    closed,
    contested,
    invited,
    licence_changed,
    numbered,
    opened,
    paid,
    paid_out,
    paper_accepted,
    paper_added,
    profile_changed,
    settled,
    signed,
    validated,
)
from services.views.account.tests.stage import Mine, served
from services.views.account.tests.test_requests import OPENED
from services.views.account.tests.test_threads import MISSION

REQUESTS = ["/requests", "/requests/unread"]
NOTICES = ["/notices", "/notices/unread"]
THREADS = ["/threads", "/threads/unread", "/threads/{thread_id}"]
PAGED = ["/invoices", "/statements"]


def eur(amount_minor: int) -> dict[str, object]:
    return {"amount_minor": amount_minor, "currency": "EUR"}


def figure(amount_minor: int, *versions: int, stream: str = STREAM) -> dict[str, object]:
    facts = [{"stream": stream, "version": version} for version in versions]
    return {"amount": eur(amount_minor), "facts": facts}


EXPENSE = {
    "kind": "toll",
    "amount": eur(3_480),
    **eur(3_480),
    "receipt_file_id": "file-9",
}
SAID = {"country": "FR", "parts": [{"rate": 2_000, "net": eur(3_480), "vat": eur(696)}]}
EXPENSES = [
    EXPENSE | {"expense_id": "e-1", "receipt": None},
    EXPENSE | {"expense_id": "e-2", "receipt": SAID},
]


def rfc(at: object) -> str:
    return str(at).replace(" ", "T").replace("+00:00", "Z")


class TestWhoMay:
    def test_questions_are_for_drivers_alone_but_for_support_notices_and_threads(self) -> None:
        everybody = [
            route.path
            for route, admission in admissions(router.routes)
            if admission.roles != frozenset({"driver"})
        ]
        assert everybody == [*REQUESTS, *NOTICES, *THREADS]

    @pytest.mark.requirement("G-01")
    @pytest.mark.parametrize(("who", "org"), [("bob", "hiflow"), ("ada", "strangers")])
    async def test_nobody_else_sees_anything(self, database: str, who: str, org: str) -> None:
        async with served_alone(service, database, Caller) as caller:
            events = (invited(), paper_added("f-42"), opened(), added(), closed(), OPENED, MISSION)
            await follow(caller.running, *events)
            existing = Existing(
                ids={
                    "invoice_id": INVOICE,
                    "payout_id": "ada-1",
                    "paper": "f-42",
                    "name": "Ada Lovelace",
                    "request": "Q1",
                    "thread_id": "W3",
                },
                owners={"driver": "ada"},
                # Of whole organisations: test_notices_to_read.py says who reads which.
                for_all=(
                    "GET /notices",
                    "GET /notices/unread",
                    "GET /requests/unread",
                    "GET /threads/unread",
                ),
            )
            await existing.is_hidden_from(caller, who=who, org=org, roles=("driver",))


class TestSelf:
    @pytest.mark.requirement("HIF-39", "HIF-40")
    async def test_the_profile_comes_with_licence_and_roles(self, mine: Mine) -> None:
        await mine.saw(invited(), signed(), profile_changed(), licence_changed())
        async with served(mine) as api:
            assert await api.shown("/profile") == {
                "user_id": "ada",
                "organisation_id": "hiflow",
                "name": "Ada Lovelace",
                "email": "ada@example.org",
                "phone": "+33612345678",
                "language": "en",
                "roles": ["driver"],
                "status": "signed",
                "agreement_signed_on": "2030-05-01",
                "second_factor": False,
                "photo_file_id": "photo-1",
                "street": "1 rue de Rivoli",
                "postal_code": "75001",
                "city": "Paris",
                "country": "FR",
                "licence_number": "12AB34567",
                "licence_country": "FR",
                "licence_categories": ["B"],
                "licence_issued_on": "2030-05-06",
                "licence_expires_on": "2030-05-10",
            }

    @pytest.mark.requirement("HIF-42")
    async def test_a_paper_comes_with_the_days_it_has_left(self, mine: Mine) -> None:
        await mine.saw(invited(), paper_added(), paper_accepted())
        async with served(mine) as api:
            assert await api.shown("/papers") == {
                "items": [
                    {
                        "paper_id": "ada:insurance",
                        "kind": "liability_insurance",
                        "status": "accepted",
                        "file_id": "file-1",
                        "issued_on": "2030-05-01",
                        "expires_on": "2030-05-10",
                        "refusal_reason": None,
                        "added_at": rfc(NOON),
                        "decided_at": rfc(LATER),
                        "holds": True,
                        "held_file_id": "file-1",
                        "held_until": "2030-05-10",
                        "days_left": (UNTIL - TODAY).days,
                    }
                ]
            }


APPROVAL = {
    "lines": [
        {"line_id": "service", "kind": None, **figure(29_900, 2)},
        {"line_id": "e-1", "kind": "toll", **figure(3_480, 4)},
    ],
    "net": figure(33_380, 6),
    "tax_rate": 2_000,
    "tax": figure(6_676, 6),
    "total": figure(40_056, 6),
    "approved_at": rfc(LATER),
}


class TestInvoices:
    @pytest.mark.requirement("HIF-28", "HIF-29")
    async def test_an_invoice_comes_whole_each_approved_figure_with_its_fact(
        self, mine: Mine
    ) -> None:
        declared = (added(), added("e-2", receipt=RECEIPT))
        await mine.saw(opened(), *declared, validated(), approved(), numbered(), paid())
        async with served(mine) as api:
            assert await api.shown(f"/invoices/{INVOICE}") == {
                "invoice_id": INVOICE,
                "trip_id": "t-1",
                "description": "Renault Clio, Paris to Lyon",
                "status": "paid",
                "delivered_at": rfc(NOON),
                "service": eur(29_900),
                "expenses": EXPENSES,
                "contested": [],
                "settlements": [],
                "validated_at": rfc(LATER),
                "approval": APPROVAL,
                "number": "ADA-2030-0001",
                "own_invoices": [],
                "payout_id": "ada-1",
                "paid_at": rfc(LATER),
            }

    async def test_before_the_approval_there_is_none(self, mine: Mine) -> None:
        await mine.saw(opened(price=None))
        async with served(mine) as api:
            [shown] = (await api.shown("/invoices"))["items"]
            unknown = ("service", "validated_at", "approval", "number", "payout_id", "paid_at")
            assert [shown[name] for name in unknown] == [None] * len(unknown)
            assert (shown["status"], shown["expenses"]) == ("to_complete", [])

    @pytest.mark.requirement("G-15")
    async def test_a_contested_invoice_is_disputed_until_settled(self, mine: Mine) -> None:
        await mine.saw(opened(), added(), validated(), approved(), contested())
        async with served(mine) as api:
            [shown] = (await api.shown("/invoices"))["items"]
            assert (shown["status"], shown["contested"]) == ("disputed", ["e-1"])
            await mine.saw(settled())
            [shown] = (await api.shown("/invoices"))["items"]
            assert (shown["status"], shown["contested"]) == ("approved", [])
            assert shown["settlements"] == [
                {"line_id": "e-1", "adjustment": eur(-480), **figure(3_000, 9)}
            ]


def line(kind: str, id: str, amount: int, version: int) -> dict[str, object]:
    path = f"/invoices/invoices/{INVOICE}/lines/{id}/contest"
    return {
        "kind": kind,
        "invoice_id": INVOICE,
        "line_id": id,
        "trip_id": "t-1",
        "contest": None if id == "vat" else path,
        **figure(amount, version),
    }


STATEMENT = {
    "payout_id": "ada-1",
    "status": "paid",
    "lines": [
        line("service", "service", 29_900, 2),
        line("expense", "e-1", 3_480, 4),
        line("vat", "vat", 6_676, 6),
        line("adjustment", "e-1", -480, 9),
        line("vat", "e-1", -96, 9),
    ],
    "gross": figure(29_900, 2),
    "expenses": figure(3_480, 4),
    "adjustments": figure(-480, 9),
    "vat": figure(6_580, 6, 9),
    "carried_in": figure(-100, 2, stream="payout-ada"),
    "carried_out": figure(0, 4, stream="payout-ada"),
    "net": figure(39_380, 4, stream="payout-ada"),
    "closed_at": rfc(NOON),
    "reference": "SEPA 42",
    "paid_at": rfc(LATER),
    "payment": {"stream": "payout-ada", "version": 5},
}


class TestStatements:
    @pytest.mark.requirement("G-15")
    async def test_a_statement_comes_whole_every_sum_with_the_facts_it_adds_up(
        self, mine: Mine
    ) -> None:
        await mine.saw(closed(carried=-100), paid_out())
        async with served(mine) as api:
            assert await api.shown("/statements/ada-1") == STATEMENT

    async def test_the_lines_of_a_statement_add_up_to_its_sums(self, mine: Mine) -> None:
        await mine.saw(closed())
        async with served(mine) as api:
            [shown] = (await api.shown("/statements"))["items"]
            lines = sum(line["amount"]["amount_minor"] for line in shown["lines"])
            sums = ("gross", "expenses", "adjustments", "vat")
            assert lines == sum(shown[name]["amount"]["amount_minor"] for name in sums)
            assert shown["net"]["amount"]["amount_minor"] == lines
            assert (shown["status"], shown["payment"]) == ("to_pay", None)
            assert shown["carried_in"]["facts"] == []


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
