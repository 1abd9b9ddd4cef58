"""Files of orders: a table as Excel and others save it, one order a line."""

import csv
import io
import re
from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from contracts.cash import CURRENCY

SEPARATORS = (";", ",", "\t")
"""The comma stands before the decimals where Excel parts by semicolons."""
NEEDED = (
    "tracking_number",
    "city",
    "recipient_name",
    "recipient_phone",
    "recipient_address",
    "parcels",
)
COLUMNS = (*NEEDED, "ssccs", "cash_on_delivery")
"""`parcels` is how many there are; `ssccs` names them, with spaces between; the amount is in
dirhams."""
COLUMN_OF = {
    "/tracking_number": "tracking_number",
    "/city": "city",
    "/recipient/name": "recipient_name",
    "/recipient/phone": "recipient_phone",
    "/recipient/address": "recipient_address",
    "/parcels": "parcels",
    "/cash_on_delivery": "cash_on_delivery",
    "/cash_on_delivery/amount_minor": "cash_on_delivery",
}
"""The column that a field of the body of one order comes from; all others are of `ssccs`."""

_DIRECTIVE = re.compile(r"sep=([;,\t])\r?\n")
_COUNT = re.compile(r"\d{1,3}")
_DIRHAMS = re.compile(r"(\d{1,9})(?:[.,](\d{1,2}))?")
_SPACES = re.compile(r"[\s\u00a0\u202f]")


class WrongHeader(Exception):
    """Names of columns that are not there, not known, or there twice."""

    def __init__(self, missing: tuple[str, ...], unknown: tuple[str, ...]) -> None:
        super().__init__(missing, unknown)
        self.missing = missing
        self.unknown = unknown


class NotText(Exception):
    """Neither UTF-8 nor UTF-16 with its mark."""


class Broken(Exception):
    """A line that is no line of a table, like one whose quotation marks do not end."""

    def __init__(self, line: int) -> None:
        super().__init__(line)
        self.line = line


@dataclass(frozen=True, slots=True)
class BadCell:
    """A cell that is no value of its column; `rule` names the sentence that says so."""

    column: str
    rule: str


@dataclass(frozen=True, slots=True)
class Row:
    """A line, counted as Excel counts: the header is the first. `body` is that of one order."""

    line: int
    tracking_number: str
    body: Mapping[str, Any]
    bad: tuple[BadCell, ...]

    @property
    def names(self) -> frozenset[str]:
        """The order, and the parcels that have names of their own."""
        parcels = (one.get("sscc") for one in self.body.get("parcels", ()))
        return frozenset({self.tracking_number, *filter(None, parcels)})


def read(content: bytes) -> Iterator[Row]:
    """The lines of a file, without empty ones.

    Raises `NotText` and `WrongHeader` at once, and `Broken` when a line cannot be read.
    """
    text = text_of(content)
    if directive := _DIRECTIVE.match(text):
        separators: Sequence[str] = (directive[1],)
        text = text[directive.end() :]
    else:
        separators = SEPARATORS
    header, separator = header_of(text, separators)
    return _rows(text, header, separator, 2 if directive else 1)


def text_of(content: bytes) -> str:
    """The text of a file. Raises `NotText`."""
    marked = content.startswith((BOM_UTF16_LE, BOM_UTF16_BE))
    try:
        text = content.decode("utf-16" if marked else "utf-8-sig")
    except UnicodeDecodeError as error:
        raise NotText from error
    if "\0" in text:
        raise NotText
    return text


def header_of(text: str, separators: Sequence[str]) -> tuple[tuple[str, ...], str]:
    """The names of the columns, and what parts them. Raises `WrongHeader`."""
    first = text.partition("\n")[0].rstrip("\r")
    found = {
        separator: tuple(cell.strip().strip('"').strip().lower() for cell in first.split(separator))
        for separator in separators
    }
    separator = max(found, key=lambda one: len({*found[one]} & {*COLUMNS}))
    header = found[separator]
    # Excel ends each line with the empty cells of its widest one.
    width = next((n for n in range(len(header), 0, -1) if header[n - 1]), 0)
    header = header[:width]
    missing = tuple(name for name in NEEDED if name not in header)
    # A file of one line has as many names as bytes: each is counted once.
    times = Counter(header)
    unknown = tuple(name for name in times if name not in COLUMNS or times[name] > 1)
    if missing or unknown:
        raise WrongHeader(missing, tuple(name[:40] for name in unknown[:20]))
    return header, separator


def _rows(text: str, header: Sequence[str], separator: str, first: int) -> Iterator[Row]:
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    number = first - 1
    try:
        for number, cells in enumerate(lines, first):
            if number > first and any(map(str.strip, cells)):
                yield _row(number, header, cells)
    except csv.Error as error:
        raise Broken(number + 1) from error


def _row(line: int, header: Sequence[str], cells: Sequence[str]) -> Row:
    cell = dict.fromkeys(COLUMNS, "") | dict(zip(header, map(str.strip, cells), strict=False))
    bad: list[BadCell] = []
    if any(map(str.strip, cells[len(header) :])):
        bad.append(BadCell("", "more_cells"))
    named = {name: cell[name] for name in ("tracking_number", "city") if cell[name]}
    recipient = {
        name: cell[f"recipient_{name}"]
        for name in ("name", "phone", "address")
        if cell[f"recipient_{name}"]
    }
    body: dict[str, Any] = {**named, "recipient": recipient}
    ssccs = cell["ssccs"].split()
    count = _count(cell["parcels"], len(ssccs))
    if count is None:
        bad.append(BadCell("parcels", "parcel_count"))
    else:
        body["parcels"] = [{"sscc": one} for one in ssccs] or [{}] * count
    if cell["cash_on_delivery"]:
        minor = _minor(cell["cash_on_delivery"])
        if minor is None:
            bad.append(BadCell("cash_on_delivery", "dirhams"))
        else:
            body["cash_on_delivery"] = {"amount_minor": minor, "currency": CURRENCY}
    return Row(line, cell["tracking_number"], body, tuple(bad))


def _count(text: str, named: int) -> int | None:
    """Read the number of parcels; None where it is none, or not that of the named ones."""
    if not text and named:
        return named
    count = int(text) if _COUNT.fullmatch(text) else 0
    return None if count == 0 or named not in (0, count) else count


def _minor(text: str) -> int | None:
    """An amount in dirhams as centimes: `349`, `349,5`, `1 349.00`; None for what is none."""
    found = _DIRHAMS.fullmatch(_SPACES.sub("", text))
    return None if found is None else int(found[1]) * 100 + int((found[2] or "").ljust(2, "0"))
