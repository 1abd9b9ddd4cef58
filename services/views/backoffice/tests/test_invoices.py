"""Which invoices wait, what was declared, which lines are contested?"""

from functools import reduce
from typing import Any

import pytest

from contracts.invoices.invoice_v1 import (
    ExpensesReopened,
    InvoiceEvent,
    Party,
    Receipt,
    ReceiptPart,
)
from infra.consumers.views import OutOfOrder
from services.views.backoffice import contests, expenses, invoices, lines_contested
from services.views.backoffice.contests import BY_INVOICE
from services.views.backoffice.expenses import AS_DECLARED
from services.views.backoffice.expenses_to_check import to_check
from services.views.backoffice.invoices import FIRST_DELIVERED, LONGEST_WAITING, Allowed, Line
from services.views.backoffice.invoices_to_approve import to_approve
from services.views.backoffice.invoices_to_price import to_price
from services.views.backoffice.lines_contested import unsettled
from services.views.backoffice.tests.make import (
    HOUR,
    INVOICE,
    LATER,
    NOON,
    added,
    approved,
    contested,
    driver_forgotten,
    euros,
    extra_noted,
    noted,
    numbered,
    opened,
    paid,
    prepared,
    price_agreed,
    registered,
    removed,
    settled,
    validated,
)
from services.views.backoffice.tests.stage import Office, served

OTHERS = [noted(), prepared(), extra_noted(), opened(), price_agreed(), validated()]
LAST = [approved(), numbered(), paid()]


def invoice_of(*events: invoices.Reads) -> invoices.Invoice:
    empty: invoices.Invoice | None = None
    row = reduce(invoices.project, events, empty)
    assert row is not None
    return row


class TestInvoice:
    @pytest.mark.requirement("HIF-29", "G-15")
    def test_its_status_is_the_furthest_it_got(self) -> None:
        events: list[invoices.Reads] = [opened(), validated(), approved(), paid()]
        statuses = [invoice_of(*events[:n]).status for n in range(1, 5)]
        assert statuses == ["to_complete", "validated", "approved", "paid"]

    def test_reopened_it_is_to_be_completed_and_validated_again(self) -> None:
        reopened = ExpensesReopened(
            invoice_id=INVOICE,
            organisation_id="hiflow",
            driver_id="ada",
            extra_id="x-2",
            reopened_at=LATER,
        )
        row = invoice_of(opened(), validated(), reopened)
        assert (row.status, row.validated_at) == ("to_complete", None)
        assert invoice_of(opened(), validated(), reopened, validated()).status == "validated"

    def test_what_may_be_declared_is_quoted_or_accepted_later(self) -> None:
        row = invoice_of(opened(), extra_noted("x-2"), extra_noted("x-2"))
        assert row.allowed == (
            Allowed("toll", 3_000, "EUR", None),
            Allowed("toll", 500, "EUR", "x-1"),
            Allowed("taxi", 2_000, "EUR", "x-2"),
        )

    def test_an_extra_before_the_delivery_comes_with_the_invoice(self) -> None:
        assert invoices.project(None, extra_noted()) is None

    def test_a_missing_price_is_agreed_later(self) -> None:
        assert invoice_of(opened(price=None)).service_minor is None
        assert invoice_of(opened(price=None), price_agreed(25_000)).service_minor == 25_000

    def test_a_line_is_contested_until_settled(self) -> None:
        row = invoice_of(opened(), validated(), contested("e-1"), contested("service"))
        assert row.contested == ("e-1", "service")
        assert invoice_of(opened(), contested("e-1"), settled("e-1")).contested == ()

    def test_a_service_price_settled_before_the_approval_is_the_price(self) -> None:
        assert invoice_of(opened(), settled("service", 20_000)).service_minor == 20_000
        row = invoice_of(opened(), approved(), settled("service", 20_000, adjustment=-9_900))
        assert row.service_minor == 29_900

    @pytest.mark.requirement("HIF-29")
    def test_an_approved_figure_names_the_version_it_is_from(self) -> None:
        row = invoice_of(opened(), validated(), approved(), numbered())
        assert row.lines == (
            Line("service", None, 29_900, "EUR", 2),
            Line("e-1", "toll", 3_480, "EUR", 4),
        )
        assert (row.approved_version, row.seller_version, row.buyer_version) == (6, 3, 1)
        assert (row.total_minor, row.number) == (40_056, "ADA-2030-0001")

    @pytest.mark.parametrize("event", [noted(), prepared(), added(), removed()])
    def test_some_events_change_no_invoice(self, event: InvoiceEvent) -> None:
        assert not isinstance(event, invoices.Reads)

    @pytest.mark.parametrize("event", [validated(), contested(), settled(), *LAST])
    def test_an_event_before_the_delivery_is_out_of_order(self, event: invoices.Reads) -> None:
        with pytest.raises(OutOfOrder):
            invoice_of(event)

    @pytest.mark.parametrize("event", [validated(), contested(), settled(), *LAST])
    def test_seeing_an_event_twice_changes_nothing(self, event: invoices.Reads) -> None:
        assert invoice_of(opened(), event, event) == invoice_of(opened(), event)


