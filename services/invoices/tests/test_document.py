"""The documents are read back with the library that checks them."""

import io
import re
from dataclasses import replace
from datetime import date, timedelta
from functools import reduce
from typing import Any

import facturx  # type: ignore[import-untyped]
import pytest
from pypdf import PdfReader

from contracts.common_v1 import Money
from contracts.invoices.invoice_v1 import InvoiceApproved, InvoiceEvent, Receipt, TaxCategory
from infra.einvoices import decimal
from services.invoices import invoice
from services.invoices.adapters.document import Paper, as_amount
from services.invoices.invoice.situations import Approved
from services.invoices.terms import Treatment
from services.invoices.tests.make import (
    FULL,
    OPEN,
    added,
    approved,
    buyer,
    declared,
    numbered,
    receipt,
    settled,
    validated,
    vehicle_noted,
)
from services.invoices.tests.stage import served

EXEMPT = Treatment(TaxCategory.EXEMPT, 0)
REVERSE = Treatment(TaxCategory.REVERSE_CHARGE, 0)


def paper(
    bill: InvoiceApproved,
    country: str = "FR",
    vat: str | None = "FR44732829320",
    said: Receipt | None = None,
    plate: str | None = None,
) -> Paper:
    vehicle = [vehicle_noted(plate)] if plate else []
    history: list[InvoiceEvent] = [*OPEN, *vehicle, added(receipt=said), validated(), bill]
    history += [numbered()] if bill.self_billed else []
    state = reduce(invoice.evolve, history, invoice.initial)
    assert isinstance(state, Approved)
    return Paper(invoice=state, seller=declared(vat, country), buyer=buyer())


def correction(bill: InvoiceApproved, adjustment: int, vat: int) -> Paper:
    """The document of a settlement that changed the toll, with the second number."""
    whole = paper(bill)
    change = settled(3_500 + adjustment, adjustment, vat, version=8)
    number: dict[int | None, str] = {8: "HIFLOW-000002"} if bill.self_billed else {}
    state = replace(whole.invoice, numbers={**whole.invoice.numbers, **number})
    return replace(whole, invoice=state, settled=change)


def read_back(pdf: bytes) -> dict[str, Any]:
    """The attachment by the names of EN 16931. Raises when it does not keep to the schema."""
    name, xml = facturx.get_xml_from_pdf(pdf, check_xsd=True)
    assert name == "factur-x.xml"
    terms: dict[str, Any] = facturx.parse_ubl_cii_xml(xml)
    return terms


def text_of(pdf: bytes) -> str:
    read = "".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages)
    return re.sub(r"\s+", " ", read)


def test_a_french_drivers_invoice_is_a_facturx_that_reads_back() -> None:
    found = read_back(paper(approved()).pdf())
    assert (found["BT-1"], found["BT-3"], found["BT-5"]) == ("HIFLOW-000001", "389", "EUR")
    assert found["BT-24"] == "urn:cen.eu:en16931:2017"
    assert [found[name] for name in ("BT-109", "BT-110", "BT-112")] == ["335.00", "67.00", "402.00"]
    assert found["BG-4"]["legal_identifier"] == "732829320"
    assert found["BG-4"]["identifiers"] == {"0009": "73282932000074"}
    assert {note.get("BT-21") for note in found["BG-1"]} >= {"PMD", "PMT", "AAB"}
    assert found["BG-7"]["name"] == "Hiflow SAS"
    assert [line["BT-131"] for line in found["BG-25"]] == ["300.00", "35.00"]


