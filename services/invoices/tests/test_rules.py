"""The rules of EN 16931 and of the French platforms, on our documents and before they are ours."""

from dataclasses import replace

import pytest

from contracts.common_v1 import Money
from contracts.invoices.invoice_v1 import InvoiceApproved
from infra import invoice_rules as rules
from infra.testing.spec import Spec
from services.invoices import invoice
from services.invoices.adapters.document import Paper
from services.invoices.invoice.rejections import BrokenRule, RulesBroken
from services.invoices.tests.make import (
    APPROVED,
    FULL,
    LESS,
    NOON,
    VALIDATED,
    approve,
    approved,
    contested,
    note,
    open_it,
    prepare,
    receipt,
    settle,
)
from services.invoices.tests.stage import BUYER, COMPANY, served
from services.invoices.tests.test_document import EXEMPT, REVERSE, correction, paper

RULE = BrokenRule("BR-FR-12", "BT-49 is missing")
DINARS = Money(300_005, "TND")
TWO_RATES = receipt((1_000, 1_000, 100), (2_000, 2_000, 400))
ADDRESS = b">732829320</ram:URIID>"

given = Spec(invoice.decide, invoice.evolve, invoice.initial).given


def small(bill: InvoiceApproved) -> Paper:
    """The document of a seller who charges no VAT."""
    return paper(bill, vat=None)


@pytest.mark.parametrize(
    "document",
    [
        paper(approved()),
        small(approved(vat=0, tax=EXEMPT)),
        paper(approved(vat=0, tax=REVERSE)),
        correction(approved(), -500, -100),
        correction(approved(), 500, 100),
        paper(approved(), said=TWO_RATES, plate="AB-123-CD"),
        paper(approved(vat=0, tax=EXEMPT), vat=None, said=TWO_RATES),
    ],
    ids=[
        "standard",
        "exempt",
        "reverse charge",
        "credit note",
        "additional invoice",
        "receipt and plate",
        "receipt of a driver who charges no VAT",
    ],
)
async def test_every_document_keeps_both_rule_sets(document: Paper) -> None:
    assert await rules.broken(document.xml(), domestic=True) == ()


async def test_without_electronic_addresses_no_french_platform_takes_it() -> None:
    xml = paper(approved()).xml().replace(ADDRESS, b"></ram:URIID>")
    found = await rules.broken(xml, domestic=True)
    assert {rule.rule for rule in found} == {"BR-FR-12", "BR-FR-13", "BR-FR-23"}
    assert "BT-49" in found[0].says
    assert await rules.broken(xml, domestic=False) == ()


async def test_sums_that_do_not_agree_break_a_rule_of_the_norm() -> None:
    xml = paper(approved()).xml().replace(b">402.00<", b">402.01<")
    found = await rules.broken(xml, domestic=False)
    assert "BR-CO-15" in {rule.rule for rule in found}


ELSEWHERE = {
    "BE": "BE0403170701",
    "CH": "CHE107787577MWST",
    "DE": "DE136695976",
    "GB": "XI432525179",
    "GR": "EL094259216",
    "MA": "12345678",
    "MC": "FR53000004605",
}


@pytest.mark.parametrize(("code", "vat"), ELSEWHERE.items())
async def test_a_buyer_elsewhere_is_named_by_the_rules_of_the_norm(code: str, vat: str) -> None:
    document = paper(approved(vat=0, tax=REVERSE))
    document = replace(
        document, buyer=replace(document.buyer, country=code, company_number="X 1", vat_number=vat)
    )
    assert document.is_facturx
    assert not document.is_domestic
    assert await rules.broken(document.xml(), domestic=document.is_domestic) == ()


def test_an_approval_or_settlement_that_leads_to_a_broken_document_is_refused() -> None:
    given(*VALIDATED).when(approve(broken=(RULE,))).is_rejected(RulesBroken((RULE,)))
    given(*VALIDATED).when(approve()).records(approved(tax=FULL))
    late = replace(settle(LESS), broken=(RULE,))
    given(*APPROVED, contested()).when(late).is_rejected(RulesBroken((RULE,)))


async def test_no_number_is_given_to_what_breaks_a_rule(database: str) -> None:
    async with served(database) as api:
        prepared = replace(prepare(price=DINARS), quoted=())
        await api.follow(note(), prepared, open_it())
        for path, body in (("/sellers/ada/company", COMPANY), ("/sellers/ada/mandate", None)):
            assert (await api.driver("PUT", path, body)).is_success
        net = {"net": {"amount_minor": DINARS.amount_minor, "currency": DINARS.currency}}
        assert (await api.driver("POST", "/invoices/inv-t-1/validation", net)).is_success
        assert (await api.ask("PUT", "/buyer", BUYER)).is_success
        refused = await api.approve(net)
        assert refused.status_code == 409
        assert refused.json()["type"] == "urn:relais:problem:rules-broken"
        assert "BR-DEC-23" in refused.json()["detail"]
        assert "BR-DEC-23" in {one["rule"] for one in refused.json()["facts"]["rules"]}
        await api.numbered()
        shown = (await api.ask("GET", "/invoices/inv-t-1")).json()
        assert (shown["status"], shown["number"]) == ("validated", None)
        assert shown["delivered_at"] == f"{NOON:%Y-%m-%dT%H:%M:%SZ}"
