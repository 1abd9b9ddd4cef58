"""Files of orders, as Excel and others save them."""

from typing import Any

import pytest

from services.depot_tours.adapters.order_files import (
    BadCell,
    Broken,
    NotText,
    Row,
    WrongHeader,
    read,
)

HEADER = "tracking_number;city;recipient_name;recipient_phone;recipient_address;parcels"
LINE = "CASA-1;Fès;سلمى الإدريسي;0612345678;12 rue Ibn Batouta;2"
TABLE = f"{HEADER}\r\n{LINE}\r\n"
BODY: dict[str, Any] = {
    "tracking_number": "CASA-1",
    "city": "Fès",
    "recipient": {
        "name": "سلمى الإدريسي",
        "phone": "0612345678",
        "address": "12 rue Ibn Batouta",
    },
    "parcels": [{}, {}],
}


def one(text: str) -> Row:
    [row] = read(text.encode())
    return row


@pytest.mark.parametrize(
    "content",
    [
        TABLE.encode(),
        TABLE.replace(";", ",").encode(),
        TABLE.replace(";", "\t").encode(),
        TABLE.encode("utf-8-sig"),
        TABLE.replace(";", "\t").encode("utf-16"),
        TABLE.replace("\r\n", "\n").encode(),
        TABLE.removesuffix("\r\n").encode(),
        TABLE.upper().encode()[: len(HEADER)] + TABLE.encode()[len(HEADER) :],
        TABLE.replace("12 rue Ibn Batouta", '"12 rue Ibn Batouta"').encode(),
        TABLE.replace("\r\n", ";;\r\n").encode(),
    ],
    ids=[
        "semicolon",
        "comma",
        "tab",
        "mark",
        "utf-16",
        "lf",
        "no end",
        "capitals",
        "quoted",
        "wide",
    ],
)
def test_a_table_is_read_however_it_was_saved(content: bytes) -> None:
    assert list(read(content)) == [Row(2, "CASA-1", BODY, ())]


def test_excel_may_say_what_parts_the_cells() -> None:
    assert one(f"sep=;\r\n{TABLE}") == Row(3, "CASA-1", BODY, ())


def test_lines_are_counted_as_excel_counts_and_empty_ones_passed() -> None:
    broken = LINE.replace("12 rue", '"12\r\nrue').replace("Batouta", 'Batouta"')
    rows = list(read(f"{HEADER}\r\n{broken}\r\n;;;;;\r\n\r\n{LINE}\r\n".encode()))
    assert [row.line for row in rows] == [2, 5]


def test_columns_come_in_any_order_and_some_may_be_left_out() -> None:
    names = HEADER.split(";")[::-1]
    cells = LINE.split(";")[::-1]
    text = f"{','.join(names)},ssccs,cash_on_delivery\n{','.join(cells)},,\n"
    assert one(text).body == BODY


@pytest.mark.parametrize(
    ("first", "missing", "unknown"),
    [
        (HEADER.replace(";city", ""), ("city",), ()),
        (f"{HEADER};note", (), ("note",)),
        (f"{HEADER};city", (), ("city",)),
        (HEADER.replace("city", "ville"), ("city",), ("ville",)),
        ("", tuple(HEADER.split(";")), ()),
        (f"{HEADER};;ssccs", (), ("",)),
    ],
)
def test_another_header_is_refused(
    first: str, missing: tuple[str, ...], unknown: tuple[str, ...]
) -> None:
    with pytest.raises(WrongHeader) as refused:
        read(f"{first}\n{LINE}\n".encode())
    assert (refused.value.missing, refused.value.unknown) == (missing, unknown)


@pytest.mark.timeout(20)
@pytest.mark.parametrize("first", [";" * 500_000, ";".join(map(str, range(150_000)))])
def test_a_header_as_long_as_a_file_may_be_is_refused_at_once(first: str) -> None:
    with pytest.raises(WrongHeader):
        read(first.encode())


@pytest.mark.parametrize("content", [TABLE.encode("cp1256", "replace"), b"a\0b", b"\xff\xfea"])
def test_what_is_no_text_is_refused(content: bytes) -> None:
    with pytest.raises(NotText):
        read(content)


def test_a_quotation_mark_has_to_end() -> None:
    with pytest.raises(Broken) as refused:
        list(read(f'{HEADER}\n{LINE}\nCASA-2;"Fès;;;;\n'.encode()))
    assert refused.value.line == 3


@pytest.mark.parametrize(
    ("cell", "minor"),
    [
        ("349", 34_900),
        ("349,5", 34_950),
        ("349.05", 34_905),
        ("1 349,00", 134_900),
        ("1\u202f349", 134_900),
        ("٣٤٩", 34_900),
    ],
)
def test_an_amount_is_written_as_people_write_it(cell: str, minor: int) -> None:
    row = one(f'{HEADER};cash_on_delivery\n{LINE};"{cell}"\n')
    assert row.body["cash_on_delivery"] == {"amount_minor": minor, "currency": "MAD"}


@pytest.mark.parametrize("cell", ["-1", "1,005", "349 DH", "1.349,00", "1e3", "0x1"])
def test_what_is_no_amount_is_refused(cell: str) -> None:
    row = one(f'{HEADER};cash_on_delivery\n{LINE};"{cell}"\n')
    assert row.bad == (BadCell("cash_on_delivery", "dirhams"),)


@pytest.mark.parametrize(
    ("parcels", "ssccs", "taken"),
    [
        ("1", "", [{}]),
        ("2", "a b", [{"sscc": "a"}, {"sscc": "b"}]),
        ("", "a", [{"sscc": "a"}]),
        ("0", "", None),
        ("", "", None),
        ("two", "", None),
        ("1", "a b", None),
        ("1.5", "", None),
    ],
)
def test_parcels_are_counted_or_named(
    parcels: str, ssccs: str, taken: list[dict[str, str]] | None
) -> None:
    row = one(f"{HEADER};ssccs\n{LINE.removesuffix('2')}{parcels};{ssccs}\n")
    assert row.body.get("parcels") == taken
    assert row.bad == (() if taken else (BadCell("parcels", "parcel_count"),))


def test_a_cell_too_many_is_told() -> None:
    assert one(f"{HEADER}\n{LINE};x\n").bad == (BadCell("", "more_cells"),)
    assert one(f"{HEADER}\n{LINE};;\n").bad == ()
