"""Every list can be asked for as CSV and XLSX, and nothing in it is calculated."""

import csv
import io
import zipfile
from typing import Annotated, Any
from xml.etree import ElementTree as ET

import httpx
import pytest
from fastapi import Query

from contracts.missions.trip_v1 import ExpenseKind
from infra.http.answers import Answer, Answered, Listed, MoneyShown, Router
from infra.http.models import Named
from infra.http.pages import Paging
from infra.http.sheets import MOST_ROWS, ListFormat, columns_of
from infra.http.tests.stage import Anyone, api, client
from infra.reading import Asked, Order

BY_NUMBER: "Order[Bell]" = Order("bells", ("number",), (int,))


class Bell(Answer):
    """A bell of a long list."""

    number: int
    note: str
    price: MoneyShown | None
    kinds: tuple[Annotated[ExpenseKind, Named()], ...] = ()
    loud: bool = True


def bell(number: int, note: str = "ding") -> Bell:
    price = MoneyShown(amount_minor=-number, currency="EUR") if number % 2 else None
    return Bell(number=number, note=note, price=price, kinds=(ExpenseKind.TOLL,) * (number % 3))


def listing(bells: list[Bell]) -> Router:
    """A route with these bells, page by page."""
    routes = Router("Bells")

    async def read(_: Any, after: Any, limit: int) -> list[Bell]:
        [last] = after or (0,)
        return [one for one in bells if one.number > last][:limit]

    @routes.get("/long-list")
    async def long_list(
        context: Anyone, page: Paging, loud: Annotated[bool, Query()] = True
    ) -> Answered[Listed[Bell]]:
        """All bells."""
        return await page.show(Asked(read), BY_NUMBER, lambda one: one)

    return routes


async def ask(bells: list[Bell], query: str = "") -> httpx.Response:
    app = api(extra=listing(bells), pool=object())
    async with client(app) as caller:
        return await caller.get(f"/long-list?{query}")


def rows_of_csv(answer: httpx.Response) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(answer.text, newline="")))


def rows_of_xlsx(answer: httpx.Response) -> list[list[str | None]]:
    """The cells of the only sheet."""
    main = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
    with zipfile.ZipFile(io.BytesIO(answer.content)) as book:
        sheet = ET.fromstring(book.read("xl/worksheets/sheet1.xml"))  # noqa: S314
        shared = ET.fromstring(book.read("xl/sharedStrings.xml"))  # noqa: S314
    assert sheet.find(f".//{main}f") is None
    texts = ["".join(one.itertext()) for one in shared.iter(f"{main}si")]
    found: list[list[str | None]] = []
    for row in sheet.iter(f"{main}row"):
        cells: dict[str, str] = {}
        for cell in row.iter(f"{main}c"):
            value = "".join(cell.itertext())
            place = cell.attrib["r"].rstrip("0123456789")
            cells[place] = texts[int(value)] if cell.get("t") == "s" else value
        found.append([cells.get(place) for place in "ABCDEF"])
    return found


def flat(item: dict[str, Any]) -> dict[str, str]:
    """An item of the JSON list as CSV writes it."""
    price = item["price"] or {"amount_minor": "", "currency": ""}
    kinds = "[" + ", ".join(f'"{kind}"' for kind in item["kinds"]) + "]"
    return {
        "number": str(item["number"]),
        "note": item["note"],
        "price.amount_minor": str(price["amount_minor"]),
        "price.currency": price["currency"],
        "kinds": kinds,
        "loud": "true",
    }


BELLS = [bell(n, note) for n, note in enumerate(['"a,b"', "two\nlines", "é", ""], start=1)]


@pytest.mark.requirement("G-09")
class TestFormats:
    async def test_the_rows_of_csv_are_the_items_of_json(self) -> None:
        items = (await ask(BELLS)).json()["items"]
        answer = await ask(BELLS, "format=csv")
        assert rows_of_csv(answer) == [flat(item) for item in items]
        assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
        named = answer.headers["Content-Disposition"]
        assert named == 'attachment; filename="long-list.csv"'

    async def test_the_rows_of_xlsx_are_the_items_of_json(self) -> None:
        items = [flat(item) for item in (await ask(BELLS)).json()["items"]]
        head, *rows = rows_of_xlsx(await ask(BELLS, "format=xlsx"))
        assert head == list(items[0])
        # A logical value is 1 in a sheet, and an empty cell is none.
        expected = [[*list(item.values())[:-1], "1"] for item in items]
        assert [[cell or "" for cell in row] for row in rows] == expected

    @pytest.mark.parametrize("format", ["csv", "xlsx"])
    async def test_the_whole_list_comes_whatever_the_page(self, format: str) -> None:
        bells = [bell(n) for n in range(1, 1_203)]
        answer = await ask(bells, f"format={format}&limit=1")
        rows = rows_of_csv(answer) if format == "csv" else rows_of_xlsx(answer)[1:]
        assert len(rows) == 1_202

    @pytest.mark.parametrize("format", ["csv", "xlsx"])
    async def test_an_empty_list_has_its_columns(self, format: str) -> None:
        answer = await ask([], f"format={format}")
        [head] = rows_of_xlsx(answer) if format == "xlsx" else csv.reader([answer.text.strip()])
        assert head == list(columns_of(Bell))

    async def test_an_unknown_format_is_refused(self) -> None:
        assert (await ask(BELLS, "format=pdf")).status_code == 422

    @pytest.mark.parametrize(("rows", "status"), [(MOST_ROWS, 200), (MOST_ROWS + 1, 422)])
    async def test_a_list_may_be_so_long(self, rows: int, status: int) -> None:
        answer = await ask([bell(n) for n in range(1, rows + 1)], "format=csv")
        assert answer.status_code == status


@pytest.mark.parametrize("sign", ["=", "+", "-", "@", "\t", "\r", "\n"])
async def test_nothing_in_it_is_calculated(sign: str) -> None:
    note = f'{sign}HYPERLINK("http://example.org")'
    [row] = rows_of_csv(await ask([bell(1, note)], "format=csv"))
    assert row["note"] == f"'{note}"
    [_, cells] = rows_of_xlsx(await ask([bell(1, note)], "format=xlsx"))
    # An XML reader takes a line feed for a carriage return.
    assert (cells[1] or "").replace("_x000D_", "\r").replace("\n", sign) == note.replace("\n", sign)


async def test_a_negative_number_stays_a_number() -> None:
    [row] = rows_of_csv(await ask([bell(5)], "format=csv"))
    assert row["price.amount_minor"] == "-5"


class Dong(Answer):
    """Another kind of item."""

    number: int
    tone: str


def test_items_of_two_kinds_have_the_columns_of_both() -> None:
    assert list(columns_of(Bell | Dong))[-2:] == ["loud", "tone"]
    assert list(columns_of(int)) == ["value"]


def test_the_document_tells_of_each_form() -> None:
    document = api(extra=listing([])).openapi()
    operation = document["paths"]["/long-list"]["get"]
    assert {"text/csv", "application/json"} < operation["responses"]["200"]["content"].keys()
    assert document["components"]["schemas"]["ListFormat"]["enum"] == list(ListFormat)
