"""What became of my invoices and statements, and which fact is each figure from?"""

from dataclasses import replace
from functools import reduce

import pytest

from contracts.invoices.invoice_v1 import CorrectionNumbered, ExpensesReopened, InvoiceEvent
from contracts.payments.payout_v1 import PayoutEvent
from infra.consumers.views import OutOfOrder
from services.views.account import invoices, statements
from services.views.account.invoices import Expense, Line, Settlement
from services.views.account.tests.conftest import Mine
from services.views.account.tests.make import (
    HOUR,
    INVOICE,
    LATER,
    NOON,
    STREAM,
    added,
    adjusted,
    approved,
    closed,
    contested,
    credited,
    extra_noted,
    noted,
    numbered,
    opened,
    paid,
    paid_out,
    prepared,
    price_agreed,
    removed,
    settled,
    validated,
)

AFTER: list[InvoiceEvent] = [
    price_agreed(),
    added(),
    removed(),
    validated(),
    contested(),
    settled(),
    approved(),
    numbered(),
    paid(),
]


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

    @pytest.mark.requirement("HIF-28")
    def test_an_expense_is_there_until_removed(self) -> None:
        row = invoice_of(opened(), added("e-1"), added("e-2"), removed("e-1"))
        assert row.expenses == (Expense("e-2", "toll", 3_480, "EUR", "file-9"),)

    def test_a_missing_price_is_agreed_later(self) -> None:
        assert invoice_of(opened(price=None)).service_minor is None
        assert invoice_of(opened(price=None), price_agreed(25_000)).service_minor == 25_000

    def test_a_line_is_contested_until_settled_to_another_amount(self) -> None:
        row = invoice_of(opened(), approved(), contested("e-1"), contested("service"))
        assert row.contested == ("e-1", "service")
        row = invoice_of(opened(), approved(), contested("e-1"), settled("e-1", 3_000))
        assert row.contested == ()
        assert row.settlements == (Settlement("e-1", 3_000, "EUR", -480, 9),)
        number = CorrectionNumbered(
            invoice_id=INVOICE,
            organisation_id="hiflow",
            driver_id="ada",
            settlement_version=9,
            number="ADA-2030-0002",
            numbered_at=LATER,
        )
        assert invoices.project(row, replace(number, settlement_version=8)) == row
        corrected = invoices.project(row, number).settlements
        assert corrected == (Settlement("e-1", 3_000, "EUR", -480, 9, "ADA-2030-0002"),)

    def test_an_approved_figure_names_the_version_it_is_from(self) -> None:
        row = invoice_of(opened(), validated(), approved(), numbered(), paid())
        assert row.lines == (
            Line("service", None, 29_900, "EUR", 2),
            Line("e-1", "toll", 3_480, "EUR", 4),
        )
        assert (row.approved_version, row.total_minor) == (6, 40_056)
        assert (row.number, row.payout_id) == ("ADA-2030-0001", "ada-1")

    @pytest.mark.requirement("HIF-27", "HIF-29")
    @pytest.mark.parametrize("event", [noted(), prepared(), extra_noted()])
    def test_nothing_shows_before_the_delivery(self, event: InvoiceEvent) -> None:
        assert invoices.key(event) is None
        assert invoice_of(opened(), event) == invoice_of(opened())

    @pytest.mark.parametrize("event", AFTER)
    def test_an_event_before_the_delivery_is_out_of_order(self, event: InvoiceEvent) -> None:
        assert invoices.key(event) == (INVOICE,)
        with pytest.raises(OutOfOrder):
            invoice_of(event)

    @pytest.mark.parametrize("event", AFTER)
    def test_seeing_an_event_twice_changes_nothing(self, event: InvoiceEvent) -> None:
        assert invoice_of(opened(), event, event) == invoice_of(opened(), event)


class TestStatement:
    def test_a_closed_statement_waits_to_be_paid(self) -> None:
        row = statements.project(None, closed())
        assert row is not None
        assert (row.status, row.net_minor, row.version) == ("to_pay", 39_480, 4)
        assert [(line.stream, line.version) for line in row.lines] == [
            (STREAM, version) for version in (2, 4, 6, 9, 9)
        ]

    @pytest.mark.parametrize(
        ("carried", "status", "net", "out"),
        [(-39_479, "to_pay", 1, 0), (-39_480, "settled", 0, 0), (-39_481, "settled", 0, -1)],
    )
    def test_with_nothing_to_pay_it_is_settled_at_once(
        self, carried: int, status: str, net: int, out: int
    ) -> None:
        row = statements.project(None, closed(carried=carried))
        assert row is not None
        assert (row.status, row.net_minor, row.carried_out_minor) == (status, net, out)
        assert (row.carried_from_stream, row.carried_from_version) == ("payout-ada", 2)

    def test_paid_it_names_the_payment(self) -> None:
        row = statements.project(statements.project(None, closed()), paid_out())
        assert row is not None
        assert (row.status, row.reference, row.paid_version) == ("paid", "SEPA 42", 5)
        assert statements.project(row, paid_out()) == row

    def test_a_payment_before_its_statement_is_out_of_order(self) -> None:
        with pytest.raises(OutOfOrder):
            statements.project(None, paid_out())

    @pytest.mark.parametrize("event", [credited(), adjusted()])
    def test_what_is_owed_is_no_statement_yet(self, event: PayoutEvent) -> None:
        assert statements.key(event) is None
        row = statements.project(None, closed())
        assert statements.project(row, event) == row


class TestQueries:
    @pytest.mark.requirement("HIF-29")
    async def test_invoices_come_the_latest_delivery_first(self, mine: Mine) -> None:
        await mine.saw(opened("a", at=LATER), opened("b"), opened("c", driver="bob"))
        found = await invoices.invoices_of(mine.pool, "hiflow", "ada", None, 10)
        assert [row.invoice_id for row in found] == ["a", "b"]
        after = await invoices.invoices_of(mine.pool, "hiflow", "ada", (LATER, "a"), 10)
        assert [row.invoice_id for row in after] == ["b"]

    async def test_a_row_comes_back_from_the_table_as_it_was(self, mine: Mine) -> None:
        events = (opened(), added(), validated(), contested(), settled(), approved())
        await mine.saw(*events)
        found = await invoices.invoice_of(mine.pool, "hiflow", "ada", INVOICE)
        assert found == invoice_of(*events)

    async def test_statements_come_the_latest_first(self, mine: Mine) -> None:
        await mine.saw(closed("ada-1", at=NOON), closed("ada-2", at=NOON + HOUR))
        found = await statements.statements_of(mine.pool, "hiflow", "ada", None, 10)
        assert [row.payout_id for row in found] == ["ada-2", "ada-1"]
        assert found[1] == statements.project(None, closed("ada-1", at=NOON))
        after = (LATER, "ada-2")
        rest = await statements.statements_of(mine.pool, "hiflow", "ada", after, 10)
        assert [row.payout_id for row in rest] == ["ada-1"]

    @pytest.mark.parametrize("who", [("stranger", "ada"), ("hiflow", "bob")])
    async def test_nobody_else_sees_them(self, mine: Mine, who: tuple[str, str]) -> None:
        await mine.saw(opened(), closed())
        assert await invoices.invoices_of(mine.pool, *who, None, 10) == []
        assert await invoices.invoice_of(mine.pool, *who, INVOICE) is None
        assert await statements.statements_of(mine.pool, *who, None, 10) == []
        assert await statements.statement_of(mine.pool, *who, "ada-1") is None
