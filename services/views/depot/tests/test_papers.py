"""The papers of a depot: what stands on them, and that they are the same bytes every time."""

import json
from dataclasses import replace
from io import BytesIO

import pytest
import typst
import zxingcpp
from PIL import Image
from pypdf import PageObject, PdfReader
from pypdf.generic import DictionaryObject

from infra.printing import directed, printed
from services.views.depot import cash_gaps, orders, papers, till_days, tours
from services.views.depot.tests.make import (
    DAY,
    FIRST,
    NOON,
    SECOND,
    cash_gap,
    checked_out,
    collected,
    composed,
    invited,
    on_tour,
    recipient_forgotten,
    registered,
    till_closed,
)
from services.views.depot.tests.stage import Depot, served
from services.views.depot.users import PersonShown

NAME, STREET = "محمد العلوي", "12 شارع ابن بطوطة"
ARABIC = replace(registered(), recipient_name=NAME, address=STREET, city="فاس")
LONGEST_NUMBER = "CASA-" + "2" * 27
PRECISE = NOON.replace(microsecond=250_000)
LABELS, MANIFEST = "/orders/o-1/labels", "/tours/t-1/manifest"
SLIP = "/tills/2030-05-01/slips/karim"
KARIM = PersonShown(user_id="karim", name="كريم", phone="+212611111111")
NADIA = PersonShown(user_id="nadia", name="Nadia Alaoui", phone="")


def rtl(text: str) -> dict[str, object]:
    return {"text": text, "rtl": True}


def ltr(text: str) -> dict[str, object]:
    return {"text": text, "rtl": False}


@pytest.mark.parametrize(
    ("text", "right_to_left"),
    [(NAME, True), (STREET, True), ("Salma", False), ("+212 6", False), ("", False)],
)
def test_the_first_letter_says_which_way_a_text_is_written(text: str, right_to_left: bool) -> None:
    assert directed(text) == {"text": text, "rtl": right_to_left}


def test_a_label_has_the_way_of_a_parcel() -> None:
    row = orders.project(None, ARABIC)
    assert papers.labels(row) == {
        "number": "CASA-2041",
        "city": rtl("فاس"),
        "recipient": [rtl(NAME), rtl(STREET), ltr("+212612345678")],
        "cash": "349,00\xa0MAD",
        "parcels": [
            {
                "code": f"CASA-2041/{n}",
                "qr": papers.qr(f"CASA-2041/{n}"),
                "bars": papers.bars(f"CASA-2041/{n}"),
                "place": f"{n} / 2",
            }
            for n in (1, 2)
        ],
    }
    forgotten = papers.labels(orders.project(row, recipient_forgotten()))
    assert forgotten == papers.labels(row) | {"recipient": []}


WIDEST = "ABCDEFGHIJKLMNOPQRSTUVWXYZABCDEF/99"
UNIT = "340123450000000000"


@pytest.mark.parametrize(
    ("code", "of_gs1", "says"),
    [
        ("CASA-2041/1", False, b"CASA-2041/1"),
        (WIDEST, False, WIDEST.encode()),
        (UNIT, True, b"00" + UNIT.encode()),
        ("340123450000000001", False, b"340123450000000001"),
        ("12345", False, b"12345"),
    ],
    ids=["letters", "as long as codes are", "an SSCC", "no SSCC", "an odd number of digits"],
)
def test_the_bars_and_the_square_of_a_label_are_scanned_back(
    code: str, of_gs1: bool, says: bytes
) -> None:
    row = replace(orders.project(None, registered()), parcel_codes=(code,))
    shown = papers.labels(row) | {"words": papers.WORDS}
    data = {"data": json.dumps(shown)}
    page = typst.compile(papers.LABELS, format="png", ppi=300.0, sys_inputs=data)
    assert isinstance(page, bytes)
    found = zxingcpp.read_barcodes(Image.open(BytesIO(page)).convert("L"))
    read = {one.format.name: (one.bytes, one.content_type.name) for one in found}
    kind = "GS1" if of_gs1 else "Text"
    assert read == {"Code128": (says, kind), "QRCode": (code.encode(), "Text")}


def test_a_manifest_has_every_order_and_the_cash_to_collect() -> None:
    tour = tours.project(None, composed(on_tour(), on_tour("o-2", "RABAT-7")))
    shown = papers.manifest(tour, {"o-1": orders.project(None, ARABIC)}, KARIM)
    first, second = shown.pop("orders")
    assert shown == {
        "tour": "t-1",
        "qr": papers.qr("t-1"),
        "courier": [rtl("كريم"), ltr("+212611111111")],
        "day": "01/05/2030",
        "total": "698,00\xa0MAD",
    }
    assert first == {
        "number": "CASA-2041",
        "qr": papers.qr("CASA-2041"),
        "city": ltr("Fès"),
        "recipient": [rtl(NAME), rtl(STREET), ltr("+212612345678")],
        "codes": tour.orders[0].parcel_codes,
        "cash": "349,00\xa0MAD",
    }
    assert (second["number"], second["recipient"]) == ("RABAT-7", [])


