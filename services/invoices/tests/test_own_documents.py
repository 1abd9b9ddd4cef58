"""A driver's document is read and compared field by field with what is owed."""

from dataclasses import replace
from datetime import date
from io import BytesIO
from pathlib import Path

import facturx  # type: ignore[import-untyped]
import pytest
from pypdf import PdfWriter

from contracts.common_v1 import Money
from contracts.invoices.invoice_v1 import Compared, TaxCategory
from infra.printing import compiled
from services.invoices.adapters import own_reading
from services.invoices.adapters.own_invoices import (
    Expected,
    TooCostly,
    Unreadable,
    compare,
    differences,
)
from services.invoices.invoice.own_invoice import owed
from services.invoices.terms import Owed, Treatment
from services.invoices.tests.make import approved, buyer, declared, eur
from services.invoices.tests.test_document import paper

WRITTEN = paper(approved())
FACTURX = WRITTEN.pdf()
PLAIN = b'#set text(lang: "fr")\n#for line in json(bytes(sys.inputs.data)) [#line \\ ]'
TEXT = [
    "Facture 2030-14 du 2 mai 2030",
    "Ada & Co, SIREN 732 829 320",
    "Hiflow SAS, TVA FR 44 732829320",
    "Total HT 335,00 €",
    "TVA 20 % 67,00 €",
    "Total TTC 402,00 €",
]


def due(net: int = 33_500, vat: int = 6_700) -> Owed:
    found = owed(WRITTEN.invoice)
    assert found is not None
    return replace(found, net=eur(net), tax=replace(found.tax, amount=eur(vat)))


def expected(
    number: str = "HIFLOW-000001",
    issued_on: date = date(2030, 5, 1),
    what: Owed | None = None,
) -> Expected:
    return Expected(
        number=number,
        issued_on=issued_on,
        owed=what or due(),
        seller=declared(),
        buyer=buyer(),
    )


SAID = expected("2030-14", date(2030, 5, 2))


def plain(*lines: str) -> bytes:
    return compiled(PLAIN, lines)


def fields(pdf: bytes, against: Expected = SAID) -> list[tuple[str, str | None, str | None]]:
    return [
        (one.field.name, one.expected, one.found)
        for one in differences(own_reading.read(pdf), against)
    ]


def test_a_facturx_that_agrees_has_no_difference() -> None:
    assert fields(FACTURX, expected()) == []


@pytest.mark.parametrize(
    ("against", "differs"),
    [
        (expected(number="2030-14"), ("NUMBER", "2030-14", "HIFLOW-000001")),
        (expected(issued_on=date(2030, 5, 2)), ("ISSUED_ON", "2030-05-02", "2030-05-01")),
        (expected(what=due(net=33_501)), ("NET", "335.01", "335.00")),
        (expected(what=due(vat=6_699)), ("VAT", "66.99", "67.00")),
    ],
)
def test_a_facturx_says_what_differs(
    against: Expected, differs: tuple[str, str | None, str | None]
) -> None:
    assert differs in fields(FACTURX, against)


def test_a_facturx_of_other_companies_says_so() -> None:
    stranger = replace(declared(), company_number="55208131766522", vat_number=None)
    assert fields(FACTURX, replace(expected(), seller=stranger)) == [("SELLER", None, None)]
    elsewhere = replace(buyer(), company_number="55208131766522", vat_number="FR03552081317")
    assert fields(FACTURX, replace(expected(), buyer=elsewhere)) == [("BUYER", None, None)]


def test_another_currency_is_told() -> None:
    dirham = Money(33_500, "MAD")
    what = Owed(lines=(), net=dirham, tax=replace(due().tax, amount=Money(6_700, "MAD")))
    assert fields(FACTURX, expected(what=what)) == [("CURRENCY", "MAD", "EUR")]


def test_a_text_that_says_everything_agrees() -> None:
    assert fields(plain(*TEXT)) == []


@pytest.mark.parametrize("day", ["02/05/2030", "02.05.2030", "2030-05-02", "May 2, 2030"])
def test_a_day_may_be_written_in_many_ways(day: str) -> None:
    assert fields(plain(*TEXT[1:], f"Facture 2030-14, {day}")) == []


