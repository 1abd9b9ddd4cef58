"""The lists of charges follow every turn that a refund takes."""

from collections.abc import Iterable
from dataclasses import replace
from functools import reduce

from contracts.payments.charge_v1 import DocumentWithheld
from infra.testing.following import follow
from services.payments.read_models import open_charges
from services.payments.read_models.charges import Back, ChargeRow, project
from services.payments.read_models.charges import Reads as ListReads
from services.payments.tests.cards_stage import eur, served
from services.payments.tests.make_cards import (
    AT,
    GROUP,
    HOUSE,
    LINES,
    MINE,
    amounts,
    begun,
    fee_read,
    numbered,
    offered,
    paid,
    part,
    refund_begun,
    refund_bounced,
    refund_made,
)

PART = part(LINES[1], 10_000, 2_000)
TOTAL = amounts(10_000, 2_000)
BEGUN = refund_begun(PART, total=TOTAL)
MADE = refund_made(PART, total=TOTAL, version=5)
BOUNCED = refund_bounced(PART, total=TOTAL, version=6)


def row_of(*events: ListReads) -> ChargeRow:
    row: ChargeRow | None = None
    row = reduce(project, events, row)
    assert row is not None
    return row


def test_what_bounced_is_not_refunded() -> None:
    made = row_of(offered(), begun(), paid(), MADE, MADE)
    assert (made.refunds, made.refunded_minor) == ((Back("R1", 12_000),), 12_000)
    bounced = project(made, BOUNCED)
    assert (bounced.refunded_minor, project(bounced, BOUNCED)) == (0, bounced)


def withheld(refund_id: str | None = None) -> DocumentWithheld:
    return DocumentWithheld(
        charge_id=MINE,
        organisation_id=GROUP,
        dealership_id=HOUSE,
        case_id="J1",
        refund_id=refund_id,
        cancels=None,
        rules=("BR-FR-10",),
        says="[BR-FR-10] The SIREN has nine digits.",
        responsible_id="gina",
        withheld_at=AT,
    )


def test_the_list_shows_the_rules_until_there_is_a_number() -> None:
    before = row_of(offered(), begun(), paid())
    assert before.broken_rules == ()
    after = project(before, withheld())
    assert after == replace(before, broken_rules=("BR-FR-10",))
    numbers = (numbered(), MADE, withheld("R1"), numbered("L-2", "R1"))
    assert project(after, numbers[0]).broken_rules == ()
    assert row_of(offered(), begun(), paid(), *numbers).broken_rules == ()


async def test_the_list_shows_what_holds(database: str) -> None:
    async with served(database) as api:
        await follow(api.running, offered(), begun(), paid(), BEGUN, MADE)
        [one] = (await api.ask("GET", "/charges")).json()["items"]
        assert (one["charge_id"], one["refunded"]) == (MINE, eur(12_000))
        await follow(api.running, offered(), begun(), paid(), BEGUN, MADE, BOUNCED)
        [one] = (await api.ask("GET", "/charges")).json()["items"]
        assert one["refunded"] == eur(0)


def unnumbered(events: Iterable[open_charges.Reads]) -> tuple[str, ...] | None:
    row: open_charges.OpenCharge | None = None
    row = reduce(open_charges.project, events, row)
    return row.unnumbered if row else None


def test_a_charge_is_open_until_what_cancels_a_credit_note_has_its_number() -> None:
    noted = fee_read(0, 5, "R1")
    done: tuple[open_charges.Reads, ...] = (paid(), fee_read(), numbered(), MADE, noted)
    done = (*done, numbered("L-2", "R1"))
    assert unnumbered(done) is None
    assert unnumbered((*done, BOUNCED)) == ("cancels:R1",)
    assert unnumbered((*done, BOUNCED, numbered("L-3", "R1", cancels=True))) is None