@pytest.mark.parametrize(
    ("adjustment", "code", "title"), [(-500, "261", "Credit note"), (500, "389", "Additional")]
)
def test_a_correction_names_the_invoice_and_what_differs(
    adjustment: int, code: str, title: str
) -> None:
    pdf = correction(approved(), adjustment, adjustment // 5).pdf()
    found = read_back(pdf)
    assert (found["BT-1"], found["BT-3"]) == ("HIFLOW-000002", code)
    [corrects] = found["BG-3"]
    assert corrects["BT-25"] == "HIFLOW-000001"
    assert [found[name] for name in ("BT-109", "BT-110", "BT-112")] == ["5.00", "1.00", "6.00"]
    assert [line["BT-131"] for line in found["BG-25"]] == ["5.00"]
    text = text_of(pdf)
    assert title in text
    assert "Corrects: HIFLOW-000001 01/05/2030" in text
    assert "invoice-inv-t-1@8" in text


def test_the_correction_of_a_drivers_own_invoice_is_a_statement() -> None:
    for adjustment, sign in ((-500, "to deduct"), (500, "to add")):
        pdf = correction(approved(self_billed=False), adjustment, adjustment // 5).pdf()
        assert not PdfReader(io.BytesIO(pdf)).attachments
        text = text_of(pdf)
        assert "no invoice" in text
        assert sign in text


@pytest.mark.parametrize(
    ("tax", "vat", "code", "owed"), [(FULL, 6_700, "S", "67.00"), (EXEMPT, 0, "E", "0.00")]
)
def test_the_vat_is_broken_down_with_its_reason(
    tax: Treatment, vat: int, code: str, owed: str
) -> None:
    bill = approved(vat=vat, tax=tax)
    told = read_back(paper(bill, vat="FR44732829320" if vat else None).pdf())
    [found] = told["BG-23"]
    assert (found["BT-118"], found["BT-117"]) == (code, owed)
    assert ("BT-120" in found) == ("tax_identifier" in told["BG-4"]) == (code == "E")


def test_what_is_not_ours_or_not_french_is_a_plain_pdf() -> None:
    for other in (
        paper(approved(self_billed=False)),
        paper(approved(vat=0, tax=REVERSE), "DE", "DE136695976"),
    ):
        pdf = other.pdf()
        assert not other.is_facturx
        assert pdf.startswith(b"%PDF-1.7")
        assert not PdfReader(io.BytesIO(pdf)).attachments


def test_every_document_says_it_is_pdf_a_3() -> None:
    for bill in (approved(), approved(self_billed=False)):
        root = PdfReader(io.BytesIO(paper(bill).pdf())).root_object
        xmp: Any = root["/Metadata"]
        assert re.search(r"pdfaid:part\W+3", xmp.get_data().decode())
        assert "/OutputIntents" in root


def test_people_read_the_same_sums() -> None:
    text = text_of(paper(approved()).pdf())
    for said in (
        "HIFLOW-000001",
        "Ada & Co",
        "4 rue #3",
        "335,00 €",
        "67,00 €",
        "402,00 €",
        "Supplied on 01/05/2030",
        "Payable by 31/05/2030",
    ):
        assert said in text
    assert "no invoice" in text_of(paper(approved(self_billed=False)).pdf())


def test_what_french_law_wants_stands_on_the_page() -> None:
    text = text_of(paper(approved()).pdf())
    for said in (
        "EI, RNE 732 829 320",
        "SAS, au capital de 50 000,00 €, RCS Paris 732 829 320",
        "SIRET 73282932000074",
        "N° TVA FR44732829320",
        "Convoyage: Renault Clio, Paris - Lyon",
        "(Trajet / Trip t-1)",
        "Péage / Toll 1 35,00 € 20 % 35,00 €",
        "prestation de services",
    ):
        assert said in text


def test_the_line_of_an_expense_says_what_its_receipt_says() -> None:
    two_rates = receipt((2_000, 3_000, 600), (0, 500, 0), country="ES")
    document = paper(approved(), said=two_rates)
    said = "Justificatif / Receipt (ES) : 30,00 € HT + TVA 20 % 6,00 €, 5,00 € HT + TVA 0 % 0,00 €"
    assert f"Péage / Toll {said}" in text_of(document.pdf())
    lines = read_back(document.pdf())["BG-25"]
    notes = [line.get("BT-127-00") for line in lines]
    assert notes[0] is None
    assert " ".join(notes[1][0]["BT-127"].split()) == said
    # Part of the price of the service, whatever the rates of the receipt.
    assert {(line["BT-151"], line["BT-152"]) for line in lines} == {("S", "20.00")}


def test_the_line_of_the_service_names_the_trip_and_the_plate() -> None:
    pdf = paper(approved(), plate="AB-123-CD").pdf()
    said = "Trajet / Trip t-1, immatriculation / plate AB-123-CD"
    assert f"Convoyage: Renault Clio, Paris - Lyon ({said})" in text_of(pdf)
    assert read_back(pdf)["BG-25"][0]["BT-154"] == said


def test_machines_read_when_to_pay_where_to_deliver_and_who_is_registered_where() -> None:
    found = read_back(paper(approved()).pdf())
    assert found["BT-9"].isoformat() == "2030-05-31"
    for company in (found["BG-4"], found["BG-7"]):
        address = (company["einvoicing_addr"], company["einvoicing_addr_schemeid"])
        assert address == ("732829320", "0225")
    assert found["BG-4"]["legal_info"] == "EI, RNE 732 829 320"
    assert found["BG-25"][0]["BT-154"] == "Trajet / Trip t-1"
    credit = read_back(correction(approved(), -500, -100).pdf())
    assert "BT-9" not in credit
    assert "prochain décompte" in credit["BT-20"]


def test_an_own_address_of_a_company_is_used() -> None:
    document = paper(approved())
    document = replace(document, buyer=replace(document.buyer, endpoint="732829320_AP"))
    assert read_back(document.pdf())["BG-7"]["einvoicing_addr"] == "732829320_AP"


def test_a_correction_that_adds_is_due_as_long_after_its_day_as_the_invoice() -> None:
    document = correction(approved(), 500, 100)
    assert document.settled is not None
    later = document.settled.settled_at + timedelta(days=10)
    document = replace(document, settled=replace(document.settled, settled_at=later))
    assert document.due_on == date(2030, 6, 10)


def test_the_same_facts_make_the_same_bytes_and_no_other_time_is_in_them() -> None:
    pdf = paper(approved()).pdf()
    assert pdf == paper(approved()).pdf()
    assert set(re.findall(rb"D(?::|\\072)(\d{14})", pdf)) == {b"20300501124000"}
    assert set(re.findall(rb"Date>(\d[^<]+)<", pdf)) == {b"2030-05-01T12:40:00+00:00"}


@pytest.mark.parametrize(
    ("amount", "kept", "shown"),
    [
        (Money(1_234_567, "EUR"), "12345.67", "12 345,67 €"),
        (Money(1_234, "JPY"), "1234", "1 234 JPY"),
        (Money(1_234_567, "TND"), "1234.567", "1 234,567 TND"),
        (Money(5, "MAD"), "0.05", "0,05 MAD"),
    ],
)
def test_an_amount_has_the_places_of_its_currency(amount: Money, kept: str, shown: str) -> None:
    assert decimal(amount) == kept
    assert re.sub(r"[\u00a0\u202f]", " ", as_amount(amount)) == shown


def test_the_day_is_that_of_the_organisation() -> None:
    bill = approved()
    late = replace(bill, approved_at=bill.approved_at + timedelta(hours=10))
    assert paper(late).issued_on.isoformat() == "2030-05-02"


async def test_the_document_comes_once_the_invoice_has_its_number(database: str) -> None:
    async with served(database) as api:
        await api.delivered()
        path = "/invoices/inv-t-1/document"
        assert (await api.driver("GET", path)).status_code == 409
    async with served(database) as api:
        await api.approved()
        early = await api.driver("GET", path)
        assert (early.status_code, early.headers["Retry-After"]) == (409, "1")
        await api.numbered()
        answer = await api.driver("GET", path)
        assert answer.headers["Content-Type"] == "application/pdf"
        assert read_back(answer.content)["BT-112"] == "401.76"
