"""Rows of invoices and statements show their standing, and name the fact behind each figure."""

from dataclasses import replace
from functools import reduce

import pytest

from contracts.invoices.invoice_v1 import CorrectionNumbered, ExpensesReopened
from infra.consumers.views import OutOfOrder
from services.views.account import invoices, statements
from services.views.account.invoices import Expense, Line, Settlement
from services.views.account.tests.make import (
    HOUR,
    INVOICE,
    LATER,
    NOON,
    RECEIPT,
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
from services.views.account.tests.stage import Mine

AFTER: list[invoices.Reads] = [
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

    @pytest.mark.requirement("HIF-28")
    def test_an_expense_is_there_until_removed(self) -> None:
        row = invoice_of(opened(), added("e-1"), added("e-2"), removed("e-1"))
        toll = Expense(
            expense_id="e-2",
            kind="toll",
            amount_minor=3_480,
            currency="EUR",
            receipt_file_id="file-9",
        )
        assert row.expenses == (toll,)

    def test_a_missing_price_is_agreed_later(self) -> None:
        assert invoice_of(opened(price=None)).service_minor is None
        assert invoice_of(opened(price=None), price_agreed(25_000)).service_minor == 25_000

    def test_a_line_is_contested_until_settled_to_another_amount(self) -> None:
        row = invoice_of(opened(), approved(), contested("e-1"), contested("service"))
        assert row.contested == ("e-1", "service")
        row = invoice_of(opened(), approved(), contested("e-1"), settled("e-1", 3_000))
        assert row.contested == ()
        settlement = Settlement(
            line_id="e-1", amount_minor=3_000, currency="EUR", adjustment_minor=-480, version=9
        )
        assert row.settlements == (settlement,)

    def test_a_correction_numbers_its_settlement(self) -> None:
        row = invoice_of(opened(), approved(), contested("e-1"), settled("e-1", 3_000))
        number = CorrectionNumbered(
            invoice_id=INVOICE,
            organisation_id="hiflow",
            driver_id="ada",
            settlement_version=9,
            number="ADA-2030-0002",
            numbered_at=LATER,
        )
        assert invoices.project(row, replace(number, settlement_version=8)) == row
        [settlement] = row.settlements
        corrected = invoices.project(row, number).settlements
        assert corrected == (replace(settlement, number="ADA-2030-0002"),)

    def test_an_approved_figure_names_the_version_it_is_from(self) -> None:
        row = invoice_of(opened(), validated(), approved(), numbered(), paid())
        assert row.lines == (
            Line(line_id="service", kind=None, amount_minor=29_900, currency="EUR", version=2),
            Line(line_id="e-1", kind="toll", amount_minor=3_480, currency="EUR", version=4),
        )
        assert (row.approved_version, row.total_minor) == (6, 40_056)
        assert (row.number, row.payout_id) == ("ADA-2030-0001", "ada-1")

    @pytest.mark.parametrize("event", AFTER)
    def test_an_event_before_the_delivery_is_out_of_order(self, event: invoices.Reads) -> None:
        assert invoices.key(event) == (INVOICE,)
        with pytest.raises(OutOfOrder):
            invoice_of(event)

    @pytest.mark.parametrize("event", AFTER)
    def test_seeing_an_event_twice_changes_nothing(self, event: invoices.Reads) -> None:
        assert invoice_of(opened(), event, event) == invoice_of(opened(), event)


class TestStatement:
    def test_a_closed_statement_waits_to_be_paid(self) -> None:
        row = statements.project(None, closed())
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
        assert (row.status, row.net_minor, row.carried_out_minor) == (status, net, out)
        assert (row.carried_from_stream, row.carried_from_version) == ("payout-ada", 2)

    def test_paid_it_names_the_payment(self) -> None:
        row = statements.project(statements.project(None, closed()), paid_out())
        assert (row.status, row.reference, row.paid_version) == ("paid", "SEPA 42", 5)
        assert statements.project(row, paid_out()) == row

    def test_a_payment_before_its_statement_is_out_of_order(self) -> None:
        with pytest.raises(OutOfOrder):
            statements.project(None, paid_out())


class TestTables:
    @pytest.mark.requirement("HIF-27", "HIF-29")
    async def test_nothing_shows_before_the_delivery(self, mine: Mine) -> None:
        await mine.saw(noted(), prepared(), extra_noted())
        mine_now = invoices.invoices.of("hiflow", driver_id="ada")
        assert await mine_now.many(mine.pool, invoices.LATEST_DELIVERY) == []

    async def test_what_is_owed_is_no_statement_yet(self, mine: Mine) -> None:
        await mine.saw(credited(), adjusted())
        mine_now = statements.statements.of("hiflow", driver_id="ada")
        assert await mine_now.many(mine.pool, statements.LATEST_CLOSED) == []

    @pytest.mark.requirement("HIF-29")
    async def test_invoices_come_the_latest_delivery_first(self, mine: Mine) -> None:
        await mine.saw(opened("a", at=LATER), opened("b"), opened("c", driver="bob"))
        hers = invoices.invoices.of("hiflow", driver_id="ada")
        found = await hers.many(mine.pool, invoices.LATEST_DELIVERY)
        assert [row.invoice_id for row in found] == ["a", "b"]
        rest = await hers.page(mine.pool, invoices.LATEST_DELIVERY, (LATER, "a"), 10)
        assert [row.invoice_id for row in rest] == ["b"]

    async def test_a_row_comes_back_from_the_table_as_it_was(self, mine: Mine) -> None:
        said = added(receipt=RECEIPT)
        events = (opened(), said, validated(), contested(), settled(), approved())
        await mine.saw(*events)
        found = await invoices.invoices.of("hiflow", invoice_id=INVOICE).one(mine.pool)
        assert found == invoice_of(*events)

    async def test_statements_come_the_latest_first(self, mine: Mine) -> None:
        await mine.saw(closed("ada-1", at=NOON), closed("ada-2", at=NOON + HOUR))
        hers = statements.statements.of("hiflow", driver_id="ada")
        found = await hers.many(mine.pool, statements.LATEST_CLOSED)
        assert [row.payout_id for row in found] == ["ada-2", "ada-1"]
        assert found[1] == statements.project(None, closed("ada-1", at=NOON))
        after = (LATER, "ada-2")
        rest = await hers.page(mine.pool, statements.LATEST_CLOSED, after, 10)
        assert [row.payout_id for row in rest] == ["ada-1"]
