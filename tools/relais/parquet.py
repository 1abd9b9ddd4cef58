"""Rows as Parquet: the columns of the envelope, and one for each event of the topic.

The column of an event is a struct of its fields, null in the rows of other events. DuckDB does the
work; it comes with the extra `export`.
"""

import sys
import types
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import fields, is_dataclass
from datetime import date, datetime
from enum import Enum
from pathlib import Path
from typing import Any, get_args, get_origin, get_type_hints

from contracts.amendments import TYPE
from contracts.runtime import Contract
from tools.relais.answers import Trouble
from tools.relais.exported import Ndjson, Row

AMENDED = "event_amended"
ENVELOPE = {
    "topic": "VARCHAR",
    "partition": "INTEGER",
    "offset": "BIGINT",
    "key": "VARCHAR",
    "type": "VARCHAR",
    "version": "INTEGER",
    "event_id": "UUID",
    "business_time": "TIMESTAMPTZ",
    "business_day": "DATE",
    "occurred_at": "TIMESTAMPTZ",
    "recorded_at": "TIMESTAMPTZ",
    "timeline": "INTEGER",
    "actor": "VARCHAR",
    "organisation_id": "VARCHAR",
    "correlation_id": "VARCHAR",
    "causation_id": "VARCHAR",
    "amended": "VARCHAR",
    "error": "VARCHAR",
}
OF_AMENDMENT = 'STRUCT("version" INTEGER, "kind" VARCHAR, "reason" VARCHAR, "readers" VARCHAR[])'
SCALARS = {
    bool: "BOOLEAN",
    int: "BIGINT",
    float: "DOUBLE",
    str: "VARCHAR",
    datetime: "TIMESTAMPTZ",
    date: "DATE",
}
AS_JSON = "(FORMAT json, TIMESTAMPFORMAT '%Y-%m-%dT%H:%M:%S.%fZ', DATEFORMAT '%Y-%m-%d')"


class Parquet:
    """Files of the events of one topic, with typed columns, compressed by zstd."""

    ending = "parquet"

    def __init__(self, contract: Contract[Any]) -> None:
        try:
            import duckdb
        except ImportError:
            raise Trouble(f"Parquet needs DuckDB: {sys.executable} -m pip install duckdb") from None
        self._connect = duckdb.connect
        self._columns = columns(contract)
        self._suffixes = {
            kind.type: _suffix(contract.by_class(kind.cls).type)
            for kind in (*contract.types, *contract.former)
        } | {TYPE: AMENDED}

    def write(self, path: Path, rows: Sequence[Row]) -> None:
        """Make a file of these rows, in their order."""
        with _lines_beside(path) as lines:
            Ndjson().write(lines, [self._spread(row) for row in rows])
            self._run(
                "COPY (SELECT * FROM read_json($source, format='newline_delimited',"
                f" maximum_object_size=67108864, columns={_literal(self._columns)}))"
                " TO $target (FORMAT parquet, COMPRESSION zstd)",
                lines,
                path,
            )

    def read(self, path: Path) -> Iterator[Row]:
        """The rows of a file, as they were written, but with six more digits in each time."""
        with _lines_beside(path) as lines:
            self._run(
                f"COPY (SELECT * FROM read_parquet($source)) TO $target {AS_JSON}", path, lines
            )
            yield from (self._gathered(row) for row in Ndjson().read(lines))

    def _run(self, statement: str, source: Path, target: Path) -> None:
        with self._connect() as connection:
            connection.execute("SET GLOBAL TimeZone = 'UTC'; SET threads = 1")
            named = statement.replace("$source", _quoted(source)).replace(
                "$target", _quoted(target)
            )
            connection.execute(named)

    def _spread(self, row: Row) -> dict[str, Any]:
        """The event in the column of its type; a business time that is a day in that of days."""
        when = row["business_time"]
        is_day = when is not None and "T" not in when
        found = {name: row.get(name) for name in ENVELOPE}
        found |= {
            "business_time": None if is_day else when,
            "business_day": when if is_day else None,
        }
        if row["event"] is not None:
            found[self._suffixes[row["type"]]] = row["event"]
        return found

    def _gathered(self, row: Row) -> dict[str, Any]:
        """The other way round."""
        found = {name: row.get(name) for name in ENVELOPE if name != "business_day"}
        found["business_time"] = row.get("business_time") or row.get("business_day")
        found["event"] = row.get(self._suffixes.get(row["type"], AMENDED))
        return found


def columns(contract: Contract[Any]) -> Mapping[str, str]:
    """The columns of a topic, each with its type in DuckDB."""
    of_events = {_suffix(kind.type): _type(kind.cls) for kind in contract.types}
    return ENVELOPE | of_events | {AMENDED: OF_AMENDMENT}


@contextmanager
def _lines_beside(path: Path) -> Iterator[Path]:
    """A place for rows in between. One name for all: what a killed export left does not stay."""
    lines = path.with_name(".rows.ndjson")
    try:
        yield lines
    finally:
        lines.unlink(missing_ok=True)


def _suffix(type: str) -> str:
    return type.rpartition(".")[2]


def _type(annotation: Any) -> str:
    origin = get_origin(annotation)
    if origin is types.UnionType:
        [inner] = [one for one in get_args(annotation) if one is not types.NoneType]
        return _type(inner)
    if origin is tuple:
        return f"{_type(get_args(annotation)[0])}[]"
    if is_dataclass(annotation):
        hints = get_type_hints(annotation)
        inside = ", ".join(f'"{one.name}" {_type(hints[one.name])}' for one in fields(annotation))
        return f"STRUCT({inside})"
    return "VARCHAR" if issubclass(annotation, Enum) else SCALARS[annotation]


def _literal(found: Mapping[str, str]) -> str:
    return (
        "{" + ", ".join(f"{_quoted(name)}: {_quoted(type)}" for name, type in found.items()) + "}"
    )


def _quoted(text: str | Path) -> str:
    return "'" + str(text).replace("'", "''") + "'"
