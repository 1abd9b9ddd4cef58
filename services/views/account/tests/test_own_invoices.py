"""The invoices that a driver without a mandate writes, as the driver follows them."""

from functools import reduce

import pytest

from services.views.account import invoices
from services.views.account.invoices import OwnInvoice, invoice_shown
from services.views.account.tests.make import (
    approved,
    opened,
    own_accepted,
    own_refused,
    own_sent,
    validated,
)

APPROVED: list[invoices.Reads] = [opened(), validated(), approved(waits=True)]


def row_of(*events: invoices.Reads) -> invoices.Invoice:
    empty: invoices.Invoice | None = None
    row = reduce(invoices.project, events, empty)
    assert row is not None
    return row


@pytest.mark.parametrize(
    ("events", "status", "number"),
    [
        ([], "awaited", None),
        ([own_sent()], "sent", "2030-14"),
        ([own_sent(), own_refused()], "refused", "2030-14"),
        ([own_sent(), own_refused(), own_sent()], "sent", "2030-14"),
        ([own_sent(), own_accepted()], "accepted", "2030-14"),
    ],
)
def test_it_is_awaited_and_then_as_it_last_was(
    events: list[invoices.Reads], status: str, number: str | None
) -> None:
    row = row_of(*APPROVED, *events)
    assert row.own_invoices == (OwnInvoice(settlement_version=None, status=status, number=number),)
    [shown] = invoice_shown(row).own_invoices
    assert (shown.status, shown.number) == (status, number)


def test_with_a_mandate_none_is_awaited() -> None:
    assert row_of(opened(), validated(), approved()).own_invoices == ()


def test_an_accepted_one_gives_the_invoice_its_number_and_sums() -> None:
    row = row_of(*APPROVED, own_sent(), own_accepted())
    assert (row.number, row.total_minor, row.tax_minor) == ("2030-14", 30_000, 5_000)


def test_one_for_a_settlement_leaves_the_invoice_as_it_is() -> None:
    row = row_of(*APPROVED, own_sent(), own_accepted(), own_sent(settlement=10))
    more = row_of(*APPROVED, own_sent(), own_accepted(), own_accepted(settlement=10))
    assert [one.status for one in row.own_invoices] == ["accepted", "sent"]
    assert [one.status for one in more.own_invoices] == ["accepted", "accepted"]
    assert row.total_minor == more.total_minor == 30_000
