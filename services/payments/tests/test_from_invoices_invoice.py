"""An invoice leads to credits and adjustments."""

from datetime import date

import pytest

from contracts.common_v1 import Money
from contracts.invoices.invoice_v1 import (
    ContestSettled,
    ExpenseKind,
    InvoiceApproved,
    InvoiceEvent,
    InvoiceNumbered,
    InvoicePaid,
    Line,
    OwnInvoiceAccepted,
    Tax,
    TaxCategory,
)
from services.payments.reactions.from_invoices_invoice import Reads, react, target
from services.payments.tests.make import NOON, adjust, credit, eur


def approved(waits: bool | None = None) -> InvoiceApproved:
    return InvoiceApproved(
        invoice_id="inv-t-1",
        trip_id="t-1",
        organisation_id="hiflow",
        driver_id="ada",
        description="Renault Clio, Paris - Lyon",
        lines=(
            Line("service", None, eur(30_000), 2),
            Line("e-1", ExpenseKind.TOLL, eur(3_500), 4),
        ),
        net=eur(33_500),
        tax=Tax(TaxCategory.STANDARD, 2_000, eur(6_700)),
        total=eur(40_200),
        self_billed=False,
        seller_version=1,
        buyer_version=1,
        version=6,
        approved_at=NOON,
        due_on=None,
        time_zone=None,
        waits_for_own_invoice=waits,
    )


def settled(
    adjustment: Money | None, vat: Money | None, waits: bool | None = None
) -> ContestSettled:
    return ContestSettled(
        invoice_id="inv-t-1",
        organisation_id="hiflow",
        driver_id="ada",
        line_id="e-1",
        amount=eur(3_000),
        explanation="Why",
        adjustment=adjustment,
        adjustment_vat=vat,
        version=8,
        trip_id="t-1",
        settled_at=NOON,
        waits_for_own_invoice=waits,
    )


def test_an_approval_is_owed_line_by_line_with_its_vat() -> None:
    [command] = react(approved())
    assert (command, target(command)) == (credit(), "ada")


def test_a_settlement_after_approval_is_an_adjustment() -> None:
    assert react(settled(eur(-500), eur(-100))) == [adjust()]
    assert react(settled(None, None)) == []


def accepted(settlement: int | None = None, *lines: Line, vat: int = 6_700) -> OwnInvoiceAccepted:
    """The invoice that a driver wrote, for all of it or for what a settlement added."""
    lines = lines or approved().lines
    net = sum(line.amount.amount_minor for line in lines)
    return OwnInvoiceAccepted(
        invoice_id="inv-t-1",
        trip_id="t-1",
        organisation_id="hiflow",
        driver_id="ada",
        settlement_version=settlement,
        file_id="f-9",
        number="2030-14",
        issued_on=date(2030, 5, 1),
        lines=lines,
        net=eur(net),
        tax=Tax(TaxCategory.STANDARD, 2_000, eur(vat)),
        total=eur(net + vat),
        accepted_by=None,
        version=6,
        accepted_at=NOON,
    )


def test_without_a_mandate_nothing_is_owed_before_the_drivers_own_invoice_is_accepted() -> None:
    assert react(approved(waits=True)) == []
    assert react(approved(waits=False)) == [credit()]
    assert react(accepted()) == [credit()]


def test_what_a_settlement_adds_is_owed_with_its_invoice_and_what_it_takes_at_once() -> None:
    assert react(settled(eur(500), eur(100), waits=True)) == []
    assert react(settled(eur(-500), eur(-100), waits=False)) == [adjust()]
    added = Line("e-1", ExpenseKind.TOLL, eur(500), 8)
    assert react(accepted(8, added, vat=100)) == [adjust(500, 100)]


@pytest.mark.parametrize(
    "event",
    [
        InvoiceNumbered(
            invoice_id="inv-t-1",
            organisation_id="hiflow",
            driver_id="ada",
            number="1",
            numbered_at=NOON,
        ),
        InvoicePaid(
            invoice_id="inv-t-1",
            organisation_id="hiflow",
            driver_id="ada",
            payout_id="p-1",
            reference="SEPA-1",
            paid_at=NOON,
        ),
    ],
)
def test_nothing_else_is_owed(event: InvoiceEvent) -> None:
    assert not isinstance(event, Reads)
