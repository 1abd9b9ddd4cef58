"""Which invoices that drivers wrote wait for somebody to look at them?"""

from functools import reduce

import pytest

from services.views.backoffice import invoices
from services.views.backoffice.invoice_details import invoice_shown
from services.views.backoffice.invoices import LONGEST_SENT
from services.views.backoffice.own_invoices_to_check import to_check
from services.views.backoffice.persons import PersonShown
from services.views.backoffice.tests.make import (
    HOUR,
    INVOICE,
    LATER,
    approved,
    opened,
    own_accepted,
    own_refused,
    own_sent,
    validated,
)
from services.views.backoffice.tests.stage import Office

APPROVED: list[invoices.Reads] = [opened(), validated(), approved(waits=True)]


def row_of(*events: invoices.Reads) -> invoices.Invoice:
    empty: invoices.Invoice | None = None
    row = reduce(invoices.project, events, empty)
    assert row is not None
    return row


@pytest.mark.parametrize(
    ("last", "status", "differing"),
    [
        (own_sent(), "sent", ["VAT"]),
        (own_refused(), "refused", []),
        (own_accepted(), "accepted", []),
    ],
)
def test_billing_sees_what_became_of_it_and_what_differs(
    last: invoices.Reads, status: str, differing: list[str]
) -> None:
    row = row_of(*APPROVED, own_sent(), last)
    ada = PersonShown(driver_id="ada", name="Ada Lovelace", phone="")
    [shown] = invoice_shown(row, ada, [], []).own_invoices
    assert (shown.status, [field.name for field in shown.differing]) == (status, differing)
    assert (shown.file_id, shown.number) == ("f-9", "2030-14")


def test_an_accepted_one_gives_the_invoice_its_number_and_sums() -> None:
    row = row_of(*APPROVED, own_sent(), own_accepted())
    assert (row.number, row.net_minor, row.total_minor) == ("2030-14", 25_000, 30_000)
    more = row_of(*APPROVED, own_sent(), own_accepted(settlement=10))
    assert (more.number, more.total_minor) == (None, 40_056)


async def test_what_was_sent_waits_until_it_is_decided(office: Office) -> None:
    async def waiting(organisation: str = "hiflow") -> list[str]:
        rows = await to_check(organisation).many(office.pool, LONGEST_SENT)
        return [row.invoice_id for row in rows]

    await office.saw(*APPROVED)
    assert await waiting() == []
    await office.saw(own_sent(at=LATER + HOUR))
    await office.saw(opened("b"), validated("b"), approved("b", waits=True), own_sent(id="b"))
    assert await waiting() == ["b", INVOICE]
    assert await waiting("stranger") == []
    await office.saw(own_refused())
    assert await waiting() == ["b"]
    await office.saw(own_sent(), own_accepted(), own_sent(settlement=10))
    assert await waiting() == ["b", INVOICE]
    await office.saw(own_accepted(settlement=10))
    assert await waiting() == ["b"]
