"""An invoice leads to credits and adjustments."""

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
    Tax,
    TaxCategory,
)
from services.payments.reactions.from_invoices_invoice import Reads, react, target
from services.payments.tests.make import NOON, adjust, credit, eur


def approved() -> InvoiceApproved:
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
    )


def settled(adjustment: Money | None, vat: Money | None) -> ContestSettled:
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
    )


def test_an_approval_is_owed_line_by_line_with_its_vat() -> None:
    [command] = react(approved())
    assert (command, target(command)) == (credit(), "ada")


def test_a_settlement_after_approval_is_an_adjustment() -> None:
    assert react(settled(eur(-500), eur(-100))) == [adjust()]
    assert react(settled(None, None)) == []


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
