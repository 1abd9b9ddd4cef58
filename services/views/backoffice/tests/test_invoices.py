"""Which invoices wait, what was declared, which lines are contested?"""

from functools import reduce

import pytest

from contracts.invoices.invoice_v1 import ExpensesReopened, InvoiceEvent, Party
from infra.consumers.views import OutOfOrder
from services.views.backoffice import contests, expenses, invoices
from services.views.backoffice.invoices import Allowed, Line
from services.views.backoffice.tests.conftest import Office
from services.views.backoffice.tests.make import (
    HOUR,
    INVOICE,
    LATER,
    NOON,
    added,
    approved,
    contested,
    driver_forgotten,
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

OTHERS = [noted(), prepared(), extra_noted(), opened(), price_agreed(), validated()]
LAST = [approved(), numbered(), paid()]


def invoice_of(*events: InvoiceEvent) -> invoices.Invoice:
    empty: invoices.Invoice | None = None
    row = reduce(invoices.project, events, empty)
    assert row is not None
    return row


class TestInvoice:
    @pytest.mark.requirement("HIF-29", "G-15")
    def test_its_status_is_the_furthest_it_got(self) -> None:
        events: list[InvoiceEvent] = [opened(), validated(), approved(), paid()]
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
        assert invoices.key(event) is None
        assert invoice_of(opened(), event) == invoice_of(opened())

    @pytest.mark.parametrize("event", [validated(), contested(), settled(), *LAST])
    def test_an_event_before_the_delivery_is_out_of_order(self, event: InvoiceEvent) -> None:
        with pytest.raises(OutOfOrder):
            invoice_of(event)

    @pytest.mark.parametrize("event", [validated(), contested(), settled(), *LAST])
    def test_seeing_an_event_twice_changes_nothing(self, event: InvoiceEvent) -> None:
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

    @pytest.mark.parametrize("event", [*OTHERS, *LAST, contested(), settled("service")])
    def test_other_events_concern_no_expense(self, event: InvoiceEvent) -> None:
        assert expenses.key(event) is None


class TestContest:
    def test_a_contest_says_who_and_why(self) -> None:
        row = contests.project(None, contested(by=Party.DRIVER))
        assert row is not None
        assert (row.contested_by, row.reason, row.status) == (
            "driver",
            "twice on the receipt",
            "open",
        )

    def test_settled_it_names_its_fact_and_adjustment(self) -> None:
        row = contests.project(contests.project(None, contested()), settled(adjustment=-480))
        assert row is not None
        assert (row.status, row.amount_minor, row.adjustment_minor) == ("settled", 3_000, -480)
        assert (row.settled_version, row.explanation) == (9, "the receipt says so")

    def test_settling_what_nobody_contested_is_out_of_order(self) -> None:
        with pytest.raises(OutOfOrder):
            contests.project(None, settled())

    @pytest.mark.parametrize("event", [*OTHERS, *LAST, added(), removed()])
    def test_other_events_concern_no_contest(self, event: InvoiceEvent) -> None:
        assert contests.key(event) is None
        row = contests.project(None, contested())
        assert contests.project(row, event) == row


class TestQueries:
    @pytest.mark.requirement("G-15")
    async def test_validated_invoices_come_longest_waiting_first(self, office: Office) -> None:
        await office.saw(opened("b"), validated("b", LATER), opened("a"), opened("c"))
        await office.saw(validated("a", LATER + HOUR), contested(invoice="b"), opened("d"))
        await office.saw(validated("d"), approved("d"))
        for settled_only, expected in ((False, ["b", "a"]), (True, ["a"])):
            found = await invoices.validated(
                office.pool, "hiflow", None, 10, settled_only=settled_only
            )
            assert [row.invoice_id for row in found] == expected

    @pytest.mark.requirement("HIF-28")
    async def test_missions_without_a_price_wait_for_one(self, office: Office) -> None:
        await office.saw(opened("priced"), opened(price=None))
        [row] = await invoices.to_price(office.pool, "hiflow", None, 10)
        assert row.invoice_id == INVOICE
        assert await invoices.to_price(office.pool, "hiflow", (NOON, INVOICE), 10) == []
        assert await invoices.to_price(office.pool, "stranger", None, 10) == []
        await office.saw(price_agreed())
        assert await invoices.to_price(office.pool, "hiflow", None, 10) == []

    async def test_another_organisation_sees_none(self, office: Office) -> None:
        await office.saw(opened(), added(), validated(), contested())
        pool, ids = office.pool, [INVOICE]
        assert await invoices.validated(pool, "stranger", None, 10, settled_only=False) == []
        assert await invoices.one(pool, "stranger", INVOICE) is None
        assert await expenses.expenses_of(pool, "stranger", ids) == []
        assert await contests.contests_of(pool, "stranger", ids) == []
        assert await contests.open_contests(pool, "stranger", None, 10) == []

    async def test_open_contests_come_oldest_first(self, office: Office) -> None:
        await office.saw(opened(), added(), contested("service", at=LATER + HOUR), contested("e-1"))
        found = await contests.open_contests(office.pool, "hiflow", None, 10)
        assert [row.line_id for row in found] == ["e-1", "service"]
        await office.saw(settled("e-1"))
        found = await contests.open_contests(office.pool, "hiflow", None, 10)
        assert [row.line_id for row in found] == ["service"]

    async def test_notes_and_reasons_are_forgotten_with_their_driver(self, office: Office) -> None:
        await office.saw(registered(), opened(), added(), contested(), settled())
        await office.saw(driver_forgotten())
        [expense] = await expenses.expenses_of(office.pool, "hiflow", [INVOICE])
        [contest] = await contests.contests_of(office.pool, "hiflow", [INVOICE])
        assert [expense.note, contest.reason, contest.explanation] == ["XXXX"] * 3