@pytest.mark.parametrize("total", ["1 234,50 €", "1.234,50 €", "1,234.50 €", "1234.50 €"])
def test_thousands_may_be_written_in_many_ways(total: str) -> None:
    what = due(net=123_450, vat=0)
    text = [*TEXT[:3], f"Net {total}", f"Total {total}"]
    assert fields(plain(*text), replace(SAID, owed=what)) == []


@pytest.mark.parametrize(
    ("line", "instead", "field"),
    [
        (0, "Facture 2030-140 du 2 mai 2030", "NUMBER"),
        (0, "Facture 2030-14 du 12 mai 2031", "ISSUED_ON"),
        (3, "Total HT 1 335,00 €", "NET"),
        (4, "TVA 67,000 €", "VAT"),
        (5, "Total TTC 402,01 €", "TOTAL"),
    ],
)
def test_what_a_text_does_not_say_is_not_found(line: int, instead: str, field: str) -> None:
    text = [*TEXT[:line], instead, *TEXT[line + 1 :]]
    [(found, _, said)] = fields(plain(*text))
    assert (found, said) == (field, None)


def test_the_number_of_a_company_stands_for_it() -> None:
    one_company = fields(plain(*TEXT[:1], *TEXT[3:]))
    assert one_company == [("SELLER", None, None), ("BUYER", None, None)]


def test_a_scan_says_nothing() -> None:
    writer = PdfWriter()
    writer.add_blank_page(200, 200)
    scan = BytesIO()
    writer.write(scan)
    assert [field for field, *_ in fields(scan.getvalue())] == [one.name for one in Compared]


def test_nobody_has_to_write_that_no_vat_is_charged() -> None:
    exempt = Treatment(TaxCategory.EXEMPT, 0)
    free = paper(approved(vat=0, tax=exempt), vat=None)
    what = owed(free.invoice)
    assert what is not None
    without = replace(expected(what=what), seller=declared(vat=None))
    assert fields(free.pdf(), without) == []
    text = [*TEXT[:4], "TVA non applicable", "Total 335,00 €"]
    assert fields(plain(*text), replace(SAID, owed=what)) == []


@pytest.mark.parametrize("content", [b"", b"\xff\xd8\xff a photo", FACTURX[:400]])
def test_what_is_no_pdf_is_told(content: bytes) -> None:
    assert raises(content)


def test_a_pdf_behind_a_password_is_told() -> None:
    writer = PdfWriter(clone_from=BytesIO(plain(*TEXT)))
    writer.encrypt("secret", algorithm="RC4-128")
    locked = BytesIO()
    writer.write(locked)
    assert raises(locked.getvalue())


def test_a_facturx_that_breaks_its_schema_is_told() -> None:
    xml = WRITTEN.xml().replace(b"GrandTotalAmount>", b"GreatTotalAmount>")
    broken = facturx.generate_from_binary(
        plain(*TEXT), xml, flavor="factur-x", level="en16931", check_xsd=False
    )
    assert raises(broken)


def raises(pdf: bytes) -> bool:
    """Whether the reader fails, of which the process tells by its end."""
    try:
        own_reading.read(pdf)
    except Exception:  # noqa: BLE001
        return True
    return False


class TestProcess:
    """The same in a process of its own."""

    async def test_both_kinds_are_read_there(self) -> None:
        assert await compare(FACTURX, expected()) == ()
        assert await compare(plain(*TEXT), SAID) == ()
        with pytest.raises(Unreadable):
            await compare(b"", SAID)

    async def test_what_costs_more_processor_than_it_may_is_ended(self) -> None:
        with pytest.raises(TooCostly):
            await compare(FACTURX, expected(), processor=0.001)

    async def test_what_takes_more_memory_than_it_may_is_ended(self) -> None:
        # A reader that gets no memory may fail in a way of its own.
        with pytest.raises((TooCostly, Unreadable)):
            await compare(FACTURX, expected(), memory=1_000_000)

    async def test_what_only_waits_is_ended_too(self) -> None:
        with pytest.raises(TimeoutError):
            await compare(FACTURX, expected(), wall=0.01)

    async def test_one_that_crashes_is_no_answer(self, tmp_path: Path) -> None:
        crashing = tmp_path / "crashing.py"
        crashing.write_text("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)")
        with pytest.raises(Unreadable):
            await compare(FACTURX, expected(), program=str(crashing))
