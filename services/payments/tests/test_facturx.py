"""The invoice of a company keeps every rule of electronic invoices before it has a number."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from zoneinfo import ZoneInfo

import facturx as reader  # type: ignore[import-untyped]
import pytest

from contracts.payments.charge_v1 import ChargeEvent
from infra.http.customer_pages.site import Site
from services.payments import charge
from services.payments.adapters import facturx
from services.payments.adapters.paper import Paper
from services.payments.charge.papers import number_of
from services.payments.charge.situations import Charge, Paid
from services.payments.terms import Buyer
from services.payments.tests.make_cards import (
    LINES,
    MOREAU,
    TYRES,
    amounts,
    begun,
    declared,
    numbered,
    offered,
    paid,
    part,
    refund_bounced,
    refund_made,
)

SITE = Site("payments", "services.payments.http.payment_page")
BACK = part(TYRES, 20_000, 4_000)
GERMAN = Buyer(
    name="Müller GmbH",
    number="HRB 1",
    vat_number="DE136695976",
    office="Hafenstraße 1",
    postal_code="20457",
    city="Hamburg",
    country="DE",
)


def history(buyer: Buyer | None) -> tuple[ChargeEvent, ...]:
    return (
        *(offered(), begun(), paid(), numbered("LYON-000001", buyer=buyer)),
        refund_made(BACK, total=BACK.amounts, version=5),
        numbered("LYON-000002", "R1", buyer=buyer),
        refund_bounced(BACK, total=BACK.amounts, version=7),
        numbered("LYON-000003", "R1", cancels=True, buyer=buyer),
    )


def paper(
    refund_id: str | None = None, cancels: bool = False, buyer: Buyer | None = MOREAU
) -> Paper:
    state: Charge = charge.initial
    for event in history(buyer):
        state = charge.evolve(state, event)
    assert isinstance(state, Paid)
    found = number_of(state, refund_id, cancels)
    assert found is not None
    return Paper(
        paid=state,
        numbered=found,
        company=declared(),
        refund=state.refunds[refund_id] if refund_id else None,
        words=SITE.words("fr", ZoneInfo("Europe/Paris")),
    )


DOCUMENTS = [(None, False), ("R1", False), ("R1", True)]


@pytest.mark.requirement("FLB-173")
@pytest.mark.parametrize("buyer", [MOREAU, GERMAN, replace(MOREAU, vat_number=None)])
@pytest.mark.parametrize(("refund_id", "cancels"), DOCUMENTS)
async def test_every_document_of_a_company_keeps_every_rule(
    refund_id: str | None, cancels: bool, buyer: Buyer
) -> None:
    document = paper(refund_id, cancels, buyer)
    assert facturx.electronic(document) is not None
    assert await facturx.broken(document) == ()


async def test_a_document_that_breaks_a_rule_is_told() -> None:
    wrong = paper()
    wrong = replace(wrong, numbered=replace(wrong.numbered, number="N° 1 / é"))
    assert "BR-FR-02" in {one.rule for one in await facturx.broken(wrong)}


def read(pdf: bytes) -> Mapping[str, Any]:
    _, xml = reader.get_xml_from_pdf(pdf, check_xsd=True)
    terms: Mapping[str, Any] = reader.parse_ubl_cii_xml(xml)
    return terms


@pytest.mark.requirement("FLB-173")
def test_the_invoice_of_a_company_reads_back() -> None:
    document = paper()
    pdf = facturx.made(document)
    terms = read(pdf)
    assert facturx.made(document) == pdf
    assert (terms["BT-1"], terms["BT-3"], str(terms["BT-2"])) == (
        *("LYON-000001", "380"),
        "2030-05-06",
    )
    assert [float(terms[one]) for one in ("BT-109", "BT-110", "BT-112", "BT-113", "BT-115")] == [
        *(291.67, 58.33, 350.0, 350.0),
        0.0,
    ]
    assert [one["BT-153"] for one in terms["BG-25"]] == [one.label for one in LINES]
    assert (terms["BG-4"]["name"], terms["BG-7"]["name"]) == ("Petit Lyon SAS", MOREAU.name)


@pytest.mark.requirement("FLB-173")
def test_a_credit_note_names_the_invoice_and_its_cancellation_names_it() -> None:
    credit, cancelling = (read(facturx.made(paper("R1"))), read(facturx.made(paper("R1", True))))
    assert (credit["BT-3"], credit["BG-3"][0]["BT-25"]) == ("381", "LYON-000001")
    assert (cancelling["BT-3"], cancelling["BG-3"][0]["BT-25"]) == ("380", "LYON-000002")


def test_a_person_and_a_seller_elsewhere_have_papers_alone() -> None:
    assert facturx.electronic(paper(buyer=None)) is None
    abroad = replace(paper(), company=replace(declared(), country="DE"))
    assert facturx.electronic(abroad) is None
    unknown = replace(paper(), company=replace(declared(), company_number="1"))
    assert facturx.electronic(unknown) is None
    assert facturx.made(abroad)[:5] == b"%PDF-"


def test_without_vat_a_reason_would_be_wanted() -> None:
    free = replace(TYRES, amounts=amounts(20_000, 0), vat_basis_points=0)
    document = paper()
    sold = replace(document.paid.paid, lines=(free,), total=free.amounts)
    assert facturx.electronic(replace(document, paid=replace(document.paid, paid=sold))) is None