class TestExpense:
    def test_an_expense_is_there_until_removed(self) -> None:
        row = expenses.project(None, added())
        assert row is not None
        assert (row.kind, row.amount_minor, row.receipt_file_id) == ("toll", 3_480, "file-9")
        assert expenses.project(row, removed()) is None

    def test_what_was_settled_stands_beside_what_was_declared(self) -> None:
        row = expenses.project(expenses.project(None, added()), settled(amount=3_000))
        assert row is not None
        assert (row.amount_minor, row.settled_minor) == (3_480, 3_000)

    def test_settling_an_expense_nobody_declared_is_out_of_order(self) -> None:
        with pytest.raises(OutOfOrder):
            expenses.project(None, settled())

    @pytest.mark.parametrize("event", [*OTHERS, *LAST, contested()])
    def test_other_events_concern_no_expense(self, event: InvoiceEvent) -> None:
        assert not isinstance(event, expenses.Reads)

    def test_a_settled_service_is_no_expense(self) -> None:
        assert expenses.key(settled("service")) is None


class TestContest:
    def test_a_contest_says_who_and_why(self) -> None:
        row = contests.project(None, contested(by=Party.DRIVER))
        assert (row.contested_by, row.reason, row.status) == (
            "driver",
            "twice on the receipt",
            "open",
        )

    def test_settled_it_names_its_fact_and_adjustment(self) -> None:
        row = contests.project(contests.project(None, contested()), settled(adjustment=-480))
        assert (row.status, row.amount_minor, row.adjustment_minor) == ("settled", 3_000, -480)
        assert (row.settled_version, row.explanation) == (9, "the receipt says so")

    def test_settling_what_nobody_contested_is_out_of_order(self) -> None:
        with pytest.raises(OutOfOrder):
            contests.project(None, settled())

    @pytest.mark.parametrize("event", [*OTHERS, *LAST, added(), removed()])
    def test_other_events_concern_no_contest(self, event: InvoiceEvent) -> None:
        assert not isinstance(event, contests.Reads)