def test_a_manifest_of_a_tour_that_left_is_without_what_stayed() -> None:
    left = checked_out("o-1", behind=(SECOND, "RABAT-7"))
    tour = tours.project(None, composed(on_tour(), on_tour("o-2", "RABAT-7")))
    shown = papers.manifest(tours.project(tour, left), {}, KARIM)
    [only] = shown["orders"]
    assert (only["number"], only["codes"], shown["total"]) == (
        "CASA-2041",
        (FIRST,),
        "349,00\xa0MAD",
    )


def test_a_slip_has_the_gap_and_its_reason() -> None:
    closed = till_days.project(till_days.project(None, collected()), till_closed())
    gap = cash_gaps.project(None, cash_gap())
    people = {"karim": KARIM, "nadia": NADIA}
    shown = papers.slip(closed, closed.cash[0], gap, people)
    assert shown == {
        "courier": rtl("كريم"),
        "closed_by": ltr("Nadia Alaoui"),
        "day": "01/05/2030",
        "expected": "349,00\xa0MAD",
        "counted": "348,00\xa0MAD",
        "gap": "-1,00\xa0MAD",
        "reason": ["la monnaie rendue était fausse", "أُعيد باقٍ خاطئ"],
        "till": "maarif:2030-05-01",
    }
    assert papers.slip(closed, closed.cash[0], None, people) == shown | {"reason": None}


async def told(depot: Depot) -> None:
    tour, closed = composed(on_tour()), till_closed()
    order = replace(ARABIC, registered_at=PRECISE)
    await depot.saw(invited("karim", "كريم"), order, replace(tour, composed_at=PRECISE))
    await depot.saw(collected(), replace(closed, closed_at=PRECISE), cash_gap())


@pytest.mark.parametrize("path", [LABELS, MANIFEST, SLIP])
async def test_a_paper_has_the_same_bytes_on_another_day(depot: Depot, path: str) -> None:
    await told(depot)
    printed = []
    for now in (NOON, NOON + DAY):
        async with served(depot, now) as api:
            printed.append(await api.ask("GET", path))
    first, second = printed
    assert first.headers["content-type"] == "application/pdf"
    assert first.content.startswith(b"%PDF")
    assert first.content == second.content


async def test_a_label_is_a_page_of_a6_with_arabic_letters(depot: Depot) -> None:
    await told(depot)
    async with served(depot) as api:
        document = PdfReader(BytesIO((await api.ask("GET", LABELS)).content))
    millimetres = [round(float(side) / 72 * 25.4) for side in document.pages[0].mediabox[2:]]
    assert (len(document.pages), millimetres) == (2, [105, 148])
    assert any("NotoSansArabic" in font for font in fonts_of(document))


@pytest.mark.parametrize("text", ["عبد الرحمن بن محمد ", "Wagenmaker ", "#$ *_[] "])
def test_a_label_is_one_page_however_long_its_texts_are(text: str) -> None:
    longest = (text * 255)[:255].strip()
    codes = tuple(f"{LONGEST_NUMBER}/{place}" for place in (98, 99))
    order = replace(
        orders.project(None, ARABIC),
        recipient_name=longest,
        address=longest,
        city=longest,
        parcel_codes=codes,
    )
    content = printed(papers.LABELS, papers.labels(order) | {"words": papers.WORDS}, NOON)
    pages = PdfReader(BytesIO(content)).pages
    assert len(pages) == 2
    for page, code in zip(pages, codes, strict=True):
        assert code in page.extract_text()
        assert starts_of_lines(page)
        assert min(starts_of_lines(page)) >= 0


def test_a_manifest_has_room_for_the_longest_names() -> None:
    longest = (f"{NAME} " * 255)[:255].strip()
    order = replace(orders.project(None, ARABIC), recipient_name=longest, address=longest)
    tour = tours.project(None, composed(on_tour("o-1", LONGEST_NUMBER), on_tour("o-2", "RABAT-7")))
    long_city = replace(tour, orders=(replace(tour.orders[0], city=longest), tour.orders[1]))
    shown = papers.manifest(long_city, {"o-1": order, "o-2": order}, KARIM)
    content = printed(papers.MANIFEST, shown | {"words": papers.WORDS}, NOON)
    assert len(PdfReader(BytesIO(content)).pages) == 1


def starts_of_lines(page: PageObject) -> list[float]:
    """Where texts begin, in points from the left edge."""
    found: list[float] = []

    def visit(text: str, _: object, matrix: list[float], *__: object) -> None:
        if text.strip():
            found.append(matrix[4])

    page.extract_text(visitor_text=visit)
    return found


def fonts_of(document: PdfReader) -> list[str]:
    resources = document.pages[0].get("/Resources", DictionaryObject()).get_object()
    assert isinstance(resources, DictionaryObject)
    fonts = resources["/Font"].get_object()
    assert isinstance(fonts, DictionaryObject)
    return [str(one.get_object()) for one in fonts.values()]


async def test_there_is_a_slip_once_the_day_is_closed_and_for_managers(depot: Depot) -> None:
    await depot.saw(collected())
    async with served(depot) as api:
        assert (await api.ask("GET", SLIP)).status_code == 404
        await depot.saw(till_closed())
        assert (await api.ask("GET", SLIP)).status_code == 200
        assert (await api.ask("GET", SLIP.replace("karim", "hassan"))).status_code == 404
        refused = await api.ask("GET", SLIP, who="omar", roles=("operator",))
        assert refused.status_code == 403
