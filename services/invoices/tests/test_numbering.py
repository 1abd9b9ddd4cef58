"""Numbers follow approvals without gaps, and go to their invoices."""

import asyncio

import pytest

from contracts.invoices.invoice_v1 import InvoiceEvent
from contracts.invoices.numbering_v1 import NumberAssigned
from infra.testing.spec import Spec
from services.invoices import numbering
from services.invoices.aggregates import NUMBERING
from services.invoices.numbering import AssignNumber
from services.invoices.reactions import from_invoices_invoice, from_invoices_numbering
from services.invoices.tests.make import (
    LATER,
    added,
    approved,
    give_number,
    opened,
    settled,
    validated,
)
from services.invoices.tests.stage import context, served

SPEC: Spec[AssignNumber, numbering.Taken, NumberAssigned, None] = Spec(
    numbering.decide, numbering.evolve, numbering.initial
)
given = SPEC.given


def assign(
    invoice: str = "inv-t-1", driver: str = "ada", settlement: int | None = None
) -> AssignNumber:
    return AssignNumber(
        organisation_id="hiflow",
        driver_id=driver,
        invoice_id=invoice,
        at=LATER,
        settlement_version=settlement,
    )


def taken(
    ordinal: int = 1, invoice: str = "inv-t-1", settlement: int | None = None
) -> NumberAssigned:
    number = f"HIFLOW-{ordinal:06}"
    return NumberAssigned(
        sequence_id="hiflow:ada",
        organisation_id="hiflow",
        driver_id="ada",
        invoice_id=invoice,
        ordinal=ordinal,
        number=number,
        assigned_at=LATER,
        settlement_version=settlement,
    )


def test_an_approval_of_a_self_billed_invoice_asks_for_a_number() -> None:
    [command] = from_invoices_invoice.react(approved())
    assert (command, from_invoices_invoice.target(command)) == (assign(), "hiflow:ada")
    assert from_invoices_invoice.react(approved(self_billed=False)) == []


@pytest.mark.parametrize("event", [opened(), added(), validated()])
def test_nothing_else_asks_for_one(event: InvoiceEvent) -> None:
    assert not isinstance(event, from_invoices_invoice.Reads)


def test_numbers_follow_each_other_and_an_invoice_has_one() -> None:
    given().when(assign()).records(taken())
    given(taken()).when(assign("inv-t-2")).records(taken(2, "inv-t-2"))
    given(taken(), taken(2, "inv-t-2")).when(assign()).records_nothing()
    assert from_invoices_numbering.react(taken()) == [give_number()]


def test_a_correction_takes_the_next_number_once_where_the_invoice_has_one() -> None:
    assert from_invoices_invoice.react(settled(3_000, -500, -100, 8)) == [assign(settlement=8)]
    assert from_invoices_invoice.react(settled(3_500, version=8)) == []
    given(taken()).when(assign(settlement=8)).records(taken(2, settlement=8))
    given(taken(), taken(2, settlement=8)).when(assign(settlement=9)).records(
        taken(3, settlement=9)
    )
    given().when(assign(settlement=8)).records_nothing()
    given(taken(1, "inv-t-2")).when(assign(settlement=8)).records_nothing()
    [command] = from_invoices_numbering.react(taken(2, settlement=8))
    assert (command.number, command.settlement_version) == ("HIFLOW-000002", 8)


async def test_numbers_have_no_gap_whoever_asks_at_once(database: str) -> None:
    async with served(database) as api:
        asked = [assign(f"inv-{n % 20}") for n in range(40)]
        handle = api.running.commands.handle
        await asyncio.gather(*(handle(NUMBERING, "hiflow:ada", one, context()) for one in asked))
        found = await api.running.commands.history(NUMBERING, "hiflow:ada")
        taken = [entry.event for entry in found if isinstance(entry.event, NumberAssigned)]
        assert [number.ordinal for number in taken] == list(range(1, 21))
        assert len({number.invoice_id for number in taken}) == 20


@pytest.mark.parametrize(
    ("organisation", "number"),
    [
        ("hiflow", "HIFLOW-000007"),
        ("a" * 64, f"{'A' * 28}-000007"),
        ("a.b~c:d_e", "A-B-C-D-E-000007"),
    ],
)
def test_a_number_is_of_letters_and_a_length_that_every_platform_takes(
    organisation: str, number: str
) -> None:
    assert numbering.number(organisation, 7) == number
    assert len(numbering.number(organisation, 999_999)) <= 35