class TestQueries:
    @pytest.mark.requirement("G-15")
    async def test_validated_invoices_come_longest_waiting_first(self, office: Office) -> None:
        await office.saw(opened("b"), validated("b", LATER), opened("a"), opened("c"))
        await office.saw(validated("a", LATER + HOUR), contested(invoice="b"), opened("d"))
        await office.saw(validated("d"), approved("d"))
        for waiting, expected in ((to_check, ["b", "a"]), (to_approve, ["a"])):
            found = await waiting("hiflow").many(office.pool, LONGEST_WAITING)
            assert [row.invoice_id for row in found] == expected

    @pytest.mark.requirement("HIF-28")
    async def test_missions_without_a_price_wait_for_one(self, office: Office) -> None:
        waiting = to_price("hiflow")
        await office.saw(opened("priced"), opened(price=None))
        [row] = await waiting.page(office.pool, FIRST_DELIVERED, None, 10)
        assert row.invoice_id == INVOICE
        assert await waiting.page(office.pool, FIRST_DELIVERED, (NOON, INVOICE), 10) == []
        assert await to_price("stranger").many(office.pool, FIRST_DELIVERED) == []
        await office.saw(price_agreed())
        assert await waiting.many(office.pool, FIRST_DELIVERED) == []

    async def test_another_organisation_sees_none(self, office: Office) -> None:
        await office.saw(opened(), added(), validated(), contested())
        pool, ids = office.pool, [INVOICE]
        for waiting in (to_check, to_approve):
            assert await waiting("stranger").many(pool, LONGEST_WAITING) == []
        assert await invoices.invoices.of("stranger", invoice_id=INVOICE).one(pool) is None
        declared = expenses.expenses.of("stranger", invoice_id=ids)
        assert await declared.many(pool, AS_DECLARED) == []
        disputes = contests.contests.of("stranger", invoice_id=ids)
        assert await disputes.many(pool, BY_INVOICE) == []
        assert await unsettled("stranger").many(pool, lines_contested.OLDEST) == []

    async def test_open_contests_come_oldest_first(self, office: Office) -> None:
        waiting = unsettled("hiflow")
        await office.saw(opened(), added(), contested("service", at=LATER + HOUR), contested("e-1"))
        found = await waiting.many(office.pool, lines_contested.OLDEST)
        assert [row.line_id for row in found] == ["e-1", "service"]
        await office.saw(settled("e-1"))
        found = await waiting.many(office.pool, lines_contested.OLDEST)
        assert [row.line_id for row in found] == ["service"]

    async def test_notes_and_reasons_are_forgotten_with_their_driver(self, office: Office) -> None:
        await office.saw(registered(), opened(), added(), contested(), settled())
        await office.saw(driver_forgotten())
        declared = expenses.expenses.of("hiflow", invoice_id=[INVOICE])
        [expense] = await declared.many(office.pool, AS_DECLARED)
        disputes = contests.contests.of("hiflow", invoice_id=[INVOICE])
        [contest] = await disputes.many(office.pool, BY_INVOICE)
        assert [expense.note, contest.reason, contest.explanation] == ["XXXX"] * 3


class TestShown:
    @pytest.mark.requirement("HIF-28")
    async def test_declared_expenses_stand_beside_quoted_ones(self, office: Office) -> None:
        said = Receipt("FR", (ReceiptPart(rate=1_000, net=euros(500), vat=euros(50)),))
        declared = (added("e-1", 3_480), added("e-2", 500, receipt=said))
        await office.saw(opened(), *declared, validated())
        async with served(office) as api:
            [shown] = await api.items("/expenses/to-check")
            [toll] = shown["kinds"]
            assert [one["amount_minor"] for one in toll["quoted"]] == [3_000]
            assert [one["extra_id"] for one in toll["extras"]] == ["x-1"]
            assert [one["expense_id"] for one in toll["declared"]] == ["e-1", "e-2"]
            assert [one["receipt"] for one in toll["declared"]] == [
                None,
                {
                    "country": "FR",
                    "parts": [{"rate": 1_000, "net": euro(500), "vat": euro(50)}],
                    "total": euro(550),
                },
            ]
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

    async def test_an_invoice_is_shown_as_billing_decides_on_it(self, office: Office) -> None:
        await office.saw(opened(), added(), validated(), contested(), settled())
        async with served(office) as api:
            shown = (await api.get(f"/invoices/{INVOICE}")).json()
        assert shown == {
            "invoice_id": "inv-t-1",
            "trip_id": "t-1",
            "driver_id": "ada",
            "driver": {"driver_id": "ada", "name": "", "phone": ""},
            "description": "Renault Clio, Paris to Lyon",
            "status": "validated",
            "delivered_at": "2030-05-01T12:00:00Z",
            "service": euro(29_900),
            "expenses": euro(3_480),
            "kinds": [TOLL_COMPARED],
            "contests": [SETTLED],
            "validated_at": "2030-05-01T13:00:00Z",
            "approval": None,
            "number": None,
            "own_invoices": [],
            "payout_id": None,
            "paid_at": None,
        }

    async def test_a_paid_invoice_is_shown_with_its_approval(self, office: Office) -> None:
        await office.saw(opened(), added(), validated(), approved(), numbered(), paid())
        async with served(office) as api:
            shown = (await api.get(f"/invoices/{INVOICE}")).json()
        assert shown["approval"] == APPROVAL
        ended = ("status", "number", "payout_id", "paid_at")
        assert [shown[name] for name in ended] == [
            "paid",
            "ADA-2030-0001",
            "ada-1",
            "2030-05-01T13:00:00Z",
        ]

    async def test_every_list_of_invoices_shows_them_alike(self, office: Office) -> None:
        await office.saw(opened(), added(), validated(), opened("open", price=None))
        async with served(office) as api:
            for path, id in (
                ("/expenses/to-check", INVOICE),
                ("/invoices/to-approve", INVOICE),
                ("/invoices/to-price", "open"),
            ):
                [shown] = await api.items(path)
                assert shown == (await api.get(f"/invoices/{id}")).json()

    async def test_a_contested_line_is_shown_until_it_is_settled(self, office: Office) -> None:
        await office.saw(opened(), added(), validated(), contested())
        nothing = dict.fromkeys(SETTLED.keys() - contest_shown().keys())
        async with served(office) as api:
            driver = {"driver": {"driver_id": "ada", "name": "", "phone": ""}}
            assert await api.items("/lines/contested") == [contest_shown() | nothing | driver]
            await office.saw(settled())
            assert await api.items("/lines/contested") == []


