"""A list as a table for a spreadsheet: CSV or XLSX, with a column for each field of its items."""

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import StrEnum
from types import NoneType, UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic_core import to_jsonable_python
from starlette.responses import Response, StreamingResponse

MOST_ROWS = 10_000
"""How long a list may be that is asked for as a whole."""

# What a spreadsheet takes for a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
_CHUNK_ROWS = 500

Cell = str | int | float | bool | None


class ListFormat(StrEnum):
    """In which form a list is answered."""

    JSON = "json"
    CSV = "csv"
    XLSX = "xlsx"


MEDIA_TYPES: Mapping[ListFormat, str] = {
    ListFormat.JSON: "application/json",
    ListFormat.CSV: "text/csv",
    ListFormat.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


def response(format: ListFormat, name: str, item: Any, items: Sequence[object]) -> Response:
    """A file to save under the name, with a row for each item; `item` is their type."""
    columns = [*columns_of(item)]
    rows = (cells(columns, one) for one in items)
    headers = {"Content-Disposition": f'attachment; filename="{name}.{format}"'}
    body = [xlsx(columns, rows)] if format is ListFormat.XLSX else lines(columns, rows)
    return StreamingResponse(iter(body), headers=headers, media_type=MEDIA_TYPES[format])


def columns_of(hint: Any, prefix: str = "") -> Iterator[str]:
    """The columns of a type: the fields of answers, with those of answers inside as `price.amount`.

    What may be of several types has the columns of all of them.
    """
    found: dict[str, None] = {}
    for option in _options(hint):
        if isinstance(option, type) and issubclass(option, BaseModel):
            for field, info in option.model_fields.items():
                inner = columns_of(info.annotation, f"{prefix}{field}.")
                found |= dict.fromkeys(inner)
        elif option is not NoneType:
            found[prefix.removesuffix(".") or "value"] = None
    return iter(found)


def _options(hint: Any) -> Iterator[Any]:
    if get_origin(hint) is Annotated:
        yield from _options(get_args(hint)[0])
    elif get_origin(hint) in (Union, UnionType):
        for option in get_args(hint):
            yield from _options(option)
    else:
        yield hint


def cells(columns: Sequence[str], item: object) -> list[Cell]:
    """The values of an item, column by column; a list inside one is JSON."""
    whole = to_jsonable_python(item)
    return [_cell(_found(whole, column)) for column in columns]


def _found(whole: Any, column: str) -> Any:
    if not isinstance(whole, dict):
        return whole
    for step in column.split("."):
        if not isinstance(whole, dict):
            return None
        whole = whole.get(step)
    return whole


def _cell(value: Any) -> Cell:
    if isinstance(value, list | dict):
        return json.dumps(value, ensure_ascii=False)
    found: Cell = value
    return found


def lines(columns: Sequence[str], rows: Iterable[Sequence[Cell]]) -> Iterator[bytes]:
    """CSV as RFC 4180 has it, some rows at a time."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(columns)
    for number, row in enumerate(rows):
        writer.writerow([_harmless(cell) for cell in row])
        if number % _CHUNK_ROWS == _CHUNK_ROWS - 1:
            yield text.getvalue().encode()
            text.seek(0)
            text.truncate()
    yield text.getvalue().encode()


def _harmless(cell: Cell) -> Cell:
    """A text that a spreadsheet would calculate begins with an apostrophe; it shows as text."""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULA) else cell


def xlsx(columns: Sequence[str], rows: Iterable[Sequence[Cell]]) -> bytes:
    """A workbook with one sheet. Texts are written as texts: nothing in it is calculated."""
    # Costs a tenth of a second to import, and few ask for it.
    from xlsxwriter import Workbook  # noqa: PLC0415

    file = io.BytesIO()
    with Workbook(file, {"in_memory": True, "constant_memory": False}) as book:
        sheet = book.add_worksheet()
        for number, row in enumerate([columns, *rows]):
            for place, cell in enumerate(row):
                _write(sheet, number, place, cell)
        sheet.freeze_panes(1, 0)
    return file.getvalue()


def _write(sheet: Any, row: int, place: int, cell: Cell) -> None:
    match cell:
        case None:
            return
        case bool():
            sheet.write_boolean(row, place, cell)
        case int() | float():
            sheet.write_number(row, place, cell)
        case str():
            sheet.write_string(row, place, cell)