def euro(amount_minor: int) -> dict[str, Any]:
    return {"amount_minor": amount_minor, "currency": "EUR"}


def contest_shown(status: str = "open") -> dict[str, Any]:
    return {
        "invoice_id": "inv-t-1",
        "line_id": "e-1",
        "organisation_id": "hiflow",
        "driver_id": "ada",
        "contested_by": "billing",
        "reason": "twice on the receipt",
        "contested_at": "2030-05-01T13:00:00Z",
        "status": status,
    }


SETTLED = contest_shown("settled") | {
    "amount": euro(3_000),
    "amount_minor": 3_000,
    "currency": "EUR",
    "explanation": "the receipt says so",
    "adjustment": None,
    "adjustment_minor": None,
    "settled_version": 9,
    "settled_at": "2030-05-01T13:00:00Z",
}
TOLL_COMPARED = {
    "kind": "toll",
    "quoted": [euro(3_000)],
    "extras": [{"extra_id": "x-1", "amount": euro(500)}],
    "declared": [
        {
            "expense_id": "e-1",
            "amount": euro(3_480),
            "settled": euro(3_000),
            "receipt_file_id": "file-9",
            "receipt": None,
            "note": "A6, northbound",
            "added_at": "2030-05-01T12:00:00Z",
        }
    ],
    "allowed": euro(3_500),
    "allowed_minor": 3_500,
    "total_declared": euro(3_000),
    "declared_minor": 3_000,
    "over": euro(0),
    "over_minor": 0,
}
FACT = {"stream": "invoice-inv-t-1", "version": 6}
APPROVAL = {
    "lines": [
        {
            "line_id": "service",
            "kind": None,
            "amount": euro(29_900),
            "fact": {"stream": "invoice-inv-t-1", "version": 2},
        },
        {
            "line_id": "e-1",
            "kind": "toll",
            "amount": euro(3_480),
            "fact": {"stream": "invoice-inv-t-1", "version": 4},
        },
    ],
    "net": {"amount": euro(33_380), "fact": FACT},
    "tax": {"category": "standard", "rate": 2_000, "amount": euro(6_676), "fact": FACT},
    "total": {"amount": euro(40_056), "fact": FACT},
    "self_billed": True,
    "seller": {"stream": "seller-ada", "version": 3},
    "buyer": {"stream": "buyer-hiflow", "version": 1},
    "approved_at": "2030-05-01T13:00:00Z",
}
